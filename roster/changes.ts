/** What a plan does to a record at the target. */
export const operations = ['insert', 'adopt', 'update', 'delete', 'restore', 'archive', 'rekey'] as const;
export type Operation = (typeof operations)[number];

/**
 * What can be changed at a target. A person who teaches and learns is two objects at most APIs, so their plans speak of
 * `instructor` and `learner`, and the directory's of `person`; `membership` is one learner's place on a lesson's roster or
 * one member of a group.
 */
export const changeKinds = ['person', 'instructor', 'learner', 'group', 'lesson', 'membership'] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** planned → sending → applied | rejected | stale; or held, waiting (on something held), void (no longer what was shown). */
export const changeStates = ['planned', 'waiting', 'held', 'sending', 'applied', 'rejected', 'stale', 'void'] as const;
export type ChangeState = (typeof changeStates)[number];

/** Operations that take something away at the target: what an empty or shrunken source must never cause. */
export function removes(operation: Operation): boolean {
  return operation === 'delete' || operation === 'archive';
}

/**
 * The order in which changes are applied: people before the lessons that name them, lessons before their rosters,
 * removals last. Changes of one rank do not depend on each other.
 */
export function rank(kind: ChangeKind, operation: Operation): number {
  const removal = removes(operation);
  switch (kind) {
    case 'person':
    case 'instructor':
    case 'learner':
      return removal ? 90 : 10;
    case 'group':
      return removal ? 80 : 20;
    case 'lesson':
      return removal ? 70 : 30;
    case 'membership':
      return removal ? 60 : 40;
  }
}

/** Fields of a person as a target holds them. */
export interface PersonContent {
  readonly givenName: string;
  readonly familyName: string;
  readonly email: string;
  readonly phone: string;
}

/** Fields of a lesson as a target holds them; the roster is memberships, but a new lesson is made with its whole roster. */
export interface LessonContent {
  readonly title: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly room: string;
  /** Sync keys, main instructor first. */
  readonly instructors: readonly string[];
}

/** Fields of a group as a target holds them. */
export interface GroupContent {
  readonly title: string;
  /** Only where the source gives one. */
  readonly description?: string;
  /** Sync keys of the members who exist at the target, in ascending order. */
  readonly members: readonly string[];
}
