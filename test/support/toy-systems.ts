import { z } from 'zod';
import type { System } from '../../connectors/system.ts';
import type { LessonContent } from '../../roster/changes.ts';
import type {
  AttendanceAnswer,
  DirectoryFilter,
  HeldKind,
  HeldObject,
  KnownAnswers,
  LessonAttendance,
  RawChunk,
  SourceReason,
  TargetChange,
  TargetOutcome,
  TargetReason,
} from '../../roster/contracts.ts';
import { RollcallError } from '../../roster/errors.ts';
import type { AttendanceMark, SourceRecord } from '../../roster/records.ts';

/** A source and a target in memory, for steps that are tested without any outside system. */
export class ToyWorld {
  records: SourceRecord[] = [];
  directories: DirectoryFilter = {};
  /** Whether the source says all its groups. */
  allGroups = false;
  /** What the source's connector knows of its answers. */
  answers: KnownAnswers = {};
  takeOverFrom: string[] = [];
  mailsCredentials = false;
  /** What the source says it holds of attendance that was put. */
  holds = false;
  /** What the target holds, by target id. */
  readonly objects = new Map<string, TargetChange>();
  readonly calls: string[] = [];
  readonly attendance = new Map<string, Map<string, AttendanceMark>>();
  readonly returned: LessonAttendance[] = [];
  /** Called before an insert takes effect; throw to lose the request, or after `commit` to lose the answer. */
  onInsert: (change: TargetChange, commit: () => string) => string = (_change, commit) => commit();
  /** Whether the source takes reasons of absence as typed codes, its catalogue, the target's, and what the file says. */
  typedReasons = false;
  sourceReasons: SourceReason[] | undefined;
  targetReasons: TargetReason[] | undefined;
  configuredReasons: Record<string, string> = {};
  /** Target ids of what was archived. */
  readonly archived = new Set<string>();
  refuse: (lesson: LessonAttendance) => AttendanceAnswer['rejected'] = () => [];
  outcome: (change: TargetChange) => TargetOutcome | undefined = () => undefined;
  /** What the target keeps instead of what it was sent. */
  tamper: (change: TargetChange) => TargetChange = (change) => change;
  #next = 1;

  readonly systems: ReadonlyMap<string, System> = new Map([
    ['alcuin', this.#source()],
    ['edusign', this.#target()],
  ]);

  #source(): System {
    const world = this;
    return {
      code: 'alcuin',
      name: 'Toy source',
      roles: ['source'],
      accountSettings: z.looseObject({}),
      secretNames: [],
      sourceOptions: z.looseObject({}),
      sourceIdentity: () => 'toy',
      reasonsIn: () => world.configuredReasons,
      defaultRates: {},
      openSource: () => ({
        scopes: [
          { kind: 'lesson', coverage: 'window' },
          ...(world.allGroups ? [{ kind: 'group', coverage: 'complete' } as const] : []),
        ],
        windowDays: 14,
        directories: world.directories,
        answers: world.answers,
        async *check() {},
        async *fetch(): AsyncGenerator<RawChunk> {
          yield { part: 'all', mediaType: 'application/json', body: Buffer.from(JSON.stringify(world.records)) };
        },
        async *read(chunks: AsyncIterable<RawChunk>): AsyncGenerator<SourceRecord> {
          for await (const chunk of chunks) yield* JSON.parse(Buffer.from(chunk.body).toString()) as SourceRecord[];
        },
        ...(world.sourceReasons === undefined ? {} : { reasons: async () => world.sourceReasons ?? [] }),
        attendance: {
          ...(world.typedReasons ? { typedReasons: true as const } : {}),
          put: async (lesson: LessonAttendance): Promise<AttendanceAnswer> => {
            world.returned.push(lesson);
            return { rejected: world.refuse(lesson) };
          },
          holds: async () => world.holds,
        },
      }),
    };
  }

  #target(): System {
    const world = this;
    return {
      code: 'edusign',
      name: 'Toy target',
      roles: ['target'],
      accountSettings: z.looseObject({}),
      secretNames: [],
      targetOptions: z.looseObject({}),
      sourceIdentity: () => 'toy',
      defaultRates: {},
      openTarget: (access) => ({
        shape: 'one-by-one',
        ownSystem: 'toy',
        takeOverFrom: world.takeOverFrom,
        mailsCredentials: world.mailsCredentials,
        async *check() {},
        async *inventory({ kinds }) {
          for (const [id, change] of world.objects) {
            const held = heldBy(id, change);
            if (kinds.includes(held.kind) && !world.archived.has(id)) yield held;
          }
        },
        read: async (_kind, id) => {
          const change = world.objects.get(id);
          return change === undefined ? undefined : { ...heldBy(id, change), archived: world.archived.has(id) };
        },
        applyOne: async (change) => {
          await access.pace('normal');
          world.calls.push(`${change.operation} ${change.kind} ${change.foreignId}`);
          return world.outcome(change) ?? world.#apply(world.tamper(change));
        },
        lookUp: async (change) => {
          await access.pace('normal');
          world.calls.push(`look ${change.kind} ${change.foreignId}`);
          return world.idsOf(change.foreignId)[0];
        },
        findAll: async (change) => world.idsOf(change.foreignId).map((targetId) => ({ targetId, untouched: true })),
        ...(world.targetReasons === undefined ? {} : { reasons: async () => world.targetReasons ?? [] }),
        async *readAttendance(sheets) {
          for (const { targetId } of sheets) {
            const marks = world.attendance.get(targetId);
            yield { targetId, settled: marks !== undefined, marks: marks ?? new Map() };
          }
        },
      }),
    };
  }

