import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HeldCell, PlanCell } from '../../roster/safety-filter.ts';
import { readPlan } from '../../store/api-plan.ts';
import { applySet, planDirectory } from '../../store/directory.ts';
import { endRun } from '../../store/runs.ts';
import { holdCells } from '../../store/safety.ts';
import {
  clearStaging,
  type Loaded,
  type StagedGroup,
  type StagedKind,
  type StagedMembership,
  type StagedPerson,
  stage,
  writeManifest,
} from '../../store/staging.ts';
import type { RunRef } from '../../store/steps.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';

const everything: ReadonlySet<'person' | 'group'> = new Set(['person', 'group']);

let database: TestDatabase;
let connection: { organisationId: string; connectionId: string };

beforeEach(async () => {
  database = await freshDatabase();
  connection = await makeOrganisation(database.db);
});
afterEach(() => database.drop());

interface Roster {
  readonly persons?: readonly StagedPerson[];
  readonly groups?: readonly StagedGroup[];
  readonly memberships?: readonly StagedMembership[];
}

const person = (syncKey: string, given: Partial<StagedPerson> = {}): StagedPerson => ({
  syncKey,
  school: 'north',
  standing: 'valid',
  givenName: 'Given',
  familyName: syncKey,
  email: `${syncKey}@school.example`,
  phone: '',
  username: '',
  line: 1,
  ...given,
});
const group = (syncKey: string, given: Partial<StagedGroup> = {}): StagedGroup => ({
  syncKey,
  school: 'north',
  standing: 'valid',
  title: `Group ${syncKey}`,
  parentKey: '',
  type: '',
  line: 1,
  ...given,
});
const member = (parentKey: string, personKey: string, given: Partial<StagedMembership> = {}): StagedMembership => ({
  parentKind: 'group',
  parentKey,
  personKey,
  role: 'learner',
  standing: 'valid',
  position: 0,
  ...given,
});

async function runAtWork(): Promise<RunRef> {
  const { organisationId, connectionId } = connection;
  const ref: RunRef = { organisationId, connectionId, runId: randomUUID() };
  await asSuperuser(database.url, (client) =>
    client.query(
      `insert into run (run_id, organisation_id, connection_id, number, kind, trigger, plan_only, as_of, state, workflow_id, started_at)
       select $1, $2, $3, coalesce(max(number), 0) + 1, 'sync', 'person', false, now(), 'working', 'test', now()
         from run where connection_id = $3`,
      [ref.runId, ref.organisationId, ref.connectionId],
    ),
  );
  return ref;
}

/** Loads, plans and applies a roster as one run; gives the cells of its plan. */
async function run(
  roster: Roster,
  hold: (cells: readonly PlanCell[]) => HeldCell[] = () => [],
  complete = everything,
): Promise<readonly PlanCell[]> {
  const ref = await runAtWork();
  await load(ref, roster);
  const { cells } = await database.db.loading(ref.organisationId, (tx) => planDirectory(tx, ref, complete));
  await database.db.loading(ref.organisationId, (tx) => applySet(tx, ref, complete, hold(cells)));
  await database.db.organisation(ref.organisationId, (tx) =>
    endRun(tx, ref.runId, { state: 'completed', code: null, failedStep: null, summary: {} }),
  );
  await database.db.loading(ref.organisationId, (tx) => clearStaging(tx, ref.runId));
  return cells;
}

/** Loads and plans a roster, and leaves it at that. */
async function planned(roster: Roster): Promise<RunRef> {
  const ref = await runAtWork();
  await load(ref, roster);
  await database.db.loading(ref.organisationId, (tx) => planDirectory(tx, ref, everything));
  return ref;
}

/** Applies a plan without the cells that are held, as the steps after the plan do. */
async function apply(ref: RunRef, isHeld: (cell: PlanCell) => boolean = () => false): Promise<void> {
  const { cells } = await database.db.organisation(ref.organisationId, (tx) => readPlan(tx, ref.runId));
  const held = cells.filter(isHeld).map((cell): HeldCell => ({ ...cell, reason: 'OVER_LIMIT' }));
  await database.db.organisation(ref.organisationId, (tx) => holdCells(tx, ref.runId, held));
  await database.db.loading(ref.organisationId, (tx) => applySet(tx, ref, everything, held));
  await endRunOf(ref);
}

