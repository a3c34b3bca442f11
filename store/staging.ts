import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { from as copyFrom } from 'pg-copy-streams';
import { RollcallError } from '../roster/errors.ts';
import type { Role, Standing } from '../roster/records.ts';
import type { Transaction } from './database.ts';

/** Rows of schema `load`, as the validate step writes them. Column order is the order of the tables. */
export interface StagedPerson {
  readonly syncKey: string;
  readonly school: string;
  readonly standing: Standing;
  readonly givenName: string;
  readonly familyName: string;
  readonly email: string;
  readonly phone: string;
  readonly username: string;
  readonly line: number;
}

export interface StagedGroup {
  readonly syncKey: string;
  readonly school: string;
  readonly standing: Standing;
  readonly title: string;
  readonly parentKey: string;
  readonly type: string;
  readonly line: number;
}

export interface StagedMembership {
  readonly parentKind: 'group' | 'lesson';
  readonly parentKey: string;
  readonly personKey: string;
  readonly role: Role;
  readonly standing: Standing;
  readonly position: number;
}

export interface StagedLesson {
  readonly syncKey: string;
  readonly school: string;
  readonly standing: Standing;
  readonly sourceId: string;
  readonly localDate: string;
  readonly title: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly room: string;
  readonly line: number;
}

interface StagedRows {
  person: StagedPerson;
  group: StagedGroup;
  membership: StagedMembership;
  lesson: StagedLesson;
}

export type StagedKind = keyof StagedRows;

/** The columns of a kind in copy order, and how a row fills them. */
const columns: { [Kind in StagedKind]: { names: string; values: (row: StagedRows[Kind]) => (string | number)[] } } = {
  person: {
    names: 'sync_key, school, standing, given_name, family_name, email, phone, username, line',
    values: (r) => [r.syncKey, r.school, r.standing, r.givenName, r.familyName, r.email, r.phone, r.username, r.line],
  },
  group: {
    names: 'sync_key, school, standing, title, parent_key, type, line',
    values: (r) => [r.syncKey, r.school, r.standing, r.title, r.parentKey, r.type, r.line],
  },
  membership: {
    names: 'parent_kind, parent_key, person_key, role, standing, position',
    values: (r) => [r.parentKind, r.parentKey, r.personKey, r.role, r.standing, r.position],
  },
  lesson: {
    names: 'sync_key, school, standing, source_id, local_date, title, starts_at, ends_at, room, line',
    values: (r) => [
      r.syncKey,
      r.school,
      r.standing,
      r.sourceId,
      r.localDate,
      r.title,
      r.startsAt,
      r.endsAt,
      r.room,
      r.line,
    ],
  },
};

/** What one COPY put into staging. */
export interface Loaded {
  readonly rows: number;
  /** SHA-256 of the copied lines, without the run. */
  readonly digest: string;
}

/** Copies rows of one kind into staging. Runs in the loader's transaction; nothing is seen before it commits. */
export async function stage<Kind extends StagedKind>(
  tx: Transaction,
  runId: string,
  kind: Kind,
  rows: Iterable<StagedRows[Kind]> | AsyncIterable<StagedRows[Kind]>,
): Promise<Loaded> {
  const { names, values } = columns[kind];
  const hash = createHash('sha256');
  let count = 0;
  async function* blocks(): AsyncGenerator<string> {
    let block = '';
    for await (const row of rows) {
      block += `${runId}\t${values(row).map(copyText).join('\t')}\n`;
      count += 1;
      if (block.length > 64 * 1024) {
        hash.update(block.replaceAll(`${runId}\t`, ''));
        yield block;
        block = '';
      }
    }
    hash.update(block.replaceAll(`${runId}\t`, ''));
    if (block !== '') yield block;
  }
  const copy = tx.client.query(copyFrom(`copy load.${kind} (run_id, ${names}) from stdin`));
  await pipeline(Readable.from(blocks()), copy);
  return { rows: count, digest: hash.digest('hex') };
}

const special = /[\\\t\n\r\0]/g;
const escapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r', '\0': '' };

// PostgreSQL's COPY text format. NUL cannot be stored in text; it is dropped here and nowhere else.
function copyText(value: string | number): string {
  if (typeof value === 'number') return String(value);
  return value.replace(special, (character) => escapes[character] ?? '');
}

/**
 * Notes what a load put into staging. A reload of the same snapshot must give the same digest: anything else is a fault
 * of ours, told as `STAGING_DIFFERS`.
 */
export async function writeManifest(
  tx: Transaction,
  run: { runId: string; organisationId: string },
  loaded: ReadonlyMap<StagedKind, Loaded>,
): Promise<void> {
  for (const [kind, { rows, digest }] of loaded) {
    const [known] = await tx.query<{ digest: string }>(
      'select digest from load_manifest where run_id = $1 and kind = $2',
      [run.runId, kind],
    );
    if (known === undefined) {
      await tx.execute(
        'insert into load_manifest (run_id, organisation_id, kind, rows, digest) values ($1, $2, $3, $4, $5)',
        [run.runId, run.organisationId, kind, rows, digest],
      );
    } else if (known.digest !== digest) {
      throw new RollcallError('STAGING_DIFFERS', `Loading the snapshot again gave other ${kind} rows.`);
    } else {
      await tx.execute('update load_manifest set rows = $3 where run_id = $1 and kind = $2', [run.runId, kind, rows]);
    }
  }
}

/** Whether staging still holds what the manifest of this run says: a crash of PostgreSQL empties it. */
export async function stagingIsWhole(tx: Transaction, runId: string): Promise<boolean> {
  const manifest = await tx.query<{ kind: StagedKind; rows: number }>(
    'select kind, rows from load_manifest where run_id = $1',
    [runId],
  );
  if (manifest.length === 0) return false;
  for (const { kind, rows } of manifest) {
    const { count } = await tx.one<{ count: number }>(`select count(*) from load.${kind} where run_id = $1`, [runId]);
    if (count !== rows) return false;
  }
  return true;
}

/** Empties staging of one run: before a reload, and once a run has ended. */
export async function clearStaging(tx: Transaction, runId: string): Promise<void> {
  for (const kind of Object.keys(columns)) {
    await tx.execute(`delete from load.${kind} where run_id = $1`, [runId]);
  }
}
