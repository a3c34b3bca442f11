import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RawChunk } from '../../roster/contracts.ts';
import { lessonWindow } from '../../roster/window.ts';
import { admitRun } from '../../store/admission.ts';
import type { Transaction } from '../../store/database.ts';
import { endRun } from '../../store/runs.ts';
import { readSnapshot, snapshotOf, storeSnapshot } from '../../store/snapshots.ts';
import { type Attempt, beginStep, type RunRef } from '../../store/steps.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation, masterKeys } from '../support/organisation.ts';

const mebibyte = 1024 * 1024;
const master = masterKeys();
const window = lessonWindow('2026-09-01T10:00:00Z', 14, 'Europe/Paris');
const scopes = [{ kind: 'lesson', coverage: 'window' }] as const;

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

/** A new run in its fetch step; the one before has ended. */
async function fetching(): Promise<{ run: RunRef; attempt: Attempt }> {
  const { organisationId, connectionId } = connection;
  const run = { organisationId, connectionId, runId: randomUUID() };
  await inOrganisation(async (tx) => {
    const working = await tx.query<{ run_id: string }>(`select run_id from run where state = 'working'`);
    for (const { run_id } of working) {
      await endRun(tx, run_id, { state: 'completed', code: null, failedStep: null, summary: {} });
    }
    await admitRun(tx, { ...run, workflowId: 'w', kind: 'sync', trigger: 'person', planOnly: false, commandId: null });
  });
  return { run, attempt: await attemptOf(run) };
}

async function attemptOf(run: RunRef): Promise<Attempt> {
  const begun = await beginStep(database.db, run, 'fetch');
  if (begun.done) throw new Error('The step was done already.');
  return begun.attempt;
}

async function* each(chunks: readonly RawChunk[]): AsyncGenerator<RawChunk> {
  yield* chunks;
}

const store = (attempt: Attempt, chunks: AsyncIterable<RawChunk>) =>
  storeSnapshot(database.db, master, attempt, { scopes, window, chunks });

/** What is read back, with the pieces of one part that follow each other put together again. */
async function readBack(run: RunRef): Promise<RawChunk[]> {
  const parts: RawChunk[] = [];
  for await (const chunk of readSnapshot(database.db, master, run)) {
    const last = parts.at(-1);
    if (last !== undefined && last.part === chunk.part && last.mediaType === chunk.mediaType) {
      parts[parts.length - 1] = { ...last, body: Buffer.concat([last.body, chunk.body]) };
    } else parts.push(chunk);
  }
  return parts;
}

const page = (part: string, body: Uint8Array | string): RawChunk => ({
  part,
  mediaType: 'application/json; charset=utf-8',
  body: Buffer.from(body),
});

const digestible = (chunks: readonly RawChunk[]) =>
  chunks.map(({ part, mediaType, body }) => ({ part, mediaType, body: Buffer.from(body).toString('base64') }));