function endRunOf(ref: RunRef): Promise<unknown> {
  return asSuperuser(database.url, (client) =>
    client.query(`update run set state = 'completed' where run_id = $1`, [ref.runId]),
  );
}

function query(text: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> {
  return database.db.organisation(connection.organisationId, (tx) => tx.query<Record<string, unknown>>(text, values));
}

function load(ref: RunRef, roster: Roster): Promise<void> {
  return database.db.loading(ref.organisationId, async (tx) => {
    const loaded = new Map<StagedKind, Loaded>([
      ['person', await stage(tx, ref.runId, 'person', roster.persons ?? [])],
      ['group', await stage(tx, ref.runId, 'group', roster.groups ?? [])],
      ['membership', await stage(tx, ref.runId, 'membership', roster.memberships ?? [])],
    ]);
    await writeManifest(tx, ref, loaded);
  });
}

async function directory(): Promise<{ persons: string[]; groups: string[]; members: string[] }> {
  return database.db.organisation(connection.organisationId, async (tx) => ({
    persons: (
      await tx.query<{ text: string }>(
        `select sync_key || ' ' || family_name || ' ' || state as text from directory.person order by 1`,
      )
    ).map((row) => row.text),
    groups: (
      await tx.query<{ text: string }>(
        `select sync_key || ' ' || title || ' ' || state as text from directory.group order by 1`,
      )
    ).map((row) => row.text),
    members: (
      await tx.query<{ text: string }>(
        `select group_key || '|' || person_key as text from directory.membership order by 1`,
      )
    ).map((row) => row.text),
  }));
}

const school: Roster = {
  persons: [person('ada'), person('bob')],
  groups: [group('g1')],
  memberships: [member('g1', 'ada'), member('g1', 'bob')],
};

const said = (cells: readonly PlanCell[]) => cells.map((cell) => `${cell.count} ${cell.operation} ${cell.kind}`).sort();

describe('the directory as a set target', () => {
  it('takes a first load as sets and writes no change rows for it', async () => {
    expect(said(await run(school))).toEqual(['1 insert group', '2 insert membership', '2 insert person']);
    expect(await directory()).toEqual({
      persons: ['ada ada active', 'bob bob active'],
      groups: ['g1 Group g1 active'],
      members: ['g1|ada', 'g1|bob'],
    });
    const rows = await database.db.organisation(connection.organisationId, (tx) => tx.query('select 1 from change'));
    expect(rows).toEqual([]);
  });

  it('plans and writes nothing for what did not change', async () => {
    await run(school);
    expect(await run(school)).toEqual([]);
  });

  it('keeps what was there before a change, and marks the change as applied', async () => {
    await run(school);
    const cells = await run({ ...school, persons: [person('ada', { familyName: 'Lovelace' }), person('bob')] });
    expect(said(cells)).toEqual(['1 update person']);
    expect(cells[0]?.base).toBe(2);
    expect((await directory()).persons).toContain('ada Lovelace active');
    const [change] = await database.db.organisation(connection.organisationId, (tx) =>
      tx.query('select state, before, after from change'),
    );
    expect(change).toMatchObject({
      state: 'applied',
      before: { family_name: 'ada' },
      after: { family_name: 'Lovelace' },
    });
  });

  it('puts a person who is not listed any more into the trash with the places, and restores who comes back', async () => {
    await run(school);
    const less = { ...school, persons: [person('ada')], memberships: [member('g1', 'ada')] };
    expect(said(await run(less))).toEqual(['1 delete membership', '1 delete person']);
    expect(await directory()).toMatchObject({ persons: ['ada ada active', 'bob bob trashed'], members: ['g1|ada'] });
    expect(said(await run(school))).toEqual(['1 insert membership', '1 restore person']);
    expect((await directory()).persons).toContain('bob bob active');
  });

  it('leaves a known record that became invalid as it is, with its places', async () => {
    await run(school);
    const cells = await run({
      ...school,
      persons: [person('ada', { standing: 'invalid', familyName: '' }), person('bob')],
      memberships: [member('g1', 'ada', { standing: 'invalid' }), member('g1', 'bob')],
    });
    expect(cells).toEqual([]);
    expect((await directory()).persons).toContain('ada ada active');
  });

  it('counts a record that an option filters out as absent', async () => {
    await run(school);
    const cells = await run({ ...school, persons: [person('ada'), person('bob', { standing: 'filtered' })] });
    expect(said(cells)).toEqual(['1 delete membership', '1 delete person']);
    expect((await directory()).members).toEqual(['g1|ada']);
  });

  it('never touches what people made here', async () => {
    await run(school);
    await database.db.organisation(connection.organisationId, async (tx) => {
      await tx.execute(
        `insert into directory.places (connection_id, organisation_id, group_key, persons, role, local, created_run)
         values ($1, $2, 'g1', '{guest}', 'learner', true, gen_random_uuid())`,
        [connection.connectionId, connection.organisationId],
      );
    });
    await run({ persons: [person('ada')], groups: [group('g1')], memberships: [member('g1', 'ada')] });
    expect((await directory()).members).toEqual(['g1|ada', 'g1|guest']);
  });

  it('leaves out the cells that are held, and the rest goes on', async () => {
    await run(school);
    const more = { ...school, persons: [...(school.persons ?? []), person('eve'), person('sam', { school: 'south' })] };
    await run(more, (cells) =>
      cells.filter((cell) => cell.school === 'south').map((cell) => ({ ...cell, reason: 'OVER_LIMIT' as const })),
    );
    expect((await directory()).persons.map((text) => text.split(' ')[0])).toEqual(['ada', 'bob', 'eve']);
  });

  it('applies nothing when staging is not what was planned', async () => {
    const ref = await runAtWork();
    await load(ref, school);
    await database.db.loading(ref.organisationId, (tx) => planDirectory(tx, ref, everything));
    await asSuperuser(database.url, (client) => client.query(`delete from load.person where sync_key = 'bob'`));
    const apply = database.db.loading(ref.organisationId, (tx) => applySet(tx, ref, everything, []));
    await expect(apply).rejects.toMatchObject({ code: 'STAGING_DIFFERS' });
    expect((await directory()).persons).toEqual([]);
  });

  it('is for each connection alone', async () => {
    await run(school);
    const mine = connection;
    connection = await makeOrganisation(database.db);
    await run({ persons: [person('ada', { familyName: 'Other' })] });
    expect((await directory()).persons).toEqual(['ada Other active']);
    connection = mine;
    expect(await run(school)).toEqual([]);
  });

  it('takes no place of a person or in a group that is not there', async () => {
    const cells = await run({
      ...school,
      groups: [group('g1'), group('new', { standing: 'invalid' })],
      memberships: [member('g1', 'ada'), member('g1', 'nobody'), member('nowhere', 'ada'), member('new', 'ada')],
    });
    expect(said(cells)).toEqual(['1 insert group', '1 insert membership', '2 insert person']);
    expect((await directory()).members).toEqual(['g1|ada']);
  });

  it('leaves the places of a person or group that became invalid, listed or not', async () => {
    await run(school);
    const invalidPerson = {
      ...school,
      persons: [person('ada', { standing: 'invalid' }), person('bob')],
      memberships: [],
    };
    expect(said(await run(invalidPerson))).toEqual(['1 delete membership']);
    expect((await directory()).members).toEqual(['g1|ada']);
    const invalidGroup = {
      ...school,
      groups: [group('g1', { standing: 'invalid' })],
      memberships: [member('g1', 'bob')],
    };
    expect(await run(invalidGroup)).toEqual([]);
    expect(said(await run({ ...invalidGroup, persons: [person('bob')] }))).toEqual([
      '1 delete membership',
      '1 delete person',
    ]);
  });

  it('deletes nothing of a kind of which the source did not say everything', async () => {
    await run(school);
    const delta = { persons: [person('eve')], memberships: [member('g1', 'eve')] };
    expect(said(await run(delta, () => [], new Set()))).toEqual(['1 insert membership', '1 insert person']);
    expect((await directory()).members).toEqual(['g1|ada', 'g1|bob', 'g1|eve']);
    const groupsOnly = { groups: [group('g1')], memberships: [member('g1', 'bob')] };
    expect(said(await run(groupsOnly, () => [], new Set(['group'])))).toEqual(['2 delete membership']);
  });

  it('takes descendants with a deleted group, and keeps it while one is still said', async () => {
    const tree = [group('a'), group('b', { parentKey: 'a' }), group('c', { parentKey: 'b' })];
    const places = [member('a', 'ada'), member('c', 'ada')];
    await run({ persons: [person('ada')], groups: tree, memberships: places });
    const leaf = {
      persons: [person('ada')],
      groups: [group('c', { parentKey: 'b' })],
      memberships: [member('c', 'ada')],
    };
    expect(await run(leaf)).toEqual([]);
    expect(await run({ ...leaf, groups: [group('c', { standing: 'invalid' })] })).toEqual([]);
    const moved = { ...leaf, groups: [group('c')] };
    expect(said(await run(moved))).toEqual(['1 delete membership', '1 update group', '2 delete group']);
    expect(await directory()).toMatchObject({
      groups: ['a Group a trashed', 'b Group b trashed', 'c Group c active'],
      members: ['c|ada'],
    });
    expect(said(await run({ persons: [person('ada')] }))).toEqual(['1 delete group', '1 delete membership']);
  });

  it('lets wait what depends on a delete that is held', async () => {
    await run({ ...school, groups: [group('g1'), group('g2', { parentKey: 'g1', school: 'south' })] });
    const ref = await planned({ persons: [person('ada')], groups: [], memberships: [] });
    await apply(ref, (cell) => cell.kind === 'person' || cell.school === 'south');
    expect(await directory()).toEqual({
      persons: ['ada ada active', 'bob bob active'],
      groups: ['g1 Group g1 active', 'g2 Group g2 active'],
      members: ['g1|ada', 'g1|bob'],
    });
    const states = await query('select kind, sync_key, state from change order by kind, sync_key');
    expect(states.map((row) => Object.values(row).join(' '))).toEqual([
      'group g1 waiting',
      'group g2 held',
      'membership g1|ada|learner waiting',
      'membership g1|bob|learner waiting',
      'person bob held',
    ]);
  });

  it('takes the places of a held person or group when it is let in, not before', async () => {
    const two = { ...school, persons: [person('ada'), person('bob', { school: 'south' })] };
    const south = (cell: PlanCell) => cell.school === 'south';
    await apply(await planned(two), south);
    expect((await directory()).members).toEqual(['g1|ada']);
    expect(said(await run(two))).toEqual(['1 insert membership', '1 insert person']);
    expect((await directory()).members).toEqual(['g1|ada', 'g1|bob']);
    const more = {
      ...two,
      groups: [group('g1'), group('g2', { school: 'south' })],
      memberships: [member('g2', 'ada')],
    };
    await apply(await planned(more), (cell) => south(cell) || cell.operation === 'delete');
    expect((await directory()).members).toEqual(['g1|ada', 'g1|bob']);
  });

  it('holds new places of one school alone', async () => {
    const groups = [group('g1'), group('g2', { school: 'south' })];
    const memberships = [member('g1', 'ada'), member('g2', 'ada')];
    await apply(
      await planned({ ...school, groups, memberships }),
      (cell) => cell.kind === 'membership' && cell.school === 'south',
    );
    expect((await directory()).members).toEqual(['g1|ada']);
  });

  it('leaves alone what is no longer what the plan was made for', async () => {
    await run(school);
    const ref = await planned({ ...school, persons: [person('ada', { familyName: 'Lovelace' })], memberships: [] });
    await asSuperuser(database.url, (client) =>
      client.query(`update directory.person set phone = '1' where sync_key = 'ada'`),
    );
    await apply(ref);
    expect((await directory()).persons).toEqual(['ada ada active', 'bob bob trashed']);
    const [stale] = await query(`select state, code from change where kind = 'person' and sync_key = 'ada'`);
    expect(stale).toEqual({ state: 'stale', code: 'CHANGE_STALE' });
  });

  it('changes nothing when it is repeated after a commit nobody heard of', async () => {
    await run(school);
    const ref = await planned({
      persons: [person('ada', { familyName: 'Lovelace' }), person('eve')],
      groups: [group('g1'), group('g2')],
      memberships: [member('g1', 'ada'), member('g1', 'eve'), member('g2', 'eve')],
    });
    await apply(ref);
    const once = await directory();
    await apply(ref);
    expect(await directory()).toEqual(once);
    expect(once.members).toEqual(['g1|ada', 'g1|eve', 'g2|eve']);
  });

  it('gives the same when staging was lost and loaded again after the plan', async () => {
    await run(school);
    const next = {
      persons: [person('ada'), person('eve'), person('sam', { standing: 'invalid' as const })],
      groups: [group('g1'), group('g2')],
      memberships: [member('g1', 'ada'), member('g1', 'eve'), member('g2', 'sam'), member('g2', 'nobody')],
    };
    const ref = await planned(next);
    await database.db.loading(ref.organisationId, (tx) => clearStaging(tx, ref.runId));
    await load(ref, next);
    await apply(ref);
    expect((await directory()).members).toEqual(['g1|ada', 'g1|eve']);
  });

  it('refuses other rows than the planned ones, even if they are as many', async () => {
    const ref = await planned(school);
    await asSuperuser(database.url, (client) =>
      client.query(`update load.person set family_name = 'x' where sync_key = 'bob'`),
    );
    await expect(apply(ref)).rejects.toMatchObject({ code: 'STAGING_DIFFERS' });
    expect((await directory()).persons).toEqual([]);
  });

  it('counts places by the school of their group, and measures the source by what shrank the most', async () => {
    const groups = [group('g1'), group('g2', { school: 'south' })];
    await run({ ...school, groups, memberships: [member('g1', 'ada'), member('g2', 'ada'), member('g2', 'bob')] });
    const ref = await runAtWork();
    await load(ref, { ...school, groups, memberships: [member('g2', 'ada')] });
    const { cells, size } = await database.db.loading(ref.organisationId, (tx) => planDirectory(tx, ref, everything));
    expect(cells.map(({ operation, school, count, base }) => `${operation} ${school} ${count} of ${base}`)).toEqual([
      'delete north 1 of 1',
      'delete south 1 of 2',
    ]);
    expect(size).toEqual({ seen: 1, known: 3 });
  });

  it('makes the same plan of the same difference, and another one of another', async () => {
    const digest = async (roster: Roster) => {
      const ref = await planned(roster);
      await endRunOf(ref);
      return (await query('select digest from plan where run_id = $1', [ref.runId]))[0];
    };
    const first = await digest(school);
    expect(await digest({ ...school, persons: [...(school.persons ?? [])].reverse() })).toEqual(first);
    expect(await digest({ ...school, memberships: [member('g1', 'ada')] })).not.toEqual(first);
  });

  it('knows of each place which run made it, and shows another organisation none', async () => {
    await run(school);
    const more = { ...school, persons: [...(school.persons ?? []), person('eve')] };
    await run({ ...more, memberships: [...(school.memberships ?? []), member('g1', 'eve')] });
    await run({ ...more, memberships: [member('g1', 'ada'), member('g1', 'eve')] });
    const made = await query(
      `select m.person_key, r.number::int from directory.membership m join run r on r.run_id = m.created_run order by 1`,
    );
    expect(made).toEqual([
      { person_key: 'ada', number: 1 },
      { person_key: 'eve', number: 2 },
    ]);
    connection = await makeOrganisation(database.db);
    expect(await query('select * from directory.membership')).toEqual([]);
  });

  it('takes the same person in two roles for two places', async () => {
    const both = [member('g1', 'ada'), member('g1', 'ada', { role: 'instructor' }), member('g1', 'bob')];
    expect(said(await run({ ...school, memberships: both }))).toContain('3 insert membership');
    expect(await run({ ...school, memberships: both })).toEqual([]);
    expect(said(await run({ ...school, memberships: both.slice(1) }))).toEqual(['1 delete membership']);
    expect(await query('select role, person_key from directory.membership order by 1')).toEqual([
      { role: 'instructor', person_key: 'ada' },
      { role: 'learner', person_key: 'bob' },
    ]);
  });

  it('keeps the sum of the places beside them, which plans trust', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(night, { minLength: 2, maxLength: 4 }), async (nights) => {
        connection = await makeOrganisation(database.db);
        for (const roster of nights) await run(roster);
        const wrong = await query(
          `select * from directory.places d where persons = '{}' or hash is distinct from (
             select sum(hashtextextended(p, hashtext(d.role))) from unnest(d.persons) p)`,
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: 15 },
    );
  });

  it('ends up as a simple model does, whatever the source says night after night', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(night, { minLength: 1, maxLength: 5 }), async (nights) => {
        connection = await makeOrganisation(database.db);
        let model: Model = { persons: new Map(), groups: new Map(), places: new Set() };
        for (const roster of nights) {
          await run(roster);
          model = after(model, roster);
          expect(await directory()).toEqual(shown(model));
          expect(await run(roster)).toEqual([]);
        }
      }),
      { numRuns: 40 },
    );
  });
});

