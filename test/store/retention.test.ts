import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { lessonWindow } from '../../roster/window.ts';
import { admitRun } from '../../store/admission.ts';
import { recordCommand } from '../../store/commands.ts';
import type { Transaction } from '../../store/database.ts';
import { openFindings, settleFindings } from '../../store/findings.ts';
import { purge } from '../../store/retention.ts';
import { endRun } from '../../store/runs.ts';
import { storeSnapshot } from '../../store/snapshots.ts';
import { beginStep, type RunRef } from '../../store/steps.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation, masterKeys } from '../support/organisation.ts';

const master = masterKeys();
const window = lessonWindow('2026-09-01T10:00:00Z', 14, 'Europe/Paris');
/** Days beyond what an organisation keeps until it says otherwise. */
const beyond = { snapshots: 31, history: 401 };

let database: TestDatabase;
let connection: Awaited<ReturnType<typeof makeOrganisation>>;

const inOrganisation = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
  database.db.organisation(connection.organisationId, work);

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  connection = await makeOrganisation(database.db);
});

/** A run with a snapshot, both so many days old; the run ends unless told otherwise. */
async function runOf(
  days: number,
  given: { cut?: boolean; working?: boolean; commandId?: string } = {},
): Promise<RunRef & { snapshotId: string }> {
  const { organisationId, connectionId } = connection;
  const run = { organisationId, connectionId, runId: randomUUID() };
  await inOrganisation((tx) =>
    admitRun(tx, {
      ...run,
      workflowId: 'w',
      kind: 'sync',
      trigger: 'person',
      planOnly: false,
      commandId: given.commandId ?? null,
    }),
  );
  const begun = await beginStep(database.db, run, 'fetch');
  if (begun.done) throw new Error('A new run has no step that is done.');
  const chunks = (async function* () {
    yield { part: 'page 1', mediaType: '', body: Buffer.from('said') };
    if (given.cut) throw new Error('cut');
  })();
  await storeSnapshot(database.db, master, begun.attempt, { scopes: [], window, chunks }).catch((error: Error) => {
    if (error.message !== 'cut') throw error;
  });
  if (!given.working) {
    await inOrganisation((tx) =>
      endRun(tx, run.runId, { state: 'completed', code: null, failedStep: null, summary: {} }),
    );
  }
  const age = [run.runId, days];
  const { snapshotId } = await inOrganisation((tx) =>
    tx.one<{ snapshotId: string }>(
      `update snapshot set created_at = created_at - $2 * interval '1 day' where run_id = $1
       returning snapshot_id as "snapshotId"`,
      age,
    ),
  );
  await inOrganisation((tx) =>
    tx.execute(`update run set ended_at = ended_at - $2 * interval '1 day' where run_id = $1`, age),
  );
  return { ...run, snapshotId };
}

/** A committed snapshot that is newer, as another worker could have stored it before the run was taken for lost. */
const newerSnapshotThan = (run: RunRef & { snapshotId: string }) =>
  inOrganisation((tx) =>
    tx.execute(
      `insert into snapshot (snapshot_id, organisation_id, connection_id, run_id, state, scopes, lesson_window, data_key_id)
       select gen_random_uuid(), organisation_id, connection_id, gen_random_uuid(), 'committed', scopes, lesson_window,
              data_key_id from snapshot where snapshot_id = $1`,
      [run.snapshotId],
    ),
  );

const snapshots = () =>
  inOrganisation(async (tx) => {
    const rows = await tx.query<{ snapshot_id: string }>('select snapshot_id from snapshot order by created_at');
    return rows.map((row) => row.snapshot_id);
  });
const runs = () =>
  inOrganisation(async (tx) => {
    const rows = await tx.query<{ run_id: string }>('select run_id from run order by number');
    return rows.map((row) => row.run_id);
  });
const purgeMine = () => purge(database.db, connection.organisationId);

