import type { HeldCell, SourceSize } from '../roster/safety-filter.ts';
import type { Transaction } from './database.ts';
import {
  changeRecords,
  holdDependents,
  insertPlaces,
  insertRecords,
  keepNotes,
  markStale,
  removePlaces,
} from './directory/apply.ts';
import { type CompleteKinds, type DirectoryCell, recordKinds, roomForSets } from './directory/kinds.ts';
import { planMemberships } from './directory/plan-memberships.ts';
import { planRecords } from './directory/plan-records.ts';
import type { RunRef } from './steps.ts';

/*
 * The built-in directory as a set target, made for a million rows. Its rows are their own mirror: the plan is the
 * difference of staging and the directory, in SQL. Inserts are a set that is only counted and digested; updates and deletes
 * are rows of `change`, with what was there before. Nothing is written for what stays.
 *
 * Both functions expect staging that names each record once, as dedupe leaves it.
 */

/** What a run would do to the directory, and how much the source said of it. */
export interface DirectoryPlan {
  readonly cells: readonly DirectoryCell[];
  readonly size: SourceSize;
}

/**
 * Stores the plan of a run into the directory. Runs as the loader.
 *
 * @param complete The kinds of which the source said everything; memberships are part of groups. Nothing else is deleted.
 */
export async function planDirectory(tx: Transaction, run: RunRef, complete: CompleteKinds): Promise<DirectoryPlan> {
  await roomForSets(tx);
  const cells: DirectoryCell[] = [];
  for (const kind of recordKinds) cells.push(...(await planRecords(tx, run, kind, complete)));
  cells.push(...(await planMemberships(tx, run, complete)));
  const size = await sourceSize(tx, run);
  await tx.execute(
    `insert into plan (run_id, organisation_id, cells, source_size, digest)
     select $1, $2, $3, $4, encode(sha256(convert_to($5 || coalesce(string_agg(digest, '' order by digest), ''), 'UTF8')), 'hex')
       from change where run_id = $1`,
    [run.runId, run.organisationId, JSON.stringify(cells), size, insertDigests(cells)],
  );
  return { cells, size };
}

/** Of what is inserted as sets, in the order of the cells. */
function insertDigests(cells: readonly DirectoryCell[]): string {
  return cells
    .flatMap((cell) => ('digest' in cell && cell.digest ? [cell.kind, cell.school, cell.digest] : []))
    .join('\n');
}

/** How much the source said against what is known, of the kind that shrank the most: an export may lack one part only. */
async function sourceSize(tx: Transaction, run: RunRef): Promise<SourceSize> {
  const [least] = await tx.query<SourceSize>(
    `select coalesce(m.rows, 0) as seen, known.rows as known
       from (
         select 'person' as kind, count(*) as rows from directory.person
          where connection_id = $2 and state = 'active' and not local
         union all
         select 'group', count(*) from directory.group where connection_id = $2 and state = 'active' and not local
         union all
         select 'membership', coalesce(sum(known_rows), 0)::bigint from roster
       ) known
       left join load_manifest m on m.run_id = $1 and m.kind = known.kind
      order by known.rows = 0, coalesce(m.rows, 0)::float / greatest(known.rows, 1), known.rows desc limit 1`,
    [run.runId, run.connectionId],
  );
  return least ?? { seen: 0, known: 0 };
}

/**
 * Applies what passed the safety filter, as sets, in the caller's transaction: everything or nothing. What it inserts must
 * be the very set of the plan: staging that changed since is a fault of ours (`STAGING_DIFFERS`). Repeated after a commit
 * nobody heard of, it changes nothing. Runs as the loader.
 *
 * @param complete As the plan had it.
 * @param held Cells that wait for a person. Their changes are marked in table `change` already; what they would insert is
 *   left out here, and so is what depends on them.
 */
export async function applySet(
  tx: Transaction,
  run: RunRef,
  complete: CompleteKinds,
  held: readonly HeldCell[],
): Promise<void> {
  const { cells } = await tx.one<{ cells: DirectoryCell[] }>('select cells from plan where run_id = $1', [run.runId]);
  if (cells.length === 0) return;
  await roomForSets(tx);
  await holdDependents(tx, run);
  for (const kind of recordKinds) await changeRecords(tx, run, kind);
  await removePlaces(tx, run);
  for (const kind of recordKinds) await insertRecords(tx, run, kind, cells, held);
  if (cells.some(({ kind, operation }) => kind === 'membership' && operation === 'insert')) {
    const asPlanned = await keepNotes(tx, run, complete);
    await insertPlaces(tx, run, cells, held, asPlanned);
  }
  await markStale(tx, run);
}