interface Model {
  readonly persons: ReadonlyMap<string, { name: string; state: string }>;
  readonly groups: ReadonlyMap<string, { name: string; state: string }>;
  readonly places: ReadonlySet<string>;
}

const standing = fc.oneof(
  { weight: 4, arbitrary: fc.constant('valid' as const) },
  fc.constantFrom('invalid' as const, 'filtered' as const, 'cancelled' as const),
);
const keys = ['a', 'b', 'c'] as const;
const some = <T>(one: (key: string) => fc.Arbitrary<T>) =>
  fc.tuple(...keys.map((key) => fc.option(one(key), { freq: 3 }))).map((all) => all.filter((row) => row !== null));
const night: fc.Arbitrary<Required<Roster>> = fc.record({
  persons: some((key) =>
    fc.record({ standing, familyName: fc.constantFrom('x', 'y') }).map((given) => person(key, given)),
  ),
  groups: some((key) => fc.record({ standing, title: fc.constantFrom('x', 'y') }).map((given) => group(key, given))),
  memberships: fc
    .tuple(...keys.map((key) => some((other) => standing.map((of) => member(key, other, { standing: of })))))
    .map((all) => all.flat()),
});

/** What the directory should hold after a night, told without SQL. */
function after(model: Model, { persons, groups, memberships }: Required<Roster>): Model {
  const said = (rows: readonly { syncKey: string; standing: string }[], key: string) =>
    rows.find((row) => row.syncKey === key)?.standing ?? 'absent';
  const records = (
    known: Model['persons'],
    rows: readonly (StagedPerson | StagedGroup)[],
    name: (row: StagedPerson | StagedGroup) => string,
  ) => {
    const next = new Map(known);
    for (const [key, record] of known) {
      if (!['valid', 'invalid'].includes(said(rows, key))) next.set(key, { ...record, state: 'trashed' });
    }
    for (const row of rows) if (row.standing === 'valid') next.set(row.syncKey, { name: name(row), state: 'active' });
    return next;
  };
  const nextPersons = records(model.persons, persons, (row) => ('familyName' in row ? row.familyName : ''));
  const nextGroups = records(model.groups, groups, (row) => ('title' in row ? row.title : ''));
  const listed = new Map(memberships.map((row) => [`${row.parentKey}|${row.personKey}`, row.standing]));
  const places = [...model.places].filter((place) => {
    const [inGroup = '', ofPerson = ''] = place.split('|');
    if (nextGroups.get(inGroup)?.state !== 'active' || nextPersons.get(ofPerson)?.state !== 'active') return false;
    if (said(groups, inGroup) === 'invalid' || said(persons, ofPerson) === 'invalid') return true;
    return ['valid', 'invalid'].includes(listed.get(place) ?? 'absent');
  });
  for (const [place, of] of listed) {
    const [inGroup = '', ofPerson = ''] = place.split('|');
    if (of === 'valid' && said(groups, inGroup) === 'valid' && said(persons, ofPerson) === 'valid') places.push(place);
  }
  return { persons: nextPersons, groups: nextGroups, places: new Set(places) };
}

function shown({ persons, groups, places }: Model) {
  const lines = (records: Model['persons'], title: string) =>
    [...records].map(([key, { name, state }]) => `${key} ${title}${name} ${state}`).sort();
  return { persons: lines(persons, ''), groups: lines(groups, ''), members: [...places].sort() };
}