describe('old snapshots', () => {
  it('go with their chunks, and the younger ones stay', async () => {
    const old = await runOf(beyond.snapshots);
    const kept = await runOf(29);
    const newest = await runOf(1);
    expect(await purgeMine()).toMatchObject({ snapshots: 1, runs: 0 });
    expect(await snapshots()).toEqual([kept.snapshotId, newest.snapshotId]);
    const left = await asSuperuser(database.url, (client) =>
      client.query('select 1 from snapshot_chunk where snapshot_id = $1', [old.snapshotId]),
    );
    expect(left.rows).toEqual([]);
  });

  it('stay when they are the newest of their connection, however old', async () => {
    await runOf(90);
    const newest = await runOf(60);
    await purgeMine();
    expect(await snapshots()).toEqual([newest.snapshotId]);
  });

  it('stay when only a read that did not finish is newer', async () => {
    const newest = await runOf(60);
    await runOf(50, { cut: true });
    expect(await purgeMine()).toMatchObject({ snapshots: 1 });
    expect(await snapshots()).toEqual([newest.snapshotId]);
  });

  it('stay while the run that fetched them is at work', async () => {
    const working = await runOf(60, { working: true });
    await newerSnapshotThan(working);
    expect(await purgeMine()).toMatchObject({ snapshots: 0 });
  });

  it('stay while another run at work reads them again', async () => {
    const old = await runOf(60);
    await runOf(1);
    const rerun = { ...old, runId: randomUUID() };
    await inOrganisation(async (tx) => {
      await admitRun(tx, {
        ...rerun,
        workflowId: 'w',
        kind: 'sync',
        trigger: 'retry',
        planOnly: true,
        commandId: null,
      });
      await tx.execute(`update run set source = 'snapshot', snapshot_id = $2 where run_id = $1`, [
        rerun.runId,
        old.snapshotId,
      ]);
    });
    expect(await purgeMine()).toMatchObject({ snapshots: 0 });
    await inOrganisation((tx) =>
      endRun(tx, rerun.runId, { state: 'completed', code: null, failedStep: null, summary: {} }),
    );
    expect(await purgeMine()).toMatchObject({ snapshots: 1 });
  });

  it('are kept as long as the organisation wants them', async () => {
    await runOf(10);
    await runOf(1);
    await inOrganisation((tx) => tx.execute('update organisation set keep_snapshots_days = 11'));
    expect(await purgeMine()).toMatchObject({ snapshots: 0 });
    await inOrganisation((tx) => tx.execute('update organisation set keep_snapshots_days = 9'));
    expect(await purgeMine()).toMatchObject({ snapshots: 1 });
  });
});

describe('a read that did not finish', () => {
  it('goes at once when its run has ended, and stays while its run is at work', async () => {
    await runOf(0, { cut: true });
    const working = await runOf(0, { cut: true, working: true });
    expect(await purgeMine()).toMatchObject({ snapshots: 1 });
    expect(await snapshots()).toEqual([working.snapshotId]);
  });
});

