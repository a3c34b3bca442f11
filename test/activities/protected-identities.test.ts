import { beforeEach, describe, expect, it } from 'vitest';
import { findRecords } from '../../store/find.ts';
import { heldChanges } from '../../store/holds.ts';
import { timelineOf } from '../../store/why.ts';
import { lesson, person } from '../support/records.ts';
import { type StepRun, stepsForEach } from '../support/step-run.ts';
import type { ToyWorld } from '../support/toy-systems.ts';

const current = stepsForEach();
let steps: StepRun;
let world: ToyWorld;
beforeEach(() => {
  steps = current();
  world = steps.world;
});

const secret = (given = {}) =>
  person('l9', {
    givenName: 'Vera',
    familyName: 'Hidden',
    email: 'vera.hidden@school.example',
    protectedIdentity: true,
    ...given,
  });
const school = (given = {}) => [
  person('i1'),
  person('l1'),
  secret(given),
  lesson('e1', 30, { learnerKeys: ['l1', 'l9'] }),
];
const choose = (choice: string) => steps.query('update organisation set protected_identities = $1', [choice]);
const sent = () => world.calls.filter((call) => call.includes('l9'));

describe('people with protected identity', () => {
  it('are held until the organisation has chosen, while everybody else is sent', async () => {
    world.records = school();
    await steps.sync();
    expect(sent()).toEqual([]);
    expect(world.calls).toContain('insert learner timetable:l1');
    expect(await steps.findingCodes()).toEqual(['PROTECTED_UNDECIDED']);
  });

  it('who are known already stay as they are until then', async () => {
    world.records = [...school({ protectedIdentity: false })];
    await steps.sync();
    world.calls.length = 0;
    world.records = school();
    await steps.sync();
    expect(world.calls).toEqual([]);
  });

  it('are sent, or left out, as was chosen', async () => {
    world.records = school();
    await choose('sync');
    await steps.sync();
    expect(sent()).toEqual(['insert learner timetable:l9']);
    await choose('leave-out');
    world.calls.length = 0;
    await steps.sync();
    expect(sent()).toEqual([expect.stringMatching(/^delete membership/)]);
    expect(await steps.findingCodes()).toEqual([]);
  });

  it('are named on no screen: neither found, nor in findings, holds or timelines', async () => {
    await choose('sync');
    world.records = school();
    await steps.sync();
    await steps.query(`update connection set limits = '{"learner": {"update": {"percent": 0, "floor": 0}}}'`);
    world.records = school({ familyName: 'Hidden-Secret', phone: '+46 70' });
    await steps.sync();
    const [hold] = await steps.holds();
    const screens = await steps.inOrganisation(async (tx) => ({
      found: await findRecords(tx, 'l9', { limit: 5 }),
      byName: await findRecords(tx, 'vera hidden', { limit: 5 }),
      held: await heldChanges(tx, hold?.holdId ?? ''),
      timeline: await timelineOf(tx, { connectionId: steps.connectionId, kind: 'person', syncKey: 'l9' }),
      findings: await tx.query('select label, detail from finding'),
    }));
    expect(screens.found).toMatchObject([{ label: 'Protected person', email: '' }]);
    expect(screens.held).toHaveLength(1);
    expect(screens.byName).toEqual([]);
    expect(JSON.stringify(screens)).not.toMatch(/Vera|Hidden|vera\.hidden|\+46/i);
  });
});
