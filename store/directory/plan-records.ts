import type { Operation } from '../../roster/changes.ts';
import type { Transaction } from '../database.ts';
import type { RunRef } from '../steps.ts';
import {
  type CompleteKinds,
  contentOf,
  type DirectoryCell,
  insertChanges,
  type RecordKind,
  recordsDigest,
} from './kinds.ts';

/** Plans the persons or the groups of a run: changes as rows, inserts as a set. */
export async function planRecords(
  tx: Transaction,
  run: RunRef,
  kind: RecordKind,
  complete: CompleteKinds,
): Promise<DirectoryCell[]> {
  const values = [run.runId, run.connectionId, run.organisationId];
  const found = await compare(tx, run, kind);
  // The statements that write use one processor, and mostly there is nothing to write: one look with every processor tells.
  if (found.some(({ differing }) => differing > 0)) {
    await tx.execute(insertChanges(kind.kind, differing(kind)), values);
  }
  if (complete.has(kind.kind) && found.some(({ gone }) => gone > 0)) {
    await tx.execute(insertChanges(kind.kind, kind.kind === 'group' ? goneGroups(kind) : gone(kind)), values);
  }
  return cellsOf(tx, run, kind, found);
}

/** What both sides have of the records that staging counts to one school and the directory to the same or another. */
interface Compared {
  /** As staged; null for what is only known. */
  readonly said: string | null;
  /** As known; null for what is only staged. */
  readonly known: string | null;
  readonly added: number;
  readonly digest: string | null;
  readonly differing: number;
  readonly gone: number;
  readonly base: number;
}

/** Compares staging and the directory in one pass. What it counts as differing and gone is what the selects below find. */
function compare(tx: Transaction, run: RunRef, kind: RecordKind): Promise<Compared[]> {
  const added = `s.standing = 'valid' and d.sync_key is null`;
  return tx.query<Compared>(
    `select s.school as said, d.school as known,
            count(*) filter (where ${added}) as added,
            ${recordsDigest(kind, 's', added)} as digest,
            count(*) filter (where s.standing = 'valid' and not d.local and (${differs(kind)})) as differing,
            count(*) filter (where s.standing is null and d.state = 'active' and not d.local) as gone,
            count(*) filter (where d.state = 'active' and not d.local) as base
       from (select * from ${kind.staged} where run_id = $1 and standing in ('valid', 'invalid')) s
       full join (select * from ${kind.known} where connection_id = $2) d using (sync_key)
      group by s.school, d.school`,
    [run.runId, run.connectionId],
  );
}

function differs(kind: RecordKind): string {
  return ["d.state = 'trashed'", ...kind.content.map((column) => `s.${column} is distinct from d.${column}`)].join(
    ' or ',
  );
}

/** Known records that the source now says otherwise, and those in the trash that it says again. */
function differing(kind: RecordKind): string {
  return `
    select case when d.state = 'trashed' then 'restore' else 'update' end as operation, d.sync_key, d.school,
           ${contentOf(kind, 'd')} as before, ${contentOf(kind, 's')} as after
      from ${kind.staged} s join ${kind.known} d on d.connection_id = $2 and d.sync_key = s.sync_key
     where s.run_id = $1 and s.standing = 'valid' and not d.local and (${differs(kind)})`;
}

/** Known records that the source does not say. An invalid one was said. */
function gone(kind: RecordKind): string {
  return `
    select 'delete' as operation, d.sync_key, d.school, ${contentOf(kind, 'd')} as before, '{}'::jsonb as after
      from ${kind.known} d
     where d.connection_id = $2 and d.state = 'active' and not d.local
       and not exists (select from ${kind.staged} s
                        where s.run_id = $1 and s.sync_key = d.sync_key and s.standing in ('valid', 'invalid'))`;
}

/**
 * Deleting a group takes its descendants. Those that are gone too have changes of their own; while one is still said, the
 * group stays, and so do the groups between them.
 */
function goneGroups(kind: RecordKind): string {
  return `
    with recursive gone as materialized (${gone(kind)}
    ), parent as materialized (
      -- The parent of each group that stays: as said now, or as known where what was said is invalid.
      select case s.standing when 'valid' then s.parent_key else d.parent_key end as sync_key
        from load.group s
        left join directory.group d on d.connection_id = $2 and d.sync_key = s.sync_key
       where s.run_id = $1 and s.standing in ('valid', 'invalid')
    ), kept as (
      select g.sync_key, g.before->>'parent_key' as parent_key from gone g join parent p on p.sync_key = g.sync_key
      union
      select g.sync_key, g.before->>'parent_key' from kept k join gone g on g.sync_key = k.parent_key
    )
    select * from gone where sync_key not in (select sync_key from kept)`;
}

async function cellsOf(
  tx: Transaction,
  run: RunRef,
  kind: RecordKind,
  found: readonly Compared[],
): Promise<DirectoryCell[]> {
  const changes = await tx.query<{ operation: Operation; school: string; count: number }>(
    `select operation, school, count(*) as count from change where run_id = $1 and kind = $2
      group by operation, school order by operation, school`,
    [run.runId, kind.kind],
  );
  const base = new Map<string | null, number>();
  for (const { known, base: rows } of found) base.set(known, (base.get(known) ?? 0) + rows);
  return [...insertsOf(found), ...changes].map((cell) => ({
    kind: kind.kind,
    ...cell,
    base: base.get(cell.school) ?? 0,
  }));
}

// What is new is known to no school: there is one row for each that staging names.
function insertsOf(
  found: readonly Compared[],
): { operation: 'insert'; school: string; count: number; digest: string }[] {
  return found
    .flatMap(({ said, added, digest }) =>
      said === null || digest === null || added === 0
        ? []
        : [{ operation: 'insert' as const, school: said, count: added, digest }],
    )
    .sort((a, b) => (a.school < b.school ? -1 : 1));
}
