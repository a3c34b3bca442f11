import type { ChangeKind, Operation } from '../roster/changes.ts';
import { RollcallError } from '../roster/errors.ts';
import type { HeldCell, PlanCell } from '../roster/safety-filter.ts';
import type { Transaction } from './database.ts';
import type { RunRef } from './steps.ts';

/**
 * The built-in directory as a set target, made for a million rows. Its rows are their own mirror: the plan is the
 * difference of staging and the directory, in SQL. Inserts are a set that is only counted and digested; updates and deletes
 * are rows of `change`, with what was there before. Nothing is written for what stays.
 *
 * Statements here take `$1` run, `$2` connection, `$3` organisation. A row made locally belongs to people and is never
 * read or touched.
 */
interface DirectoryKind {
  readonly kind: ChangeKind;
  /** Rows of the source that this run would put into the directory, as columns of the directory's table. */
  readonly staged: string;
  /** The directory's rows that this connection owns. */
  readonly held: string;
  /** Columns that name a row, and those that are compared. */
  readonly key: readonly string[];
  readonly content: readonly string[];
  readonly rank: number;
}

const person: DirectoryKind = {
  kind: 'person',
  staged: 'load.person',
  held: 'directory.person',
  key: ['sync_key'],
  content: ['school', 'given_name', 'family_name', 'email', 'phone', 'username'],
  rank: 10,
};

const group: DirectoryKind = {
  kind: 'group',
  staged: 'load.group',
  held: 'directory.group',
  key: ['sync_key'],
  content: ['school', 'title', 'parent_key', 'type'],
  rank: 20,
};

/** Stores the plan of a run into the directory and gives its cells. Runs as the loader, after dedupe. */
export async function planDirectory(tx: Transaction, run: RunRef): Promise<PlanCell[]> {
  await roomForSets(tx);
  const cells: PlanCell[] = [];
  const digests: string[] = [];
  for (const kind of [person, group]) {
    const planned = await planRecords(tx, run, kind);
    cells.push(...planned.cells);
    digests.push(planned.digest);
  }
  const memberships = await planMemberships(tx, run);
  cells.push(...memberships.cells);
  digests.push(memberships.digest);
  const { digest: changes } = await tx.one<{ digest: string }>(
    `select encode(sha256(convert_to(coalesce(string_agg(digest, '' order by digest), ''), 'UTF8')), 'hex') as digest
       from change where run_id = $1`,
    [run.runId],
  );
  const size = await tx.one<{ seen: number; known: number }>(
    `select (select count(*) from load.person where run_id = $1) as seen,
            (select count(*) from directory.person where connection_id = $2 and state = 'active' and not local) as known`,
    [run.runId, run.connectionId],
  );
  await tx.execute(
    'insert into plan (run_id, organisation_id, cells, source_size, digest) values ($1, $2, $3, $4, $5)',
    [run.runId, run.organisationId, JSON.stringify(cells), size, [...digests, changes].join('.')],
  );
  return cells;
}

/**
 * For this transaction only: joins of a million rows stay in memory, are hash joins, and use every processor. Fresh staging
 * has no statistics yet; a planner that takes it for empty would loop over the directory for every row of it, and one that
 * takes the directory for empty would read every other connection's rows too.
 */
async function roomForSets(tx: Transaction): Promise<void> {
  await tx.execute(`set local work_mem = '256MB'`);
  await tx.execute('set local enable_nestloop = off');
  await tx.execute('set local enable_seqscan = off');
  await tx.execute('set local jit = off');
  await tx.execute('set local parallel_setup_cost = 10');
  await tx.execute('set local parallel_tuple_cost = 0.001');
}

interface Planned {
  readonly cells: PlanCell[];
  readonly digest: string;
}

