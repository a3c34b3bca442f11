import { beforeEach, describe, expect, it } from 'vitest';
import { acceptAnswers, readShape } from '../../store/answer-shape.ts';
import { lesson, person } from '../support/records.ts';
import { type StepRun, stepsForEach } from '../support/step-run.ts';
import type { ToyWorld } from '../support/toy-systems.ts';

const current = stepsForEach();
let steps: StepRun;
let world: ToyWorld;
beforeEach(async () => {
  steps = current();
  world = steps.world;
  world.records = school({});
  await steps.sync();
});

/** Enough records to make a rule, each with a wing and these fields beside its own; undefined takes one away. */
function school(fields: Record<string, unknown>) {
  const people = ['i1', 'l1', ...Array.from({ length: 12 }, (_, n) => `p${n}`)].map((key) => person(key));
  return [...people, lesson('e1', 30)].map((record) => ({ ...record, wing: 'Zoé Martin', ...fields }));
}

const sync = async (fields: Record<string, unknown> = {}) => {
  world.records = school(fields);
  return steps.sync();
};
const open = async () => {
  const rows = await steps.query<{ key: string }>(
    `select sync_key as key from finding where code = 'VENDOR_SHAPE_CHANGED' and closed_run is null order by 1`,
  );
  return rows.map(({ key }) => key);
};
const told = () => steps.messages('shape');
const days = (count: number) => steps.hoursLater(24 * count);
const version = async () => (await steps.query<{ xmin: string }>('select xmin::text from answer_shape'))[0]?.xmin;

describe('a change of the shape of answers', () => {
  it('is none on the first read, nor when nothing changed; then nothing is written either', async () => {
    const before = await version();
    await sync();
    expect(await open()).toEqual([]);
    expect(await told()).toEqual([]);
    expect(before).toBeDefined();
    expect(await version()).toBe(before);
  });

  it('opens a warning for a new field, tells it once with counts, and is no news after seven days', async () => {
    const run = await sync({ floor: 3 });
    expect(run.state).toBe('completed');
    expect(await steps.findingDetails('VENDOR_SHAPE_CHANGED')).toEqual([
      'This field was never seen before; 15 answers of the last read had it.',
    ]);
    await sync({ floor: 3 });
    expect(await open()).toEqual(['all.floor: new']);
    expect((await told()).map(({ detail }) => detail)).toEqual([
      { system: 'alcuin', counts: { 'all.floor: new': 15 } },
    ]);
    await days(8);
    await sync({ floor: 3 });
    expect(await open()).toEqual([]);
    expect(await told()).toHaveLength(1);
  });

  it('reaches those who are told of failures', async () => {
    await steps.subscribe([
      { channel: 'mail', address: 'ops@school.example', kinds: ['failed'], language: 'en', daily: false, admin: false },
    ]);
    await sync({ floor: 3 });
    expect(await steps.query('select address, state from delivery')).toEqual([
      { address: 'ops@school.example', state: 'waiting' },
    ]);
  });

  it('opens a warning for a field that is gone, until it is back', async () => {
    await sync({ wing: undefined });
    expect(await open()).toEqual(['all.wing: gone']);
    await days(30);
    await sync({ wing: undefined });
    expect(await open()).toEqual(['all.wing: gone']);
    await sync();
    expect(await open()).toEqual([]);
  });

  it('opens a warning for another kind of value, and keeps no value', async () => {
    await sync({ wing: ['Zoé Martin', 'Léa'] });
    expect(await open()).toEqual(['all.wing: list']);
    expect(JSON.stringify(await steps.query('select known, news from answer_shape'))).not.toMatch(
      /Zo|Léa|school\.example/,
    );
  });

  it('opens a warning for a word outside a closed list of the connector', async () => {
    world.answers = { closedLists: { 'all.state': ['ACTIVE'] } };
    world.records = world.records.map((record) =>
      record.kind === 'lesson' ? ({ ...record, state: 'reporté' } as unknown as typeof record) : record,
    );
    await steps.sync();
    expect(await open()).toEqual(['all.state: other']);
    await sync();
    expect(await open()).toEqual([]);
  });

  it('ends with the next read once a person takes it as usual', async () => {
    await sync({ floor: 3, wing: undefined });
    const accepted = await steps.inOrganisation((tx) => acceptAnswers(tx, steps.connectionId));
    expect(accepted.map(({ what }) => what).sort()).toEqual(['gone', 'new']);
    expect(await steps.inOrganisation((tx) => readShape(tx, steps.connectionId))).toMatchObject({ news: [] });
    await sync({ floor: 3, wing: undefined });
    expect(await open()).toEqual([]);
    expect(await told()).toHaveLength(1);
  });

  it('is learned anew when the connection reads another data set', async () => {
    await steps.query(`update connection set source_identity = 'another'`);
    expect(await steps.inOrganisation((tx) => readShape(tx, steps.connectionId))).toBeUndefined();
    await sync({ floor: 3, wing: undefined });
    expect(await open()).toEqual([]);
    await sync({ wing: undefined });
    expect(await open()).toEqual(['all.floor: gone']);
  });

  it('is the business of its organisation alone', async () => {
    await sync({ floor: 3 });
    const { connectionId } = steps;
    expect(await steps.elsewhere((tx) => readShape(tx, connectionId))).toBeUndefined();
    expect(await steps.elsewhere((tx) => acceptAnswers(tx, connectionId))).toEqual([]);
    expect(await open()).toEqual(['all.floor: new']);
  });
});
