import { type ChangeKind, removes } from '../../roster/changes.ts';
import { RollcallError } from '../../roster/errors.ts';
import type { HeldCell } from '../../roster/safety-filter.ts';
import type { Transaction } from '../database.ts';
import type { RunRef } from '../steps.ts';
import {
  type CompleteKinds,
  contentOf,
  type DirectoryCell,
  type InsertCell,
  markStrays,
  placeHash,
  placesDigest,
  type RecordKind,
  recordsDigest,
} from './kinds.ts';

/** What is held takes with it what depends on it: a person or group that stays keeps its places, its parent stays too. */
export async function holdDependents(tx: Transaction, run: RunRef): Promise<void> {
  const wait = `update change c set state = 'waiting', code = 'CHANGE_HELD', ended_at = clock_timestamp(),
                       explanation = 'It depends on a change that is held.'
                 where c.run_id = $1 and c.operation = 'delete' and c.state = 'planned'`;
  await tx.execute(
    `with recursive held as (
       select sync_key, before->>'parent_key' as parent_key from change
        where run_id = $1 and kind = 'group' and operation = 'delete' and state = 'held'
       union
       select c.sync_key, c.before->>'parent_key' from held h join change c on c.sync_key = h.parent_key
        where c.run_id = $1 and c.kind = 'group' and c.operation = 'delete'
     )
     ${wait} and c.kind = 'group' and c.sync_key in (select sync_key from held)`,
    [run.runId],
  );
  for (const kind of ['person', 'group']) {
    await tx.execute(
      `${wait} and c.kind = 'membership' and c.before->>'${kind}' in (
         select sync_key from change
          where run_id = $1 and kind = '${kind}' and operation = 'delete' and state in ('held', 'waiting'))`,
      [run.runId],
    );
  }
}

/** Updates, restores and trashes the persons or groups that have a planned change and are still what was shown. */
export async function changeRecords(tx: Transaction, run: RunRef, kind: RecordKind): Promise<void> {
  // With `=` the content would be part of the join's key, and be built of every record that the directory has.
  const values = kind.content.map((column) => `${column} = coalesce(c.after->>'${column}', d.${column})`).join(', ');
  await tx.execute(
    `with done as (
       update ${kind.known} d
          set ${values}, state = case c.operation when 'delete' then 'trashed' else 'active' end, changed_run = $1
         from change c
        where c.run_id = $1 and c.kind = '${kind.kind}' and c.state = 'planned'
          and d.connection_id = $2 and d.sync_key = c.sync_key and not d.local
          and d.state = case c.operation when 'restore' then 'trashed' else 'active' end
          and ${contentOf(kind, 'd')} is not distinct from c.before
       returning c.change_id
     ) ${markApplied}`,
    [run.runId, run.connectionId],
  );
}

/**
 * Removes the places that have a planned change; what is left of a run's places in a group stays that run's. Joined place by
 * place: a search in the array for each change would take the square of a large group.
 */
export async function removePlaces(tx: Transaction, run: RunRef): Promise<void> {
  await tx.execute(
    `with planned as materialized (
       select change_id, before->>'group' as group_key, before->>'role' as role, before->>'person' as person_key
         from change where run_id = $1 and kind = 'membership' and state = 'planned'
     ), place as materialized (
       select p.*, c.change_id
         from (select group_key, role, created_run, unnest(persons) as person_key from directory.places
                where connection_id = $2 and not local and group_key in (select group_key from planned)) p
         left join planned c using (group_key, role, person_key)
     ), less as (
       update directory.places d set persons = coalesce(k.persons, '{}'), hash = coalesce(k.hash, 0)
         from (select group_key, role, created_run, array_agg(person_key) filter (where change_id is null) as persons,
                      sum(${placeHash}) filter (where change_id is null) as hash
                 from place group by group_key, role, created_run having count(change_id) > 0) k
        where d.connection_id = $2 and not d.local
          and d.group_key = k.group_key and d.role = k.role and d.created_run = k.created_run
     ), done as (select change_id from place where change_id is not null)
     ${markApplied}`,
    [run.runId, run.connectionId],
  );
  await tx.execute(`delete from directory.places where connection_id = $1 and not local and persons = '{}'`, [
    run.connectionId,
  ]);
}