async function planRecords(tx: Transaction, run: RunRef, kind: DirectoryKind): Promise<Planned> {
  const differs = kind.content.map((column) => `s.${column} is distinct from d.${column}`).join(' or ');
  const object = (alias: string) =>
    `jsonb_build_object(${kind.content.map((column) => `'${column}', ${alias}.${column}`).join(', ')})`;
  await tx.execute(
    `insert into change (organisation_id, run_id, connection_id, kind, operation, sync_key, school, rank, state, before, after, digest)
     select $3, $1, $2, '${kind.kind}', c.operation, c.sync_key, c.school,
            case c.operation when 'delete' then 90 - ${kind.rank} else ${kind.rank} end, 'planned', c.before, c.after,
            change_digest('${kind.kind}', c.operation, c.sync_key, c.before, c.after)
       from (
         select case when d.state = 'trashed' then 'restore' else 'update' end as operation, d.sync_key, d.school,
                ${object('d')} as before, ${object('s')} as after
           from ${kind.staged} s join ${kind.held} d on d.connection_id = $2 and d.sync_key = s.sync_key
          where s.run_id = $1 and s.standing = 'valid' and not d.local and (d.state = 'trashed' or ${differs})
         union all
         select 'delete', d.sync_key, d.school, ${object('d')}, '{}'::jsonb
           from ${kind.held} d
          where d.connection_id = $2 and d.state = 'active' and not d.local
            and not exists (select from ${kind.staged} s
                             where s.run_id = $1 and s.sync_key = d.sync_key and s.standing in ('valid', 'invalid'))
       ) c`,
    [run.runId, run.connectionId, run.organisationId],
  );
  const inserts = await tx.query<{ school: string; count: number; digest: string }>(
    `select s.school, count(*) as count, bit_xor(hashtextextended(concat_ws(E'\\x1f', s.sync_key, ${list('s', kind.content)}), 0))::text as digest
       from ${kind.staged} s
      where s.run_id = $1 and s.standing = 'valid'
        and not exists (select from ${kind.held} d where d.connection_id = $2 and d.sync_key = s.sync_key)
      group by s.school`,
    [run.runId, run.connectionId],
  );
  return { cells: await cellsOf(tx, run, kind, inserts), digest: inserts.map((row) => row.digest).join(':') };
}

function list(alias: string, columns: readonly string[]): string {
  return columns.map((column) => `${alias}.${column}`).join(', ');
}

async function cellsOf(
  tx: Transaction,
  run: RunRef,
  kind: DirectoryKind,
  inserts: readonly { school: string; count: number }[],
): Promise<PlanCell[]> {
  const base = await tx.query<{ school: string; count: number }>(
    `select school, count(*) as count from ${kind.held} where connection_id = $1 and state = 'active' and not local group by school`,
    [run.connectionId],
  );
  const changes = await tx.query<{ operation: Operation; school: string; count: number }>(
    'select operation, school, count(*) as count from change where run_id = $1 and kind = $2 group by operation, school',
    [run.runId, kind.kind],
  );
  const bySchool = new Map(base.map((row) => [row.school, row.count]));
  return [...inserts.map((row) => ({ ...row, operation: 'insert' as const })), ...changes].map(
    ({ operation, school, count }) => ({ kind: kind.kind, operation, school, count, base: bySchool.get(school) ?? 0 }),
  );
}

// A membership has no content beside its key: what differs is on one side only.
const stagedMemberships = `(select parent_key, person_key, role, standing from load.membership
  where run_id = $1 and parent_kind = 'group' and standing in ('valid', 'invalid')) s`;
const knownMemberships = `(select group_key, person_key, role from directory.membership where connection_id = $2 and not local) d`;
const sameMembership = 'd.group_key = s.parent_key and d.person_key = s.person_key and d.role = s.role';

/** What a pass over the memberships counted. */
interface CountedMemberships {
  readonly base: number;
  readonly inserts: number;
  readonly deletes: number;
  readonly digest: string | null;
}

