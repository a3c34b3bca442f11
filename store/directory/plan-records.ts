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
  await tx.execute(insertChanges(kind.kind, differing(kind)), values);
  if (complete.has(kind.kind)) {
    await tx.execute(insertChanges(kind.kind, kind.kind === 'group' ? goneGroups(kind) : gone(kind)), values);
  }
  return cellsOf(tx, run, kind);
}

/** Known records that the source now says otherwise, and those in the trash that it says again. */
function differing(kind: RecordKind): string {
  const differs = kind.content.map((column) => `s.${column} is distinct from d.${column}`).join(' or ');
  return `
    select case when d.state = 'trashed' then 'restore' else 'update' end as operation, d.sync_key, d.school,
           ${contentOf(kind, 'd')} as before, ${contentOf(kind, 's')} as after
      from ${kind.staged} s join ${kind.known} d on d.connection_id = $2 and d.sync_key = s.sync_key
     where s.run_id = $1 and s.standing = 'valid' and not d.local and (d.state = 'trashed' or ${differs})`;
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

async function cellsOf(tx: Transaction, run: RunRef, kind: RecordKind): Promise<DirectoryCell[]> {
  const inserts = await tx.query<{ school: string; count: number; digest: string }>(
    `select s.school, count(*) as count, ${recordsDigest(kind, 's')} as digest
       from ${kind.staged} s
      where s.run_id = $1 and s.standing = 'valid'
        and not exists (select from ${kind.known} d where d.connection_id = $2 and d.sync_key = s.sync_key)
      group by s.school order by s.school`,
    [run.runId, run.connectionId],
  );
  const changes = await tx.query<{ operation: Operation; school: string; count: number }>(
    `select operation, school, count(*) as count from change where run_id = $1 and kind = $2
      group by operation, school order by operation, school`,
    [run.runId, kind.kind],
  );
  const base = await tx.query<{ school: string; count: number }>(
    `select school, count(*) as count from ${kind.known}
      where connection_id = $1 and state = 'active' and not local group by school`,
    [run.connectionId],
  );
  const bySchool = new Map(base.map((row) => [row.school, row.count]));
  return [...inserts.map((row) => ({ operation: 'insert' as const, ...row })), ...changes].map((cell) => ({
    kind: kind.kind,
    ...cell,
    base: bySchool.get(cell.school) ?? 0,
  }));
}
