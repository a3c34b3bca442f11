import { beforeEach, describe, expect, it } from 'vitest';
import type { AttendanceMark } from '../../roster/records.ts';
import { readAttendanceLines, typed } from '../support/reasons.ts';
import { lesson, person } from '../support/records.ts';
import { type StepRun, stepsForEach } from '../support/step-run.ts';
import type { ToyWorld } from '../support/toy-systems.ts';

const current = stepsForEach();
let steps: StepRun;
let world: ToyWorld;
beforeEach(async () => {
  steps = current();
  world = steps.world;
  world.typedReasons = true;
  world.records = [person('i1'), person('l1'), person('l2'), lesson('e1', 30, { learnerKeys: ['l1', 'l2'] })];
  await steps.sync();
  await steps.hoursLater(40);
});

/** What the target says of the only lesson, by our keys. */
function mark(marks: Record<string, AttendanceMark>): void {
  const idOf = (key: string) =>
    [...world.objects].find(([, { foreignId }]) => foreignId.startsWith(`timetable:${key}`))?.[0] ?? '';
  world.attendance.set(idOf('e1'), new Map(Object.entries(marks).map(([key, one]) => [idOf(key), one])));
}

/** The lists the source was given, newest last. */
const given = () => world.returned.map(({ marks }) => Object.fromEntries(marks));
const sick = { status: 'justified', reason: '1', reasonName: 'Arrêt maladie' } as const;
const present = { status: 'present' } as const;
const withCode = (code: string) => ({ ...sick, sourceReason: { id: code, code } });
const lines = () => readAttendanceLines(steps);

describe('an absence whose reason is not mapped', () => {
  it('waits with a finding, stops nobody else, and goes by itself once it is mapped', async () => {
    mark({ l1: sick, l2: present });
    await steps.sync();
    expect(given()).toEqual([{ l2: present }]);
    expect(await steps.findingDetails('ATTENDANCE_REASON_UNMAPPED')).toEqual([
      'No reason of the source is confirmed for reason 1 of the target.',
    ]);
    expect(await lines()).toEqual([
      { person: 'l1', state: 'unmapped' },
      { person: 'l2', state: 'acknowledged' },
    ]);
    await steps.sync();
    expect(given()).toHaveLength(1);

    await typed(steps, '1', 'MAL');
    await steps.sync();
    expect(given().at(-1)).toEqual({ l1: withCode('MAL'), l2: present });
    expect(await steps.findingCodes()).toEqual([]);
    await steps.sync();
    expect(given()).toHaveLength(2);
  });

  it('keeps what the source accepted of it while it waits', async () => {
    mark({ l1: { status: 'absent' }, l2: present });
    await steps.sync();
    mark({ l1: sick, l2: { status: 'late', minutesLate: 5 } });
    await steps.sync();
    expect(given().at(-1)).toEqual({ l1: { status: 'absent' }, l2: { status: 'late', minutesLate: 5 } });
    expect(await lines()).toMatchObject([{ state: 'unmapped' }, { state: 'acknowledged' }]);
  });

  it('sends nothing at all where everybody of the lesson waits', async () => {
    mark({ l1: sick, l2: sick });
    await steps.sync();
    expect(given()).toEqual([]);
    mark({ l1: present, l2: present });
    await steps.sync();
    expect(given()).toEqual([{ l1: present, l2: present }]);
    expect(await steps.findingCodes()).toEqual([]);
  });

  it('takes the default where there is one, and so does a justified absence without a reason', async () => {
    await typed(steps, '', 'DIV');
    mark({ l1: sick, l2: { status: 'justified' } });
    await steps.sync();
    const other = { id: 'DIV', code: 'DIV' };
    expect(given()).toEqual([
      { l1: { ...sick, sourceReason: other }, l2: { status: 'justified', sourceReason: other } },
    ]);
  });

  it('goes in words where a person chose no code for it', async () => {
    await typed(steps, '1', '');
    mark({ l1: sick, l2: { status: 'justified' } });
    await steps.sync();
    expect(given()).toEqual([{ l1: sick, l2: { status: 'justified' } }]);
  });
});