/** One pass over both sides counts what joins and what is gone; only if something is gone, a second one writes it down. */
async function planMemberships(tx: Transaction, run: RunRef): Promise<Planned> {
  const counted = (await isFirstLoad(tx, run)) ? await countFirstLoad(tx, run) : await countDifference(tx, run);
  if (counted.deletes > 0) {
    await tx.execute(
      `insert into change (organisation_id, run_id, connection_id, kind, operation, sync_key, rank, state, before, digest)
       select $3, $1, $2, 'membership', 'delete', gone.sync_key, 60, 'planned', gone.before,
              change_digest('membership', 'delete', gone.sync_key, gone.before, '{}')
         from (
           select d.group_key || '|' || d.person_key || '|' || d.role as sync_key,
                  jsonb_build_object('group', d.group_key, 'person', d.person_key, 'role', d.role) as before
             from ${knownMemberships} where not exists (select from ${stagedMemberships} where ${sameMembership})
         ) gone`,
      [run.runId, run.connectionId, run.organisationId],
    );
  }
  const cell = (operation: Operation, count: number): PlanCell[] =>
    count === 0 ? [] : [{ kind: 'membership', operation, school: '', count, base: counted.base }];
  return {
    cells: [...cell('insert', counted.inserts), ...cell('delete', counted.deletes)],
    digest: counted.digest ?? '',
  };
}

async function isFirstLoad(tx: Transaction, run: RunRef): Promise<boolean> {
  const known = await tx.query('select from directory.membership where connection_id = $1 and not local limit 1', [
    run.connectionId,
  ]);
  return known.length === 0;
}

/** Everything is new: the set is all of staging, whose digest the manifest has. */
function countFirstLoad(tx: Transaction, run: RunRef): Promise<CountedMemberships> {
  return tx.one<CountedMemberships>(
    `select 0 as base, 0 as deletes, count(*) filter (where standing = 'valid') as inserts,
            (select digest from load_manifest where run_id = $1 and kind = 'membership') as digest
       from ${stagedMemberships}`,
    [run.runId],
  );
}

function countDifference(tx: Transaction, run: RunRef): Promise<CountedMemberships> {
  return tx.one<CountedMemberships>(
    `select count(d.group_key) as base,
            count(*) filter (where d.group_key is null and s.standing = 'valid') as inserts,
            count(*) filter (where s.parent_key is null) as deletes,
            bit_xor(hashtextextended(s.person_key, hashtextextended(s.parent_key, hashtext(s.role))))
              filter (where d.group_key is null and s.standing = 'valid')::text as digest
       from ${stagedMemberships} full join ${knownMemberships} on ${sameMembership}`,
    [run.runId, run.connectionId],
  );
}

/**
 * Applies what passed the safety filter, as sets, in the caller's transaction: everything or nothing. What is inserted
 * must be as many rows as the plan counted: staging that changed since is a fault of ours (`STAGING_DIFFERS`).
 *
 * @param held Cells that wait for a person; their rows are left out.
 */
export async function applySet(tx: Transaction, run: RunRef, held: readonly HeldCell[]): Promise<void> {
  await roomForSets(tx);
  const { cells } = await tx.one<{ cells: PlanCell[] }>('select cells from plan where run_id = $1', [run.runId]);
  for (const kind of [person, group]) {
    if (changes(cells, kind.kind)) await applyRecords(tx, run, kind);
  }
  if (changes(cells, 'membership')) await deleteMemberships(tx, run);
  for (const kind of [person, group].filter(({ kind }) => inserts(cells, kind))) {
    const schools = held
      .filter((cell) => cell.kind === kind.kind && cell.operation === 'insert')
      .map((cell) => cell.school);
    const inserted = await insertRecords(tx, run, kind, schools);
    expectPlanned(cells, kind.kind, schools, inserted);
  }
  const membershipsHeld = held.some((cell) => cell.kind === 'membership' && cell.operation === 'insert');
  if (inserts(cells, 'membership') && !membershipsHeld)
    expectPlanned(cells, 'membership', [], await insertMemberships(tx, run, cells));
  await tx.execute(
    `update change set state = 'applied', ended_at = clock_timestamp() where run_id = $1 and state = 'planned'`,
    [run.runId],
  );
}

