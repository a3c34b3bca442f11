import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { GroupRecord, LessonRecord, SourceRecord } from '../../roster/records.ts';
import { group, lesson, person } from '../support/records.ts';
import { StepRun } from '../support/step-run.ts';

const instructors = ['i1', 'i2', 'i3'];
const learners = ['l1', 'l2', 'l3', 'l4'];

/** What a school may say of one lesson tonight; two dates of one id make two lessons. */
const lessonState = fc.record({
  dates: fc.uniqueArray(fc.constantFrom(30, 54, 78, 102), { maxLength: 2 }),
  title: fc.constantFrom('Algebra', 'Law'),
  room: fc.constantFrom('A1', 'B2'),
  state: fc.constantFrom(
    'active' as const,
    'active' as const,
    'active' as const,
    'waiting' as const,
    'cancelled' as const,
  ),
  instructorKeys: fc.uniqueArray(fc.constantFrom(...instructors), { maxLength: 2 }),
  learnerKeys: fc.uniqueArray(fc.constantFrom(...learners)),
  groupKeys: fc.uniqueArray(fc.constantFrom('g1', 'g2')),
});
const night = fc.record({
  lessons: fc.array(lessonState, { minLength: 4, maxLength: 4 }),
  groups: fc.array(fc.uniqueArray(fc.constantFrom(...learners), { minLength: 1 }), { minLength: 2, maxLength: 2 }),
});
type Night = typeof night extends fc.Arbitrary<infer T> ? T : never;

function recordsOf({ lessons, groups }: Night): SourceRecord[] {
  return [
    ...[...instructors, ...learners].map((key) => person(key)),
    ...groups.map((memberKeys, index) => group(`g${index + 1}`, { memberKeys })),
    ...lessons.flatMap(({ dates, ...said }, index) => dates.map((hours) => lesson(`e${index}`, hours, said))),
    // Never empty: an empty source is another matter.
    lesson('always', 30, { instructorKeys: instructors, learnerKeys: learners }),
  ];
}

/** What the target must hold of a lesson, in its own words. */
interface Expected {
  readonly title: string;
  readonly room: string;
  readonly startsAt: string;
  readonly instructors: readonly string[];
  readonly learners: readonly string[];
}

/** The rules once more, one lesson at a time, without any set-based SQL. */
class Model {
  #held = new Map<string, Expected>();

  see(records: readonly SourceRecord[]): void {
    const lessons = records.filter((record): record is LessonRecord => record.kind === 'lesson');
    const next = new Map<string, Expected>();
    for (const said of lessons) {
      const known = this.#held.get(said.syncKey);
      const isSent = said.state === 'active' && said.instructorKeys.length > 0 && said.learnerKeys.length > 0;
      if (isSent) next.set(said.syncKey, expectedOf(said));
      else if (said.state !== 'cancelled' && known !== undefined) next.set(said.syncKey, known);
    }
    this.#held = next;
  }

  get held(): ReadonlyMap<string, Expected> {
    return this.#held;
  }
}

function expectedOf(said: LessonRecord): Expected {
  const { title, room, startsAt, instructorKeys, learnerKeys } = said;
  return { title, room, startsAt, instructors: instructorKeys, learners: [...learnerKeys].sort() };
}

/** What the target holds, with people by our keys. */
function heldAt(steps: StepRun): Map<string, Expected> {
  const nameOf = new Map(
    [...steps.world.objects].map(([id, { foreignId }]) => [id, foreignId.replace('timetable:', '')]),
  );
  const names = (ids: readonly string[]) => ids.map((id) => nameOf.get(id) ?? id);
  const lessons = [...steps.world.objects.values()].filter(({ kind }) => kind === 'lesson');
  return new Map(
    lessons.map(({ foreignId, after, instructorIds, learnerIds }) => {
      const { title, room, startsAt } = after as unknown as Expected;
      const people = { instructors: names(instructorIds), learners: names(learnerIds).sort() };
      return [foreignId.replace('timetable:', ''), { title, room, startsAt, ...people }];
    }),
  );
}

function heldGroups(steps: StepRun): Map<string, string[]> {
  const nameOf = new Map(
    [...steps.world.objects].map(([id, { foreignId }]) => [id, foreignId.replace('timetable:', '')]),
  );
  const groups = [...steps.world.objects.values()].filter(({ kind }) => kind === 'group');
  return new Map(
    groups.map(({ foreignId, learnerIds }) => [
      foreignId.replace('timetable:', ''),
      learnerIds.map((id) => nameOf.get(id) ?? id).sort(),
    ]),
  );
}

it('property: whatever a school says night after night, the target holds exactly that, and a quiet night writes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(night, { minLength: 2, maxLength: 4 }), async (nights) => {
      const steps = await StepRun.begin();
      try {
        steps.world.allGroups = true;
        const model = new Model();
        for (const tonight of nights) {
          const records = recordsOf(tonight);
          steps.world.records = records;
          model.see(records);
          await steps.sync();
          expect(heldAt(steps)).toEqual(new Map(model.held));
          const groups = records.filter((record): record is GroupRecord => record.kind === 'group');
          expect(heldGroups(steps)).toEqual(new Map(groups.map((g) => [g.syncKey, [...g.memberKeys].sort()])));
        }
        steps.world.calls.length = 0;
        await steps.sync();
        expect(steps.world.calls).toEqual([]);
      } finally {
        await steps.end();
      }
    }),
    { numRuns: 12 },
  );
}, 120_000);
