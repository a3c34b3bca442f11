import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HeldCell, PlanCell } from '../../roster/safety-filter.ts';
import { applySet, planDirectory } from '../../store/directory.ts';
import { endRun } from '../../store/runs.ts';
import {
  clearStaging,
  type Loaded,
  type StagedGroup,
  type StagedKind,
  type StagedMembership,
  type StagedPerson,
  stage,
  stagingIsWhole,
  writeManifest,
} from '../../store/staging.ts';
import type { RunRef } from '../../store/steps.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';

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
async function run(roster: Roster, hold: (cells: PlanCell[]) => HeldCell[] = () => []): Promise<PlanCell[]> {
  const ref = await runAtWork();
  await load(ref, roster);
  const cells = await database.db.loading(ref.organisationId, (tx) => planDirectory(tx, ref));
  await database.db.loading(ref.organisationId, (tx) => applySet(tx, ref, hold(cells)));
  await database.db.organisation(ref.organisationId, (tx) =>
    endRun(tx, ref.runId, { state: 'completed', code: null, failedStep: null, summary: {} }),
  );
  await database.db.loading(ref.organisationId, (tx) => clearStaging(tx, ref.runId));
  return cells;
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
    expect(said(cells)).toEqual(['1 delete person']);
  });

  it('never touches what people made here', async () => {
    await run(school);
    await database.db.organisation(connection.organisationId, async (tx) => {
      await tx.execute(
        `insert into directory.membership (connection_id, organisation_id, group_key, person_key, role, local, created_run)
         values ($1, $2, 'g1', 'guest', 'learner', true, gen_random_uuid())`,
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
    await database.db.loading(ref.organisationId, (tx) => planDirectory(tx, ref));
    await asSuperuser(database.url, (client) => client.query(`delete from load.person where sync_key = 'bob'`));
    const apply = database.db.loading(ref.organisationId, (tx) => applySet(tx, ref, []));
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

  it('ends up as the source says, whatever it said before', async () => {
    const keys = fc.subarray(['a', 'b', 'c', 'd']);
    const rosters = fc.array(fc.record({ persons: keys, members: keys, surname: fc.constantFrom('x', 'y') }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(rosters, async (days) => {
        connection = await makeOrganisation(database.db);
        for (const day of days) {
          await run({
            persons: day.persons.map((key) => person(key, { familyName: day.surname })),
            groups: [group('g')],
            memberships: day.members.map((key) => member('g', key)),
          });
        }
        const last = days.at(-1);
        const now = await directory();
        expect(now.persons.filter((text) => text.endsWith(' active'))).toEqual(
          last?.persons.map((key) => `${key} ${last.surname} active`).sort(),
        );
        expect(now.members).toEqual(last?.members.map((key) => `g|${key}`).sort());
      }),
      { numRuns: 15 },
    );
  });
});

describe('staging', () => {
  it('gives back every text as it was, but for NUL, which PostgreSQL cannot hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 20 }), async (texts) => {
        const runId = randomUUID();
        const rows = texts.map((text, index) =>
          person(String(index), { familyName: text, givenName: `\\N\t${text}\n`, line: index }),
        );
        const back = await database.db.loading(connection.organisationId, async (tx) => {
          await stage(tx, runId, 'person', rows);
          return tx.query<{ given: string; family: string }>(
            'select given_name as given, family_name as family from load.person where run_id = $1 order by line',
            [runId],
          );
        });
        expect(back).toEqual(
          rows.map((row) => ({
            given: row.givenName.replaceAll('\0', ''),
            family: row.familyName.replaceAll('\0', ''),
          })),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('knows that it was emptied, and that a reload gave other rows', async () => {
    const ref = await runAtWork();
    await load(ref, school);
    const whole = () => database.db.loading(ref.organisationId, (tx) => stagingIsWhole(tx, ref.runId));
    expect(await whole()).toBe(true);
    await asSuperuser(database.url, (client) => client.query('truncate load.membership'));
    expect(await whole()).toBe(false);
    await database.db.loading(ref.organisationId, (tx) => clearStaging(tx, ref.runId));
    await load(ref, school);
    expect(await whole()).toBe(true);
    await database.db.loading(ref.organisationId, (tx) => clearStaging(tx, ref.runId));
    await expect(load(ref, { ...school, persons: [person('ada')] })).rejects.toMatchObject({ code: 'STAGING_DIFFERS' });
  });
});