const markApplied = `update change set state = 'applied', ended_at = clock_timestamp()
                      where run_id = $1 and change_id in (select change_id from done)`;

/** What a plan would overwrite but is no longer as it was shown stays as it is. */
export async function markStale(tx: Transaction, run: RunRef): Promise<void> {
  await tx.execute(
    `update change set state = 'stale', code = 'CHANGE_STALE', ended_at = clock_timestamp(),
            explanation = 'The record is no longer what the plan was made for.'
      where run_id = $1 and state = 'planned'`,
    [run.runId],
  );
}

/** Inserts new persons or groups and proves that they are those of the plan. Repeated, it finds them there. */
export async function insertRecords(
  tx: Transaction,
  run: RunRef,
  kind: RecordKind,
  cells: readonly DirectoryCell[],
  held: readonly HeldCell[],
): Promise<void> {
  const schools = heldSchools(held, kind.kind);
  const columns = kind.content.join(', ');
  await tx.execute(
    `insert into ${kind.known} (connection_id, organisation_id, sync_key, ${columns}, created_run, changed_run)
     select $2, $3, s.sync_key, ${kind.content.map((column) => `s.${column}`).join(', ')}, $1, $1
       from ${kind.staged} s
      where s.run_id = $1 and s.standing = 'valid' and s.school <> all ($4)
        and not exists (select from ${kind.known} d where d.connection_id = $2 and d.sync_key = s.sync_key)
      order by s.sync_key`,
    [run.runId, run.connectionId, run.organisationId, schools],
  );
  const inserted = await tx.one<Inserted>(
    `select count(*) as count, coalesce(${recordsDigest(kind, 'd')}, '0') as digest from ${kind.known} d
      where connection_id = $2 and created_run = $1 and not local`,
    [run.runId, run.connectionId],
  );
  expectPlanned(insertsOf(cells, kind.kind, schools), kind.kind, inserted);
}

/**
 * What the plan noted of new places, and its marks on strays, are gone where staging was loaded again since: finds them
 * again.
 *
 * @returns Whether staging is the very one that the plan read.
 */
export async function keepNotes(tx: Transaction, run: RunRef, complete: CompleteKinds): Promise<boolean> {
  const { kept } = await tx.one<{ kept: boolean }>(
    `select exists (select from load.new_group where run_id = $1)
         or exists (select from load.new_place where run_id = $1) as kept`,
    [run.runId],
  );
  if (kept) return true;
  for (const kind of ['person', 'group'] as const) await markStrays(tx, run, kind, complete);
  const values = [run.runId, run.connectionId];
  await tx.execute(
    `insert into load.new_group (run_id, school, group_key)
     select distinct $1::uuid, school, group_key from (${stagedPlaces}) p where not known`,
    values,
  );
  await tx.execute(
    `insert into load.new_place (run_id, school, group_key, person_key, role)
     select $1, school, group_key, person_key, role from (${stagedPlaces}) p
      where known and not exists (
        select from directory.membership d where d.connection_id = $2 and not d.local
           and d.group_key = p.group_key and d.person_key = p.person_key and d.role = p.role)`,
    values,
  );
  return false;
}

const stagedPlaces = `
  select coalesce(d.school, g.school, '') as school, m.parent_key as group_key, m.person_key, m.role,
         k.group_key is not null as known
    from load.membership m
    left join load.group g on g.run_id = $1 and g.sync_key = m.parent_key
    left join directory.group d on d.connection_id = $2 and d.sync_key = m.parent_key
    left join (select distinct group_key from directory.places where connection_id = $2 and not local) k
      on k.group_key = m.parent_key
   where m.run_id = $1 and m.parent_kind = 'group' and m.standing = 'valid'`;

