import type { Course, EdusignState } from '../../simulators/edusign/state.ts';
import {
  type Expectation,
  type Fate,
  type GroupWish,
  isOurs,
  keyOf,
  namesOf,
  type PersonWish,
  peopleOf,
  prefix,
  type Sheet,
  type SheetWish,
  sheetOf,
} from './oracle.ts';
import { type Fields, type Role, sameAddress } from './timetable.ts';

/**
 * How much a sync may have left undone. `exact`: all is as it must be. `either`: each part is as it must be or as it was,
 * since the sync failed, or faults refused some of its changes; and a late request may have made a second sheet.
 */
export type Measure = 'exact' | 'either';

/** Every way in which Edusign is not as it must be, in words. */
export function compareEdusign(
  before: EdusignState,
  after: EdusignState,
  expected: Expectation,
  measure: Measure,
  doublesMayBe: boolean,
): string[] {
  const names = {
    before: {
      instructor: namesOf(before, 'instructor', expected.refers),
      learner: namesOf(before, 'learner', expected.refers),
    },
    after: {
      instructor: namesOf(after, 'instructor', expected.refers),
      learner: namesOf(after, 'learner', expected.refers),
    },
  };
  const sheets = new SheetComparison(before, after, expected, measure, names, doublesMayBe);
  return [
    ...sheets.violations(),
    ...(['instructor', 'learner'] as const).flatMap((role) => comparePeople(role, before, after, expected, measure)),
    ...compareGroups(before, after, expected, measure, names.after.learner),
    ...alwaysTrue(after, doublesMayBe),
  ];
}

type Names = Record<'before' | 'after', Record<Role, ReadonlyMap<string, string>>>;

class SheetComparison {
  readonly #before: EdusignState;
  readonly #after: ReadonlyMap<string, Course>;
  readonly #groups: EdusignState['groups'];
  readonly #expected: Expectation;
  readonly #measure: Measure;
  readonly #names: Names;
  readonly #doublesMayBe: boolean;

  constructor(
    before: EdusignState,
    after: EdusignState,
    expected: Expectation,
    measure: Measure,
    names: Names,
    doublesMayBe: boolean,
  ) {
    this.#before = before;
    this.#groups = after.groups;
    this.#after = new Map(after.courses.map((course) => [course.id, course]));
    this.#expected = expected;
    this.#measure = measure;
    this.#names = names;
    this.#doublesMayBe = doublesMayBe;
  }