/** Whether a plan has rows of `change` for a kind. */
function changes(cells: readonly PlanCell[], kind: ChangeKind): boolean {
  return cells.some((cell) => cell.kind === kind && cell.operation !== 'insert');
}

function inserts(cells: readonly PlanCell[], kind: ChangeKind): boolean {
  return cells.some((cell) => cell.kind === kind && cell.operation === 'insert');
}

function expectPlanned(
  cells: readonly PlanCell[],
  kind: ChangeKind,
  heldSchools: readonly string[],
  rows: number,
): void {
  const planned = cells
    .filter((cell) => cell.kind === kind && cell.operation === 'insert' && !heldSchools.includes(cell.school))
    .reduce((sum, cell) => sum + cell.count, 0);
  if (rows !== planned) {
    throw new RollcallError('STAGING_DIFFERS', `The plan has ${planned} new ${kind} rows, staging gave ${rows}.`);
  }
}

async function applyRecords(tx: Transaction, run: RunRef, kind: DirectoryKind): Promise<void> {
  const set = kind.content.map((column) => `${column} = c.after->>'${column}'`).join(', ');
  await tx.execute(
    `update ${kind.held} d set ${set}, state = 'active', changed_run = $1
       from change c
      where c.run_id = $1 and c.kind = '${kind.kind}' and c.operation in ('update', 'restore') and c.state = 'planned'
        and d.connection_id = $2 and d.sync_key = c.sync_key and not d.local`,
    [run.runId, run.connectionId],
  );
  await tx.execute(
    `update ${kind.held} d set state = 'trashed', changed_run = $1
       from change c
      where c.run_id = $1 and c.kind = '${kind.kind}' and c.operation = 'delete' and c.state = 'planned'
        and d.connection_id = $2 and d.sync_key = c.sync_key and not d.local`,
    [run.runId, run.connectionId],
  );
}

async function deleteMemberships(tx: Transaction, run: RunRef): Promise<void> {
  await tx.execute(
    `delete from directory.membership d using change c
      where c.run_id = $1 and c.kind = 'membership' and c.operation = 'delete' and c.state = 'planned'
        and d.connection_id = $2 and not d.local and d.group_key = c.before->>'group' and d.person_key = c.before->>'person'
        and d.role = c.before->>'role'`,
    [run.runId, run.connectionId],
  );
}

function insertRecords(
  tx: Transaction,
  run: RunRef,
  kind: DirectoryKind,
  heldSchools: readonly string[],
): Promise<number> {
  return tx.execute(
    `insert into ${kind.held} (connection_id, organisation_id, sync_key, ${kind.content.join(', ')}, created_run, changed_run)
     select $2, $3, s.sync_key, ${list('s', kind.content)}, $1, $1
       from ${kind.staged} s
      where s.run_id = $1 and s.standing = 'valid' and not s.school = any($4)
        and not exists (select from ${kind.held} d where d.connection_id = $2 and d.sync_key = s.sync_key)
      order by s.sync_key`,
    [run.runId, run.connectionId, run.organisationId, heldSchools],
  );
}

function insertMemberships(tx: Transaction, run: RunRef, cells: readonly PlanCell[]): Promise<number> {
  const isFirst = cells.every((cell) => cell.kind !== 'membership' || cell.base === 0);
  return tx.execute(
    `insert into directory.membership (connection_id, organisation_id, group_key, person_key, role, created_run)
     select $2, $3, s.parent_key, s.person_key, s.role, $1
       from ${stagedMemberships}
      where s.standing = 'valid' ${isFirst ? '' : `and not exists (select from ${knownMemberships} where ${sameMembership})`}`,
    [run.runId, run.connectionId, run.organisationId],
  );
}
