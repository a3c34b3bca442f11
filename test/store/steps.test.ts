import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { admitRun } from '../../store/admission.ts';
import type { Transaction } from '../../store/database.ts';
import { endRun, listSteps } from '../../store/runs.ts';
import { type Attempt, beginStep, finishStep, guard, noteProgress, type RunRef } from '../../store/steps.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';

let database: TestDatabase;
let run: RunRef;

const inOrganisation = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
  database.db.organisation(run.organisationId, work);
const superseded = expect.objectContaining({ code: 'ATTEMPT_SUPERSEDED' });

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  const { organisationId, connectionId } = await makeOrganisation(database.db);
  run = { organisationId, connectionId, runId: randomUUID() };
  await inOrganisation((tx) =>
    admitRun(tx, { ...run, workflowId: 'w', kind: 'sync', trigger: 'person', planOnly: false, commandId: null }),
  );
});

async function begin(): Promise<Attempt> {
  const begun = await beginStep(database.db, run, 'plan');
  if (begun.done) throw new Error('The step was done already.');
  return begun.attempt;
}

const endNow = () =>
  inOrganisation((tx) =>
    endRun(tx, run.runId, { state: 'cancelled', code: 'RUN_CANCELLED', failedStep: null, summary: {} }),
  );

/** Something a step writes beside its result, to see whether it was kept. */
const renameTo = (tx: Transaction, name: string) =>
  tx.execute('update connection set name = $2 where connection_id = $1', [run.connectionId, name]);
const name = () =>
  inOrganisation(async (tx) => {
    const row = await tx.one<{ name: string }>('select name from connection where connection_id = $1', [
      run.connectionId,
    ]);
    return row.name;
  });

describe('a step', () => {
  it('that is done gives its counts again, to every later attempt', async () => {
    const attempt = await begin();
    await inOrganisation((tx) => finishStep(tx, attempt, { planned: 3 }));
    expect(await beginStep(database.db, run, 'plan')).toEqual({ done: true, counts: { planned: 3 } });
    expect(await beginStep(database.db, run, 'plan')).toEqual({ done: true, counts: { planned: 3 } });
    expect(await listSteps(database.db, run)).toMatchObject([{ step: 'plan', state: 'done', attempts: 1 }]);
  });

  it('that is done is not done again by the attempt that did it', async () => {
    const attempt = await begin();
    await inOrganisation((tx) => finishStep(tx, attempt, { planned: 3 }));
    await expect(inOrganisation((tx) => finishStep(tx, attempt, { planned: 4 }))).rejects.toEqual(superseded);
    expect(await beginStep(database.db, run, 'plan')).toEqual({ done: true, counts: { planned: 3 } });
  });

  it('goes to the newest attempt: nothing of an older one’s transaction is kept', async () => {
    const older = await begin();
    const newer = await begin();
    const late = inOrganisation(async (tx) => {
      await renameTo(tx, 'written by a worker that was thought dead');
      await finishStep(tx, older, { planned: 99 });
    });
    await expect(late).rejects.toEqual(superseded);
    expect(await name()).toBe('Timetable');
    await inOrganisation((tx) => finishStep(tx, newer, { planned: 1 }));
    expect(await listSteps(database.db, run)).toMatchObject([{ attempts: 2, counts: { planned: 1 } }]);
  });

  it('goes to exactly one of many attempts that begin at once', async () => {
    const attempts = await Promise.all(Array.from({ length: 6 }, begin));
    const ends = await Promise.allSettled(
      attempts.map((attempt) => inOrganisation((tx) => finishStep(tx, attempt, {}))),
    );
    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toEqual(superseded);
  });

  it('is not taken over while its holder commits: the newer attempt waits, and finds it done', async () => {
    const attempt = await begin();
    const order: string[] = [];
    let later: Promise<void> | undefined;
    await inOrganisation(async (tx) => {
      await finishStep(tx, attempt, { planned: 5 });
      later = beginStep(database.db, run, 'plan').then((begun) => {
        order.push('the newer attempt');
        expect(begun).toEqual({ done: true, counts: { planned: 5 } });
      });
      await waitsForLock(tx);
      order.push('the commit');
    });
    await later;
    expect(order).toEqual(['the commit', 'the newer attempt']);
  });

  it.each([
    ['a newer attempt', async () => void (await begin())],
    ['the end of the run', () => endNow()],
  ])('that writes a part of its work is not overtaken by %s before it commits', async (_, overtake) => {
    const attempt = await begin();
    const order: string[] = [];
    let later: Promise<void> | undefined;
    await inOrganisation(async (tx) => {
      await guard(tx, attempt);
      later = overtake().then(() => void order.push('the other'));
      await waitsForLock(tx);
      order.push('the commit');
    });
    await later;
    expect(order).toEqual(['the commit', 'the other']);
    await expect(inOrganisation((tx) => guard(tx, attempt))).rejects.toEqual(superseded);
  });

  it('of a run that has ended refuses to write', async () => {
    const attempt = await begin();
    await endNow();
    const late = inOrganisation(async (tx) => {
      await renameTo(tx, 'written after the end');
      await guard(tx, attempt);
    });
    await expect(late).rejects.toEqual(superseded);
    expect(await name()).toBe('Timetable');
    await expect(inOrganisation((tx) => finishStep(tx, attempt, {}))).rejects.toEqual(superseded);
  });

  it('is no other step’s and no other run’s', async () => {
    const attempt = await begin();
    await beginStep(database.db, run, 'fetch');
    for (const wrong of [
      { ...attempt, step: 'fetch' as const },
      { ...attempt, run: { ...run, runId: randomUUID() } },
      { ...attempt, token: randomUUID() },
    ]) {
      await expect(inOrganisation((tx) => guard(tx, wrong))).rejects.toEqual(superseded);
    }
    await expect(inOrganisation((tx) => guard(tx, attempt))).resolves.toBeUndefined();
  });

  it('shows its progress, and an older attempt does not', async () => {
    const older = await begin();
    await inOrganisation((tx) => noteProgress(tx, older, { applied: 1 }));
    expect(await listSteps(database.db, run)).toMatchObject([{ state: 'working', counts: { applied: 1 } }]);
    const newer = await begin();
    await inOrganisation((tx) => noteProgress(tx, newer, { applied: 2 }));
    await inOrganisation((tx) => noteProgress(tx, older, { applied: 99 }));
    expect(await listSteps(database.db, run)).toMatchObject([{ counts: { applied: 2 } }]);
  });
});

/** Waits until another session of this database stands before a lock. */
async function waitsForLock(tx: Transaction): Promise<void> {
  await vi.waitFor(
    async () => {
      const waiting = await tx.query(
        `select 1 from pg_locks l join pg_stat_activity a using (pid) where not l.granted and a.datname = current_database()`,
      );
      expect(waiting).not.toEqual([]);
    },
    { timeout: 5_000 },
  );
}
