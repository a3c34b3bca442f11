import { z } from 'zod';
import type { System } from '../../connectors/system.ts';
import type {
  AttendanceAnswer,
  LessonAttendance,
  RawChunk,
  TargetChange,
  TargetOutcome,
} from '../../roster/contracts.ts';
import { RollcallError } from '../../roster/errors.ts';
import type { AttendanceMark, SourceRecord } from '../../roster/records.ts';

/** A source and a target in memory, for steps that are tested without any outside system. */
export class ToyWorld {
  records: SourceRecord[] = [];
  /** What the target holds, by target id. */
  readonly objects = new Map<string, TargetChange>();
  readonly calls: string[] = [];
  readonly attendance = new Map<string, Map<string, AttendanceMark>>();
  readonly returned: LessonAttendance[] = [];
  /** Called before an insert takes effect; throw to lose the request, or after `commit` to lose the answer. */
  onInsert: (change: TargetChange, commit: () => string) => string = (_change, commit) => commit();
  outcome: (change: TargetChange) => TargetOutcome | undefined = () => undefined;
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
      defaultRates: {},
      openSource: () => ({
        scopes: [{ kind: 'lesson', coverage: 'window' }],
        windowDays: 14,
        async *fetch(): AsyncGenerator<RawChunk> {
          yield { part: 'all', mediaType: 'application/json', body: Buffer.from(JSON.stringify(world.records)) };
        },
        async *read(chunks: AsyncIterable<RawChunk>): AsyncGenerator<SourceRecord> {
          for await (const chunk of chunks) yield* JSON.parse(Buffer.from(chunk.body).toString()) as SourceRecord[];
        },
        attendance: {
          put: async (lesson: LessonAttendance): Promise<AttendanceAnswer> => {
            world.returned.push(lesson);
            return { rejected: [] };
          },
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
        applyOne: async (change) => {
          await access.pace('normal');
          world.calls.push(`${change.operation} ${change.kind} ${change.foreignId}`);
          return world.outcome(change) ?? world.#apply(change);
        },
        lookUp: async (change) => {
          await access.pace('normal');
          world.calls.push(`look ${change.kind} ${change.foreignId}`);
          return world.idsOf(change.foreignId)[0];
        },
        findAll: async (change) => world.idsOf(change.foreignId).map((targetId) => ({ targetId, untouched: true })),
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
    if (change.kind === 'membership') return { state: 'applied', targetId: change.targetId ?? '' };
    if (change.operation === 'insert') {
      const targetId = this.onInsert(change, () => {
        const id = `t${this.#next++}`;
        this.objects.set(id, change);
        return id;
      });
      return { state: 'applied', targetId };
    }
    const targetId = change.targetId ?? '';
    if (change.operation === 'delete') this.objects.delete(targetId);
    else this.objects.set(targetId, change);
    return { state: 'applied', targetId };
  }
}

export function lost(what: string): RollcallError {
  return new RollcallError('TARGET_UNREACHABLE', `The ${what} was lost.`);
}