  idsOf(foreignId: string): string[] {
    return [...this.objects].filter(([, change]) => change.foreignId === foreignId).map(([id]) => id);
  }

  #apply(change: TargetChange): TargetOutcome {
    const targetId = change.targetId ?? '';
    if (change.kind === 'membership') {
      const lesson = this.objects.get(targetId);
      if (lesson === undefined) return { state: 'gone', message: 'No such lesson.' };
      const others = lesson.learnerIds.filter((id) => !change.learnerIds.includes(id));
      const learnerIds = change.operation === 'insert' ? [...others, ...change.learnerIds] : others;
      this.objects.set(targetId, { ...lesson, learnerIds });
      return { state: 'applied', targetId };
    }
    if (change.operation === 'insert') {
      const made = this.onInsert(change, () => {
        const id = `t${this.#next++}`;
        this.objects.set(id, change);
        return id;
      });
      return { state: 'applied', targetId: made };
    }
    if (change.operation === 'delete') this.objects.delete(targetId);
    else if (change.operation === 'archive') this.archived.add(targetId);
    else {
      const held = this.objects.get(targetId);
      this.archived.delete(targetId);
      // A lesson's roster is never part of a change of the lesson.
      const learnerIds = change.kind === 'lesson' ? (held?.learnerIds ?? []) : change.learnerIds;
      this.objects.set(targetId, { ...change, learnerIds });
    }
    return { state: 'applied', targetId };
  }

  /** Something at the target that nobody but a person, or another connector, made. */
  handmade(id: string, change: Partial<TargetChange> & Pick<TargetChange, 'kind' | 'after'>): void {
    this.objects.set(id, {
      operation: 'insert',
      foreignId: '',
      before: {},
      instructorIds: [],
      learnerIds: [],
      groupIds: [],
      ...change,
    });
  }
}

/** Foreign ids of another system are written as `system/id` in this world. */
function heldBy(targetId: string, change: TargetChange): HeldObject {
  const [system, id] = change.foreignId.includes('/') ? change.foreignId.split('/') : ['toy', change.foreignId];
  const { title, startsAt, endsAt, room } = change.after as unknown as LessonContent;
  const { givenName, familyName, email, phone } = change.after as Record<string, string>;
  return {
    kind: change.kind as HeldKind,
    targetId,
    foreignId: id ?? '',
    foreignSystem: change.foreignId === '' ? '' : (system ?? ''),
    archived: false,
    content:
      change.kind === 'lesson'
        ? { title, startsAt, endsAt, room }
        : change.kind === 'group'
          ? { title }
          : { givenName: givenName ?? '', familyName: familyName ?? '', email: email ?? '', phone: phone ?? '' },
    instructorIds: change.instructorIds,
    learnerIds: change.learnerIds,
  };
}

export function lost(what: string): RollcallError {
  return new RollcallError('TARGET_UNREACHABLE', `The ${what} was lost.`);
}