  violations(): string[] {
    const old = this.#before.courses.flatMap((course) => this.#ofOld(course, this.#expected.sheets.get(course.id)));
    const known = new Set(this.#before.courses.map(({ id }) => id));
    const made = [...this.#after.values()].filter(({ id }) => !known.has(id));
    const unexpected = made
      .filter((course) => !isOurs(course) || !this.#expected.freshSheets.has(keyOf(course)))
      .map((course) => `${nameOf(course)}: made, and must not be`);
    const fresh = [...this.#expected.freshSheets.values()].flatMap(({ as, either }) => {
      const found = made.filter((course) => isOurs(course) && keyOf(course) === as.key);
      const missing = found.length === 0 && !either && this.#measure === 'exact';
      const doubled = found.length > 1 && !this.#doublesMayBe;
      return [
        ...(missing ? [`sheet ${as.key} "${as.title}": missing`] : []),
        ...(doubled ? [`sheet ${as.key}: made ${found.length} times`] : []),
        ...found.flatMap((course) => this.#differences(course, as, undefined)),
      ];
    });
    return [...old, ...unexpected, ...fresh];
  }

  #ofOld(course: Course, fate: Fate<SheetWish> | undefined): string[] {
    const now = this.#after.get(course.id);
    const same = now !== undefined && JSON.stringify(now) === JSON.stringify(course);
    if (fate === undefined || fate.is === 'untouched') {
      if (now === undefined) return [`${nameOf(course)}: removed, and must not be touched`];
      return same ? [] : [`${nameOf(course)}: touched, and must not be: ${jsonDifference(course, now)}`];
    }
    if (fate.is === 'gone') {
      if (now === undefined || (same && this.#measure === 'either')) return [];
      return [`${nameOf(course)}: still there, and must be gone`];
    }
    if (now === undefined) return [`${nameOf(course)}: removed, and must stay as ${fate.as.key}`];
    return this.#differences(now, fate.as, course);
  }

  #differences(course: Course, wish: SheetWish, was: Course | undefined): string[] {
    const now = sheetOf(course, this.#names.after);
    const old = was === undefined ? undefined : sheetOf(was, this.#names.before);
    const fields = (['key', 'title', 'room', 'start', 'end'] as const).flatMap((field) =>
      this.#differs(field, now[field], wish[field], old?.[field]),
    );
    const instructors = this.#differs(
      'instructors',
      now.instructors.join(', '),
      wish.instructors.join(', '),
      old?.instructors.join(', '),
    );
    const found = [...fields, ...instructors, ...this.#rosterDifferences(course.id, now, wish, old)];
    return found.map((difference) => `${nameOf(course)}: ${difference}`);
  }

  #differs(field: string, now: string, wish: string, old: string | undefined): string[] {
    if (now.trim() === wish.trim() || (this.#measure === 'either' && now === old)) return [];
    return [`${field} is "${now}", must be "${wish}"${old === undefined ? '' : ` (was "${old}")`}`];
  }

  #inGroupsOf(id: string): string[] {
    const attached = new Set(this.#after.get(id)?.groups ?? []);
    const members = this.#groups.filter((group) => attached.has(group.id)).flatMap(({ students }) => students);
    return members.map((student) => this.#names.after.learner.get(student) ?? student);
  }

  #rosterDifferences(id: string, now: Sheet, wish: SheetWish, old: Sheet | undefined): string[] {
    const [there, wanted, was] = [new Set(now.roster), new Set(wish.roster), new Set(old?.roster ?? [])];
    // Where a group of the sheet changes, Edusign puts its members back itself.
    const mayReturn = new Set(this.#expected.regrouped.has(id) ? wish.written.placed : []);
    for (const name of wish.written.shared) mayReturn.add(name);
    const isEither = this.#measure === 'either';
    // A run that stopped after it changed a group had no time to take those off whom Edusign carried over.
    if (isEither && this.#expected.regrouped.has(id)) for (const name of this.#inGroupsOf(id)) mayReturn.add(name);
    const mayLack = new Set(wish.written.shared);
    const missing = [...wanted].filter(
      (name) => !there.has(name) && !mayLack.has(name) && !(isEither && !was.has(name)),
    );
    const surplus = [...there].filter(
      (name) => !wanted.has(name) && !mayReturn.has(name) && !(isEither && was.has(name)),
    );
    const doubled = now.roster.length > there.size ? ['somebody stands on the roster twice'] : [];
    return [
      ...(missing.length > 0 ? [`roster lacks ${missing.join(', ')}`] : []),
      ...(surplus.length > 0 ? [`roster has ${surplus.join(', ')} who must not be there`] : []),
      ...doubled,
    ];
  }
}

function nameOf(course: Course): string {
  return `sheet ${course.apiId || 'made by hand'} (${course.id}) "${course.name}" of ${course.start}`;
}

function comparePeople(
  role: Role,
  before: EdusignState,
  after: EdusignState,
  expected: Expectation,
  measure: Measure,
): string[] {
  const now = new Map(peopleOf(after, role).map((person) => [person.id, person]));
  const known = new Set(peopleOf(before, role).map(({ id }) => id));
  const old = peopleOf(before, role).flatMap((was) => {
    const fate: Fate<PersonWish> | undefined = expected.people.get(was.id);
    const is = now.get(was.id);
    if (is === undefined) return [`${role} ${was.id}: gone`];
    if (fate?.is !== 'kept') {
      const same = JSON.stringify(is) === JSON.stringify(was);
      return same ? [] : [`${role} ${was.apiId || was.id}: touched, and must not be: ${jsonDifference(was, is)}`];
    }
    const key = is.apiId === fate.as.apiId || (measure === 'either' && is.apiId === was.apiId);
    return [
      ...(key ? [] : [`${role} ${was.id}: key is "${is.apiId}", must be "${fate.as.apiId}"`]),
      ...personDifferences(`${role} ${fate.as.apiId}`, is, fate.as, measure === 'either' ? was : undefined),
    ];
  });
  const made = [...now.values()].filter(({ id }) => !known.has(id));
  const unexpected = made
    .filter((person) => !isOurs(person) || !expected.freshPeople.has(`${role} ${keyOf(person)}`))
    .map((person) => `${role} ${person.apiId || person.id}: made, and must not be`);
  const fresh = [...expected.freshPeople].flatMap(([name, wish]) => {
    const [ofRole, key] = name.split(' ');
    if (ofRole !== role) return [];
    const found = made.find((person) => person.apiId === `${prefix}${key}`);
    if (found === undefined) return measure === 'exact' ? [`${name}: missing`] : [];
    return personDifferences(name, found, wish, undefined);
  });
  return [...old, ...unexpected, ...fresh];
}

function personDifferences(name: string, is: Fields, wish: Fields, was: Fields | undefined): string[] {
  return (['firstName', 'lastName', 'email', 'phone'] as const).flatMap((field) => {
    const same = field === 'email' ? sameAddress(is.email, wish.email) : is[field].trim() === wish[field].trim();
    if (same || is[field] === was?.[field]) return [];
    return [`${name}: ${field} is "${is[field]}", must be "${wish[field]}"`];
  });
}

function compareGroups(
  before: EdusignState,
  after: EdusignState,
  expected: Expectation,
  measure: Measure,
  names: ReadonlyMap<string, string>,
): string[] {
  const known = new Map(before.groups.map((group) => [group.id, group]));
  const view = (group: EdusignState['groups'][number]): GroupWish => ({
    key: isOurs(group) ? keyOf(group) : '',
    title: group.name,
    members: group.students.map((id) => names.get(id) ?? id),
    archived: group.archived,
  });
  const told = (group: GroupWish) =>
    `"${group.title}" of ${group.members.toSorted().join(', ')}${group.archived ? ', archived' : ''}`;
  const found = after.groups.flatMap((group) => {
    const was = known.get(group.id);
    const fate = expected.groups.get(group.id);
    const wish = fate?.is === 'kept' ? fate.as : isOurs(group) ? expected.freshGroups.get(keyOf(group)) : undefined;
    const now = told(view(group));
    if (was === undefined && wish === undefined) return [`group ${group.apiId || group.id}: made, and must not be`];
    const right = wish === undefined ? undefined : told(wish);
    const asItWas = was !== undefined && now === told(view(was));
    if (right === undefined ? asItWas : now === right || (measure === 'either' && asItWas)) return [];
    return [`group ${group.apiId || group.id}: is ${now}, must be ${right ?? 'left alone'}`];
  });
  const gone = before.groups.filter(({ id }) => !after.groups.some((group) => group.id === id));
  const there = new Set(after.groups.filter(isOurs).map(keyOf));
  const missing = [...expected.freshGroups.keys()].filter((key) => measure === 'exact' && !there.has(key));
  return [...found, ...gone.map(({ id }) => `group ${id}: gone`), ...missing.map((key) => `group ${key}: missing`)];
}

/** Nobody and nothing is doubled, and nobody was sent a mail. */
function alwaysTrue(after: EdusignState, doublesMayBe: boolean): string[] {
  const kinds = {
    instructor: after.professors,
    learner: after.students,
    group: after.groups,
    ...(doublesMayBe ? {} : { sheet: after.courses }),
  };
  const byKey = Object.entries(kinds).flatMap(([kind, things]) =>
    repeated(things.map(({ apiId }) => apiId).filter((apiId) => apiId !== '')).map(
      (apiId) => `${kind} ${apiId}: more than one carries this key`,
    ),
  );
  const byAddress = (['instructor', 'learner'] as const).flatMap((role) =>
    repeated(peopleOf(after, role).map(({ email }) => email.toLowerCase())).map((email) => `${role} ${email}: doubled`),
  );
  const mails = after.mails.length === 0 ? [] : [`${after.mails.length} credential mails were sent`];
  return [...byKey, ...byAddress, ...mails];
}

function repeated(texts: readonly string[]): string[] {
  return [...new Set(texts.filter((text, at) => texts.indexOf(text) !== at))];
}

function jsonDifference(was: object, now: object): string {
  const other = new Map(Object.entries(now));
  return Object.entries(was)
    .filter(([field, value]) => JSON.stringify(value) !== JSON.stringify(other.get(field)))
    .map(([field, value]) => `${field} ${JSON.stringify(value)} → ${JSON.stringify(other.get(field))}`)
    .join('; ');
}
