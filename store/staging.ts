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
  /** Identity is protected. */
  readonly protected?: boolean;
}

export interface StagedGroup {
  readonly syncKey: string;
  readonly school: string;
  readonly standing: Standing;
  readonly title: string;
  readonly parentKey: string;
  readonly type: string;
  readonly line: number;
  readonly description?: string;
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
  readonly createdOn: string | null;
  readonly title: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly room: string;
  readonly line: number;
}

export interface StagedLessonGroup {
  readonly lessonKey: string;
  readonly groupKey: string;
}

interface StagedRows {
  person: StagedPerson;
  group: StagedGroup;
  membership: StagedMembership;
  lesson: StagedLesson;
  lesson_group: StagedLessonGroup;
}

export type StagedKind = keyof StagedRows;

/** The columns of a kind in copy order, and how a row becomes a line of PostgreSQL's COPY text format. */
const lines: { [Kind in StagedKind]: { columns: string; line: (row: StagedRows[Kind]) => string } } = {
  person: {
    columns: 'sync_key, school, standing, given_name, family_name, email, phone, username, line, protected',
    line: (r) =>
      `${text(r.syncKey)}\t${text(r.school)}\t${r.standing}\t${text(r.givenName)}\t${text(r.familyName)}\t${text(r.email)}\t${text(r.phone)}\t${text(r.username)}\t${r.line}\t${r.protected === true ? 't' : 'f'}`,
  },
  group: {
    columns: 'sync_key, school, standing, title, parent_key, type, line, description',
    line: (r) =>
      `${text(r.syncKey)}\t${text(r.school)}\t${r.standing}\t${text(r.title)}\t${text(r.parentKey)}\t${text(r.type)}\t${r.line}\t${text(r.description ?? '')}`,
  },
  membership: {
    columns: 'parent_kind, parent_key, person_key, role, standing, position',
    line: (r) => `${r.parentKind}\t${text(r.parentKey)}\t${text(r.personKey)}\t${r.role}\t${r.standing}\t${r.position}`,
  },
  lesson: {
    columns: 'sync_key, school, standing, source_id, local_date, created_on, title, starts_at, ends_at, room, line',
    line: (r) =>
      `${text(r.syncKey)}\t${text(r.school)}\t${r.standing}\t${text(r.sourceId)}\t${r.localDate}\t${r.createdOn ?? '\\N'}\t${text(r.title)}\t${r.startsAt}\t${r.endsAt}\t${text(r.room)}\t${r.line}`,
  },
  lesson_group: {
    columns: 'lesson_key, group_key',
    line: (r) => `${text(r.lessonKey)}\t${text(r.groupKey)}`,
  },
};

const special = /[\\\t\n\r\0]/;
const everySpecial = /[\\\t\n\r\0]/g;
const escapes: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r', '\0': '' };

// NUL cannot be stored in text; it is dropped here and nowhere else. Most values hold nothing special: one look is enough.
function text(value: string): string {
  return special.test(value) ? value.replace(everySpecial, (character) => escapes[character] ?? '') : value;
}

/** What one COPY put into staging. */
export interface Loaded {
  readonly rows: number;
  /** SHA-256 of the copied lines: the same snapshot gives the same again for the same run. */
  readonly digest: string;
}

/** Rows of one kind, in the source's order. */
export type Rows<Kind extends StagedKind> = Iterable<StagedRows[Kind]> | AsyncIterable<StagedRows[Kind]>;

/** Copies rows of one kind into staging. Runs in the loader's transaction; nothing is seen before it commits. */
export function stage<Kind extends StagedKind>(
  tx: Transaction,
  runId: string,
  kind: Kind,
  rows: Rows<Kind>,
): Promise<Loaded> {
  return copyRows(tx, `load.${kind}`, runId, kind, rows);
}

/** Copies rows of one kind into any table with staging's columns; {@link stage} is what steps use. */
export async function copyRows<Kind extends StagedKind>(
  tx: Transaction,
  table: string,
  runId: string,
  kind: Kind,
  rows: Rows<Kind>,
): Promise<Loaded> {
  const hash = createHash('sha256');
  let count = 0;
  const { columns, line } = lines[kind];
  const counted = (row: StagedRows[Kind]): string => {
    count += 1;
    return `${runId}\t${line(row)}\n`;
  };
  const hashed = function* (block: string): Generator<string> {
    if (block === '') return;
    hash.update(block);
    yield block;
  };
  async function* blocks(): AsyncGenerator<string> {
    let block = '';
    // Awaiting each row of an array would cost more than copying it.
    if (Symbol.iterator in rows) {
      for (const row of rows) {
        block += counted(row);
        if (block.length < blockLength) continue;
        yield* hashed(block);
        block = '';
      }
    } else {
      for await (const row of rows) {
        block += counted(row);
        if (block.length < blockLength) continue;
        yield* hashed(block);
        block = '';
      }
    }
    yield* hashed(block);
  }
  const copy = tx.client.query(copyFrom(`copy ${table} (run_id, ${columns}) from stdin`));
  await pipeline(Readable.from(blocks()), copy);
  return { rows: count, digest: hash.digest('hex') };
}

const blockLength = 128 * 1024;

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
  for (const table of [
    ...Object.keys(lines),
    'new_group',
    'new_place',
    'person_match',
    'lesson_match',
    'group_match',
  ]) {
    await tx.execute(`delete from load.${table} where run_id = $1`, [runId]);
  }
}
