import { rank } from '../../roster/changes.ts';
import type { PlanCell } from '../../roster/safety-filter.ts';
import type { Transaction } from '../database.ts';
import type { RunRef } from '../steps.ts';

/**
 * What the directory holds under a key of its own. Statements about it take `$1` run and `$2` connection; a row made
 * locally belongs to people and is never read or touched.
 */
export interface RecordKind {
  readonly kind: 'person' | 'group';
  readonly staged: string;
  readonly known: string;
  /** Columns that are compared and written. */
  readonly content: readonly string[];
}

export const recordKinds: readonly RecordKind[] = [
  {
    kind: 'person',
    staged: 'load.person',
    known: 'directory.person',
    content: ['school', 'given_name', 'family_name', 'email', 'phone', 'username'],
  },
  {
    kind: 'group',
    staged: 'load.group',
    known: 'directory.group',
    content: ['school', 'title', 'parent_key', 'type'],
  },
];

/** The kinds of which the source said everything: only there does absence mean gone. */
export type CompleteKinds = ReadonlySet<'person' | 'group'>;

/** Rows that are inserted as a set, told apart by what they hold: the plan has no row for each. */
export interface InsertCell extends PlanCell {
  readonly digest: string;
}

export type DirectoryCell = PlanCell | InsertCell;

/** The content of a row as it stands in a change. */
export function contentOf(kind: RecordKind, alias: string): string {
  return `jsonb_build_object(${kind.content.map((column) => `'${column}', ${alias}.${column}`).join(', ')})`;
}

/**
 * The digest of a set of records, whatever their order. Sums of 64-bit hashes, as a plan and its application compare their
 * own rows; nothing here has to withstand an attack, for who could forge a sum can already say what the source says.
 *
 * @param condition Which rows count.
 */
export function recordsDigest(kind: RecordKind, alias: string, condition = 'true'): string {
  const columns = kind.content.map((column) => `${alias}.${column}`).join(', ');
  const hash = `hashtextextended(concat_ws(E'\\x1f', ${alias}.sync_key, ${columns}), 0)`;
  return `(sum(${hash}) filter (where ${condition}))::text`;
}

/** The hash of one place in a group. */
export const placeHash = 'hashtextextended(person_key, hashtext(role))';

/** The digest of new places from their sum per group. */
export const placesDigest = `sum(hashtextextended(group_key || ':' || new_hash::text, 0))::text`;

/** Copies the changes that a select finds into table `change`: it gives operation, sync_key, school, before and after. */
export function insertChanges(kind: 'person' | 'group' | 'membership', found: string): string {
  return `insert into change (organisation_id, run_id, connection_id, kind, operation, sync_key, school, rank, state,
                              before, after, digest)
    select $3, $1, $2, '${kind}', operation, sync_key, school,
           case operation when 'delete' then ${rank(kind, 'delete')} else ${rank(kind, 'update')} end, 'planned',
           before, after, change_digest('${kind}', operation, sync_key, before, after)
      from (${found}) found`;
}

/**
 * For this transaction only: sets of a million rows are joined by hashing, in memory, on every processor. Fresh staging has
 * no statistics; a planner that takes it for empty would loop over the directory for each of its rows or sort them all, and
 * one that takes the directory for empty would read every other connection's rows.
 */
export async function roomForSets(tx: Transaction): Promise<void> {
  await tx.execute(`select set_config(name, value, true) from (values
    ('work_mem', '256MB'), ('enable_nestloop', 'off'), ('enable_mergejoin', 'off'), ('enable_seqscan', 'off'),
    ('enable_sort', 'off'), ('jit', 'off'), ('parallel_setup_cost', '10'), ('parallel_tuple_cost', '0.001')) setting (name, value)`);
}

/**
 * A place can be taken only by a person and in a group that the source lists as valid. One that names another is marked:
 * invalid beside an invalid record, which keeps its places; filtered, that is absent, beside one that is not there.
 */
export async function markStrays(
  tx: Transaction,
  run: RunRef,
  kind: 'person' | 'group',
  complete: CompleteKinds,
): Promise<void> {
  const key = kind === 'person' ? 'person_key' : 'parent_key';
  const unlisted = `m.run_id = $1 and m.parent_kind = 'group' and m.standing in ('valid', 'invalid')
    and not exists (select from load.${kind} s where s.run_id = $1 and s.sync_key = m.${key} and s.standing = 'valid')`;
  // Where the source does not say everything, what it leaves out is still there.
  const unknown = `not exists (
    select from directory.${kind} d where d.connection_id = $2 and d.sync_key = m.${key} and d.state = 'active'
       and not exists (select from load.${kind} s where s.run_id = $1 and s.sync_key = d.sync_key))`;
  const strays = complete.has(kind) ? unlisted : `${unlisted} and ${unknown}`;
  const values = complete.has(kind) ? [run.runId] : [run.runId, run.connectionId];
  // Reading uses every processor, writing only one; and mostly there is nothing to write.
  const { count } = await tx.one<{ count: number }>(`select count(*) from load.membership m where ${strays}`, values);
  if (count === 0) return;
  await tx.execute(
    `update load.membership m set standing = case when exists (
         select from load.${kind} s where s.run_id = $1 and s.sync_key = m.${key} and s.standing = 'invalid')
       then 'invalid' else 'filtered' end
      where ${strays}`,
    values,
  );
}
