import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, inject, it, type TestContext } from 'vitest';
import { freePort } from '../../local/free-port.ts';
import { startPostgres } from '../../local/postgres.ts';
import { startTemporal } from '../../local/temporal-server-process.ts';
import { searchAttributes } from '../../roster/search-attributes.ts';
import { Database } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { stepNames } from '../../store/steps.ts';
import { SchoolDay, until } from '../support/school-day.ts';
import { StepGate } from '../support/step-gate.ts';

/** A world of one test, put away when the test has ended; everything here runs at the same time. */
async function openDay(test: TestContext, options: Parameters<typeof SchoolDay.open>[0] = {}): Promise<SchoolDay> {
  const day = await SchoolDay.open(options);
  test.onTestFinished(() => day.close());
  return day;
}

async function temporaryFolder(test: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-crash-'));
  test.onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

// Polls that a frozen worker left open swallow several tasks, ten seconds each, before they expire.
const frozenTestMs = 240_000;

/** Edusign takes the next create in, but makes the lesson and answers only so much later, whoever still waits. */
function delayNextCreate(day: SchoolDay, ms: number): Promise<void> {
  const match = { method: 'POST', path: '/v1/course' };
  return day.control('edusign', 'faults', { match, fault: 'commit-late', ms, count: 1 });
}

/** A create has reached Edusign and is waiting there. */
function createIsUnderWay(day: SchoolDay): Promise<true> {
  return until(async () => {
    const journal = await day.journal('edusign');
    return journal.some(({ method, path }) => method === 'POST' && path === '/v1/course') || undefined;
  });
}

async function expectOneLesson(day: SchoolDay): Promise<void> {
  expect(await day.courses()).toHaveLength(1);
  const before = (await day.journal('edusign')).length;
  expect(await day.sync()).toMatchObject({ state: 'completed' });
  const writes = (await day.journal('edusign')).slice(before).filter(({ method }) => method !== 'GET');
  expect(writes).toEqual([]);
  expect(await day.courses()).toHaveLength(1);
}

describe.concurrent('a worker that dies while the target is slow to create', () => {
  it('leaves exactly one lesson after SIGKILL', async (test) => {
    const day = await openDay(test, { requestTimeoutMs: 2_000 });
    const worker = await day.worker();
    await delayNextCreate(day, 1_500);
    const started = await day.startSync();
    await createIsUnderWay(day);
    await worker.kill();
    await day.worker();
    expect(await day.endOf(started)).toMatchObject({ state: 'completed' });
    await expectOneLesson(day);
  });

  it(
    'leaves exactly one lesson when it is frozen with the request in hand and wakes up later',
    async (test) => {
      const day = await openDay(test, { requestTimeoutMs: 2_000 });
      const frozen = await day.worker();
      await delayNextCreate(day, 1_000);
      const started = await day.startSync();
      await createIsUnderWay(day);
      frozen.freeze();
      await day.worker();
      expect(await day.endOf(started)).toMatchObject({ state: 'completed' });
      frozen.wake();
      await until(() => frozen.lines.some((line) => /step (failed|cancelled)/.test(line)) || undefined);
      await expectOneLesson(day);
    },
    frozenTestMs,
  );

  it(
    'leaves exactly one lesson when it is frozen just before it sends',
    async (test) => {
      const day = await openDay(test, { requestTimeoutMs: 1_000 });
      const frozen = await day.worker();
      // The account's rate makes the request wait after the change was marked as sending.
      await day.database.db.organisation(day.connection.organisationId, (tx) =>
        tx.execute(
          `update account_rate set per_minute = 60, next_at = clock_timestamp() + interval '3 seconds' where rate_class = 'normal'`,
        ),
      );
      const started = await day.startSync();
      await until(async () => {
        const rows = await day.database.db.organisation(day.connection.organisationId, (tx) =>
          tx.query(`select 1 from change where kind = 'lesson' and state = 'sending'`),
        );
        return rows.length > 0 || undefined;
      });
      frozen.freeze();
      await day.worker();
      expect(await day.endOf(started)).toMatchObject({ state: 'completed' });
      frozen.wake();
      await until(() => frozen.lines.some((line) => /step (failed|cancelled)/.test(line)) || undefined);
      await expectOneLesson(day);
    },
    frozenTestMs,
  );
});

describe.concurrent('a worker that is killed between two steps', () => {
  for (const step of stepNames.filter((name) => name !== 'admit')) {
    it(`goes on at ${step} with nothing lost or doubled`, async (test) => {
      const day = await openDay(test);
      const gate = await StepGate.close(day.database, step);
      const worker = await day.worker();
      const started = await day.startSync();
      await gate.reached();
      await worker.kill();
      await gate.open();
      await day.worker();
      expect(await day.endOf(started)).toMatchObject({ state: 'completed' });
      await expectOneLesson(day);
    });
  }
});

describe.concurrent('servers that go away', () => {
  it('survives a restart of Temporal in the middle of a run', async (test) => {
    const folder = await temporaryFolder(test);
    const server = {
      binary: inject('temporalBinary'),
      port: await freePort(),
      dbFile: join(folder, 'temporal.db'),
      logFile: join(folder, 'temporal.log'),
      searchAttributes: Object.values(searchAttributes),
    };
    const first = await startTemporal(server);
    const day = await openDay(test, { temporalAddress: first.address });
    const gate = await StepGate.close(day.database, 'plan');
    await day.worker();
    const started = await day.startSync();
    await gate.reached();
    await first.stop();
    const second = await startTemporal(server);
    test.onTestFinished(() => second.stop());
    await gate.open();
    expect(await day.endOf(started)).toMatchObject({ state: 'completed' });
    await expectOneLesson(day);
  });

  it('loads staging again that an immediate stop of PostgreSQL emptied', async (test) => {
    const folder = await temporaryFolder(test);
    const server = { dataDir: join(folder, 'data'), port: await freePort(), logFile: join(folder, 'postgres.log') };
    const first = await startPostgres(server);
    await migrate(first.url);
    const db = new Database(first.url);
    const day = await openDay(test, { database: { url: first.url, db, drop: () => db.close() } });
    const gate = await StepGate.close(day.database, 'plan');
    await day.worker();
    const started = await day.startSync();
    await gate.reached();
    await first.crash();
    const second = await startPostgres(server);
    test.onTestFinished(() => second.stop());
    await gate.open();
    const run = await day.endOf(started);
    expect(run).toMatchObject({ state: 'completed' });
    await expectOneLesson(day);
  });
});