describe('a mapping that changes', () => {
  it('sends lines again that carry the reason, and no others', async () => {
    await typed(steps, '1', 'MAL');
    await typed(steps, '2', 'FAM');
    mark({ l1: sick, l2: { status: 'justified', reason: '2' } });
    await steps.sync();
    await typed(steps, '1', 'MLD');
    await steps.sync();
    const family = { status: 'justified', reason: '2', sourceReason: { id: 'FAM', code: 'FAM' } };
    expect(given()).toEqual([
      { l1: withCode('MAL'), l2: family },
      { l1: withCode('MLD'), l2: family },
    ]);
    await typed(steps, '9', 'X');
    await steps.sync();
    expect(given()).toHaveLength(2);
  });

  it('offers a line at once that was refused with the old code', async () => {
    await typed(steps, '1', 'NO');
    mark({ l1: sick, l2: present });
    world.refuse = () => [{ personKey: 'l1', code: 'MOTIF_INCONNU', message: 'Unknown.' }];
    await steps.sync();
    expect(await steps.findingCodes()).toEqual(['ATTENDANCE_REJECTED']);
    world.refuse = () => [];
    await typed(steps, '1', 'MAL');
    await steps.sync();
    expect(given().at(-1)).toMatchObject({ l1: withCode('MAL') });
    expect(await steps.findingCodes()).toEqual([]);
  });

  it('in the configuration file counts from the next run on, and a person’s word goes before it', async () => {
    world.configuredReasons = { 'arret maladie': 'MAL' };
    mark({ l1: sick, l2: present });
    await steps.sync();
    world.configuredReasons = { 1: 'MLD' };
    await steps.sync();
    await typed(steps, '1', 'GRI');
    world.configuredReasons = { 1: 'OTHER' };
    await steps.sync();
    expect(given().map(({ l1 }) => l1)).toEqual(['MAL', 'MLD', 'GRI'].map(withCode));
  });
});

describe('catalogues', () => {
  const other = { id: '5', code: 'M', caption: 'Maladie', justified: true };

  it('are read in trial, and a proposal is not used before a person confirms it', async () => {
    world.sourceReasons = [other];
    world.targetReasons = [{ id: '1', name: 'Arrêt maladie', uses: 3 }];
    await steps.trial();
    await steps.sync();
    const stored = await steps.query('select state, source_id, source_code, how, uses from absence_reason');
    expect(stored).toEqual([{ state: 'proposed', source_id: '5', source_code: 'M', how: 'synonym', uses: 3 }]);
    await steps.query(`update connection set mode = 'live'`);
    mark({ l1: sick, l2: present });
    await steps.sync();
    expect(given()).toEqual([{ l2: present }]);
  });

  it('are compared by check, which keeps nothing', async () => {
    world.sourceReasons = [other];
    world.targetReasons = [
      { id: '1', name: 'Arrêt maladie', uses: 3 },
      { id: '9', name: 'Grève', uses: 0 },
    ];
    const line = { side: 'target', subject: 'reasons mapped' };
    expect(await steps.check()).toMatchObject([
      {
        ...line,
        state: 'failed',
        detail:
          '0 of 2 confirmed, 1 proposed, 1 in use and not confirmed. Absences for a reason that is not confirmed wait.',
        next: expect.stringContaining('rollcall reasons'),
      },
    ]);
    expect(await steps.query('select 1 from absence_reason')).toEqual([]);
    await typed(steps, '1', 'M');
    expect(await steps.check()).toMatchObject([
      { ...line, state: 'warning', detail: expect.stringMatching(/^1 of 2/) },
    ]);
    await typed(steps, '', 'X');
    expect(await steps.check()).toMatchObject([{ ...line, state: 'ok', detail: expect.stringMatching(/the default/) }]);
    world.sourceReasons = undefined;
    world.typedReasons = false;
    expect(await steps.check()).toEqual([]);
  });

  it('of a source that takes reasons neither way are of no interest: nothing waits', async () => {
    world.typedReasons = false;
    mark({ l1: sick, l2: present });
    await steps.sync();
    expect(given()).toEqual([{ l1: sick, l2: present }]);
    expect(await steps.query('select 1 from absence_reason')).toEqual([]);
  });
});