describe('history', () => {
  it('goes when it is old: runs with their steps, but never one at work', async () => {
    const old = await runOf(beyond.history);
    const kept = await runOf(399);
    const working = await runOf(0, { working: true });
    await inOrganisation((tx) =>
      tx.execute(`update run set started_at = started_at - interval '500 days' where run_id = $1`, [working.runId]),
    );
    expect(await purgeMine()).toMatchObject({ runs: 1 });
    expect(await runs()).toEqual([kept.runId, working.runId]);
    expect(await inOrganisation((tx) => tx.query('select 1 from run_step where run_id = $1', [old.runId]))).toEqual([]);
  });

  it('keeps a run as long as one that repeated it is kept', async () => {
    const failed = await runOf(beyond.history);
    const retry = await runOf(10);
    await inOrganisation((tx) =>
      tx.execute('update run set retry_of = $2 where run_id = $1', [retry.runId, failed.runId]),
    );
    expect(await purgeMine()).toMatchObject({ runs: 0 });
    expect(await runs()).toEqual([failed.runId, retry.runId]);
  });

  it('goes for findings closed long ago; open ones stay, however old', async () => {
    const { organisationId, connectionId } = connection;
    const run = { organisationId, connectionId, runId: randomUUID() };
    const finding = (syncKey: string) =>
      ({ code: 'PERSON_INCOMPLETE', kind: 'person', syncKey, detail: 'has no e-mail' }) as const;
    await inOrganisation(async (tx) => {
      await settleFindings(tx, run, 'validate', [finding('closed long ago'), finding('open')]);
      await settleFindings(tx, run, 'validate', [finding('open')]);
      await tx.execute(`update finding set opened_at = opened_at - interval '500 days',
        closed_at = closed_at - interval '401 days'`);
      await settleFindings(tx, run, 'dedupe', [finding('closed now')]);
      await settleFindings(tx, run, 'dedupe', []);
    });
    expect(await purgeMine()).toMatchObject({ findings: 1 });
    expect(await inOrganisation((tx) => openFindings(tx, connectionId))).toMatchObject([{ syncKey: 'open' }]);
    expect(await inOrganisation((tx) => tx.query('select sync_key from finding order by 1'))).toEqual([
      { sync_key: 'closed now' },
      { sync_key: 'open' },
    ]);
  });

  it('goes for people of whom nothing was said for so long, no lesson names and the target does not have', async () => {
    const { organisationId, connectionId } = connection;
    const recent = await runOf(1);
    const records: readonly (readonly [
      kind: string,
      key: string,
      firstSeenDays: number,
      changedRun: string,
      people: string[],
    ])[] = [
      ['person', 'forgotten', 401, randomUUID(), []],
      ['person', 'named by a lesson', 401, randomUUID(), []],
      ['person', 'at the target', 401, randomUUID(), []],
      ['person', 'changed since', 401, recent.runId, []],
      ['person', 'new', 1, randomUUID(), []],
      ['lesson', 'a lesson', 401, randomUUID(), ['named by a lesson']],
    ];
    await asSuperuser(database.url, async (client) => {
      for (const [kind, key, days, changedRun, people] of records)
        await client.query(
          `insert into record (connection_id, organisation_id, kind, sync_key, standing, first_run, first_seen_at, changed_run, people, starts_at)
           values ($1, $2, $3, $4, 'valid', $5, clock_timestamp() - $6 * interval '1 day', $5, $7, case $3 when 'lesson' then now() end)`,
          [connectionId, organisationId, kind, key, changedRun, days, people],
        );
      await client.query(
        `with o as (insert into target_object (organisation_id, account_id, kind, target_id, created_run, changed_run)
           select organisation_id, target_account_id, 'learner', 't1', $2, $2 from connection where connection_id = $1 returning *)
         insert into link (organisation_id, connection_id, kind, sync_key, target_object_id)
         select organisation_id, $1, 'learner', 'at the target', target_object_id from o`,
        [connectionId, recent.runId],
      );
    });
    await purgeMine();
    const kept = await inOrganisation((tx) =>
      tx.query<{ key: string }>('select sync_key as key from record order by 1'),
    );
    expect(kept.map(({ key }) => key)).toEqual([
      'a lesson',
      'at the target',
      'changed since',
      'named by a lesson',
      'new',
    ]);
  });

  it('keeps an audit row as long as the run it asked for', async () => {
    const command = () =>
      inOrganisation(async (tx) => {
        const id = await recordCommand(tx, {
          organisationId: connection.organisationId,
          action: 'sync',
          actor: 'somebody',
          role: 'operator',
          reason: '',
        });
        await tx.execute(`update command set created_at = created_at - interval '401 days' where command_id = $1`, [
          id,
        ]);
        return id;
      });
    const asked = await command();
    await command();
    await runOf(10, { commandId: asked });
    expect(await purgeMine()).toMatchObject({ commands: 1, runs: 0 });
    expect(await inOrganisation((tx) => tx.query('select command_id from command'))).toEqual([{ command_id: asked }]);
  });

  it('of another organisation is never touched', async () => {
    const theirs = connection;
    await runOf(beyond.history);
    await runOf(beyond.history - 1);
    const before = { snapshots: await snapshots(), runs: await runs() };
    expect(before.snapshots).toHaveLength(2);
    connection = await makeOrganisation(database.db);
    await runOf(beyond.history);
    await runOf(1);
    expect(await purgeMine()).toEqual({ snapshots: 1, runs: 1, findings: 0, commands: 0 });
    connection = theirs;
    expect({ snapshots: await snapshots(), runs: await runs() }).toEqual(before);
  });
});
