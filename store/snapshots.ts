import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { RawChunk, Scope } from '../roster/contracts.ts';
import { RollcallError } from '../roster/errors.ts';
import type { Window } from '../roster/window.ts';
import { type DataKey, openingKey, sealingKey } from './data-keys.ts';
import type { Database } from './database.ts';
import { type MasterKeys, open, seal } from './envelope.ts';
import { type Attempt, finishStep, guard, type RunRef } from './steps.ts';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Chunks are cut to this size, so that one row never holds a whole file. */
const chunkBytes = 1024 * 1024;

const context = (snapshotId: string, chunk: number) => `snapshot:${snapshotId}:${chunk}`;

/**
 * Stores what a source says while it says it: each chunk is compressed, sealed and committed by itself. Only when the
 * read was complete does the snapshot become one; until then nothing ever reads it.
 */
export async function storeSnapshot(
  db: Database,
  master: MasterKeys,
  attempt: Attempt,
  what: { scopes: readonly Scope[]; window: Window; chunks: AsyncIterable<RawChunk> },
): Promise<{ snapshotId: string; chunks: number; bytes: number }> {
  const { run } = attempt;
  const snapshotId = randomUUID();
  const key = await db.organisation(run.organisationId, async (tx) => {
    const newest = await sealingKey(tx, master, run.organisationId);
    await tx.execute(
      `insert into snapshot (snapshot_id, organisation_id, connection_id, run_id, state, scopes, lesson_window, data_key_id)
       values ($1, $2, $3, $4, 'reading', $5, $6, $7)`,
      [
        snapshotId,
        run.organisationId,
        run.connectionId,
        run.runId,
        JSON.stringify(what.scopes),
        what.window,
        newest.id,
      ],
    );
    return newest;
  });
  let chunks = 0;
  let bytes = 0;
  for await (const { part, mediaType, body } of what.chunks) {
    for (let start = 0; start === 0 || start < body.length; start += chunkBytes) {
      const piece = body.subarray(start, start + chunkBytes);
      await storeChunk(db, attempt, key, { snapshotId, chunk: chunks, part, mediaType, piece });
      chunks += 1;
      bytes += piece.length;
    }
  }
  await db.organisation(run.organisationId, async (tx) => {
    await tx.execute(`update snapshot set state = 'committed', chunks = $2, bytes = $3 where snapshot_id = $1`, [
      snapshotId,
      chunks,
      bytes,
    ]);
    await tx.execute('update run set snapshot_id = $2 where run_id = $1', [run.runId, snapshotId]);
    await finishStep(tx, attempt, { chunks, bytes });
  });
  return { snapshotId, chunks, bytes };
}

async function storeChunk(
  db: Database,
  attempt: Attempt,
  key: DataKey,
  row: { snapshotId: string; chunk: number; part: string; mediaType: string; piece: Uint8Array },
): Promise<void> {
  const sealed = seal(key.bytes, await compress(row.piece, { level: 1 }), context(row.snapshotId, row.chunk));
  await db.organisation(attempt.run.organisationId, async (tx) => {
    await tx.execute(
      `insert into snapshot_chunk (snapshot_id, organisation_id, chunk, part, media_type, sealed)
       values ($1, $2, $3, $4, $5, $6)`,
      [row.snapshotId, attempt.run.organisationId, row.chunk, row.part, row.mediaType, sealed],
    );
    await guard(tx, attempt);
  });
}

/** The snapshot of a run: which one, and the window it covers. */
export async function snapshotOf(
  db: Database,
  run: RunRef,
): Promise<{ snapshotId: string; chunks: number; window: Window; dataKeyId: string }> {
  return db.organisation(run.organisationId, (tx) =>
    tx.one(
      `select s.snapshot_id as "snapshotId", s.chunks, s.lesson_window as window, s.data_key_id as "dataKeyId"
         from run r join snapshot s on s.snapshot_id = r.snapshot_id
        where r.run_id = $1 and s.state = 'committed'`,
      [run.runId],
    ),
  );
}

/** Reads a committed snapshot back, chunk by chunk, exactly as it came. */
export async function* readSnapshot(db: Database, master: MasterKeys, run: RunRef): AsyncGenerator<RawChunk> {
  const { snapshotId, chunks, dataKeyId } = await snapshotOf(db, run);
  const key = await db.organisation(run.organisationId, (tx) => openingKey(tx, master, dataKeyId));
  for (let chunk = 0; chunk < chunks; chunk += 1) {
    const [row] = await db.organisation(run.organisationId, (tx) =>
      tx.query<{ part: string; media_type: string; sealed: Buffer }>(
        'select part, media_type, sealed from snapshot_chunk where snapshot_id = $1 and chunk = $2',
        [snapshotId, chunk],
      ),
    );
    if (row === undefined) throw new RollcallError('INTERNAL', `Chunk ${chunk} of a committed snapshot is missing.`);
    const body = await decompress(open(key.bytes, row.sealed, context(snapshotId, chunk)));
    yield { part: row.part, mediaType: row.media_type, body };
  }
}