describe('a snapshot', () => {
  it('gives back exactly what the source said, whatever it was', async () => {
    const chunk = fc.record({
      mediaType: fc.constantFrom('', 'application/json', 'text/xml; charset=windows-1252'),
      body: fc.uint8Array({ maxLength: 2_000 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(chunk, { maxLength: 5 }), async (said) => {
        const chunks = said.map((one, index) => ({ ...one, part: `page ${index}` }));
        const { run, attempt } = await fetching();
        await store(attempt, each(chunks));
        expect(digestible(await readBack(run))).toEqual(digestible(chunks));
      }),
      { numRuns: 25 },
    );
  });

  it.each([
    ['nothing', 0, 1],
    ['one byte', 1, 1],
    ['exactly a MiB', mebibyte, 1],
    ['a MiB and a byte', mebibyte + 1, 2],
    ['two and a half MiB', 2.5 * mebibyte, 3],
  ])('of a body of %s is cut into chunks of a MiB at the most, and comes back whole', async (_, bytes, chunks) => {
    const said = page('page 1', randomBytes(bytes));
    const { run, attempt } = await fetching();
    expect(await store(attempt, each([said]))).toMatchObject({ chunks, bytes });
    const sizes = [];
    for await (const chunk of readSnapshot(database.db, master, run)) sizes.push(chunk.body.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(mebibyte);
    expect(digestible(await readBack(run))).toEqual(digestible([said]));
  });

  it('of a source that said nothing at all is read as nothing', async () => {
    const { run, attempt } = await fetching();
    expect(await store(attempt, each([]))).toMatchObject({ chunks: 0, bytes: 0 });
    expect(await readBack(run)).toEqual([]);
  });

  it('keeps the order of the source beyond ten chunks', async () => {
    const said = Array.from({ length: 23 }, (_, index) => page(`page ${index}`, String(index)));
    const { run, attempt } = await fetching();
    await store(attempt, each(said));
    expect(digestible(await readBack(run))).toEqual(digestible(said));
  });

  it('is done with its step: the window and counts are in the store', async () => {
    const { run, attempt } = await fetching();
    const { snapshotId } = await store(attempt, each([page('page 1', '[]')]));
    expect(await snapshotOf(database.db, run)).toMatchObject({ snapshotId, chunks: 1, window });
    expect(await beginStep(database.db, run, 'fetch')).toEqual({ done: true, counts: { chunks: 1, bytes: 2 } });
  });

  it('is nowhere in the database as plain text, and not even compressed in the clear', async () => {
    const { attempt } = await fetching();
    const secret = 'Protected Identity '.repeat(50);
    // Past the header, which is the same in every stream.
    const compressed = gzipSync(secret, { level: 1 }).subarray(10);
    await store(attempt, each([page('page 1', secret)]));
    const { rows } = await asSuperuser(database.url, (client) =>
      client.query<{ sealed: Buffer; row: string }>('select sealed, s::text as row from snapshot_chunk s'),
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { sealed, row } of rows) {
      expect(sealed.includes('Protected')).toBe(false);
      expect(row).not.toContain(Buffer.from('Protected').toString('hex'));
      expect(sealed.includes(compressed)).toBe(false);
    }
  });

  it('does not open with a chunk put in another one’s place', async () => {
    const { run, attempt } = await fetching();
    const { snapshotId } = await store(attempt, each([page('page 1', 'one'), page('page 2', 'two')]));
    await inOrganisation((tx) =>
      tx.execute(
        `update snapshot_chunk c set sealed = o.sealed from snapshot_chunk o
          where c.snapshot_id = $1 and o.snapshot_id = $1 and c.chunk = 0 and o.chunk = 1`,
        [snapshotId],
      ),
    );
    await expect(readBack(run)).rejects.toMatchObject({ code: 'KEY_MISSING' });
  });

  it('that lost a chunk is an error, never a shorter answer', async () => {
    const { run, attempt } = await fetching();
    const { snapshotId } = await store(attempt, each([page('page 1', 'one'), page('page 2', 'two')]));
    await inOrganisation((tx) =>
      tx.execute('delete from snapshot_chunk where snapshot_id = $1 and chunk = 1', [snapshotId]),
    );
    await expect(readBack(run)).rejects.toThrow('Chunk 1 of a committed snapshot is missing.');
  });

  it('is read by its own organisation only', async () => {
    const { run, attempt } = await fetching();
    await store(attempt, each([page('page 1', 'one')]));
    const other = await makeOrganisation(database.db);
    await expect(readBack({ ...run, organisationId: other.organisationId })).rejects.toMatchObject({
      code: 'INTERNAL',
    });
  });
});

describe('a read that was not complete', () => {
  async function* cutAfter(chunks: readonly RawChunk[]): AsyncGenerator<RawChunk> {
    yield* chunks;
    throw new Error('the line was cut');
  }

  it('never becomes a snapshot: what came before the cut is not read', async () => {
    const { run, attempt } = await fetching();
    await expect(store(attempt, cutAfter([page('page 1', 'one')]))).rejects.toThrow('the line was cut');
    await expect(snapshotOf(database.db, run)).rejects.toMatchObject({ code: 'INTERNAL' });
    await expect(readBack(run)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect(await inOrganisation((tx) => tx.query('select state from snapshot'))).toEqual([{ state: 'reading' }]);
  });

  it('is not read even when the run is made to point at it', async () => {
    const { run, attempt } = await fetching();
    await expect(store(attempt, cutAfter([page('page 1', 'one')]))).rejects.toThrow('the line was cut');
    await inOrganisation((tx) =>
      tx.execute('update run set snapshot_id = (select snapshot_id from snapshot) where run_id = $1', [run.runId]),
    );
    await expect(readBack(run)).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  it('leaves the next attempt a clean start', async () => {
    const { run, attempt } = await fetching();
    await expect(store(attempt, cutAfter([page('page 1', 'one')]))).rejects.toThrow('the line was cut');
    await store(await attemptOf(run), each([page('page 1', 'two')]));
    expect(digestible(await readBack(run))).toEqual(digestible([page('page 1', 'two')]));
  });

  it('is given up at the next chunk when a newer attempt has begun', async () => {
    const { run, attempt } = await fetching();
    let yielded = 0;
    const slow = async function* (): AsyncGenerator<RawChunk> {
      for (const text of ['one', 'two', 'three']) {
        yielded += 1;
        if (text === 'two') await attemptOf(run);
        yield page('page 1', text);
      }
    };
    await expect(store(attempt, slow())).rejects.toMatchObject({ code: 'ATTEMPT_SUPERSEDED' });
    expect(yielded).toBe(2);
    await expect(readBack(run)).rejects.toMatchObject({ code: 'INTERNAL' });
  });
});