/** Inserts new places and proves that they are those of the plan. Repeated, it finds them there. */
export async function insertPlaces(
  tx: Transaction,
  run: RunRef,
  cells: readonly DirectoryCell[],
  held: readonly HeldCell[],
  asPlanned: boolean,
): Promise<void> {
  const schools = heldSchools(held, 'membership');
  const planned = insertsOf(cells, 'membership', schools);
  // A record that is held is not there yet; nor are its places.
  const recordsHeld = held.some(({ kind, operation }) => kind !== 'membership' && !removes(operation));
  const such = await tx.one<{ done: boolean; first: boolean; groups: boolean }>(
    `select exists (select from directory.places where connection_id = $2 and created_run = $1) as done,
            exists (select from load.new_group where run_id = $1) as groups,
            not exists (select from load.new_place where run_id = $1)
              and not exists (select from directory.places where connection_id = $2 and not local) as first`,
    [run.runId, run.connectionId],
  );
  if (such.done || planned.length === 0) return;
  const sources = [
    ...(such.groups ? [placesOfGroups(such.first && schools.length === 0)] : []),
    'select group_key, person_key, role from load.new_place where run_id = $1 and school <> all ($4)',
  ];
  const { count } = await tx.one<{ count: number }>(
    `with made as (
       insert into directory.places (connection_id, organisation_id, group_key, role, created_run, persons, hash)
       select $2, $3, s.group_key, s.role, $1, array_agg(s.person_key), sum(${placeHash}) from (${sources.join(' union all ')}) s
        ${recordsHeld ? `where ${parentsThere}` : ''}
        group by s.group_key, s.role
       returning cardinality(persons) as places
     ) select coalesce(sum(places), 0)::bigint as count from made`,
    [run.runId, run.connectionId, run.organisationId, schools],
  );
  if (recordsHeld) return;
  // Staging that the plan read can only give the plan's rows; a second look at a million of them is for one loaded again.
  expectPlanned(planned, 'membership', asPlanned ? { count } : await insertedPlaces(tx, run));
}

/** Places of groups that have none yet: on a first load, all that is staged. */
function placesOfGroups(all: boolean): string {
  const places = `select parent_key as group_key, person_key, role from load.membership
    where run_id = $1 and parent_kind = 'group' and standing = 'valid'`;
  const groups = 'select group_key from load.new_group where run_id = $1 and school <> all ($4)';
  return all ? places : `${places} and parent_key in (${groups})`;
}

const parentsThere = `
  exists (select from directory.person p
           where p.connection_id = $2 and p.sync_key = s.person_key and p.state = 'active')
  and exists (select from directory.group g
               where g.connection_id = $2 and g.sync_key = s.group_key and g.state = 'active')`;

function insertedPlaces(tx: Transaction, run: RunRef): Promise<Inserted> {
  return tx.one<Inserted>(
    `select coalesce(sum(new_rows), 0)::bigint as count, coalesce(${placesDigest}, '0') as digest
       from (
         select group_key, count(*) as new_rows, sum(${placeHash}) as new_hash from directory.membership
          where connection_id = $1 and created_run = $2 group by group_key
       ) n`,
    [run.connectionId, run.runId],
  );
}

interface Inserted {
  readonly count: number;
  readonly digest?: string;
}

function heldSchools(held: readonly HeldCell[], kind: ChangeKind): string[] {
  return held.filter((cell) => cell.kind === kind && cell.operation === 'insert').map((cell) => cell.school);
}

function insertsOf(cells: readonly DirectoryCell[], kind: ChangeKind, held: readonly string[]): InsertCell[] {
  return cells.filter(
    (cell): cell is InsertCell =>
      'digest' in cell && cell.kind === kind && cell.operation === 'insert' && !held.includes(cell.school),
  );
}

function expectPlanned(planned: readonly InsertCell[], kind: ChangeKind, inserted: Inserted): void {
  const count = planned.reduce((sum, cell) => sum + cell.count, 0);
  const digest = planned.reduce((sum, cell) => sum + BigInt(cell.digest), 0n);
  if (inserted.count === count && (inserted.digest === undefined || BigInt(inserted.digest) === digest)) return;
  throw new RollcallError(
    'STAGING_DIFFERS',
    `The plan has ${count} new ${kind} rows, staging gave ${inserted.count}, or others.`,
  );
}
