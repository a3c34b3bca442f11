import type { Transaction } from '../database.ts';
import type { RunRef } from '../steps.ts';
import { type CompleteKinds, type DirectoryCell, insertChanges, markStrays, placeHash, placesDigest } from './kinds.ts';

/**
 * Plans the memberships of a run. A place has no content beside its key, so a roster is told from another by the number
 * and the sum of its places: one pass over each side, and only rosters that differ are compared place by place.
 *
 * Comes after persons and groups, whose deletes take places with them.
 */
export async function planMemberships(tx: Transaction, run: RunRef, complete: CompleteKinds): Promise<DirectoryCell[]> {
  await sumUp(tx, run, complete);
  await tx.execute(compareRosters, [run.runId, run.connectionId]);
  await tx.execute(insertChanges('membership', gonePlaces), [
    run.runId,
    run.connectionId,
    run.organisationId,
    complete.has('group'),
  ]);
  for (const note of notes) await tx.execute(note, [run.runId]);
  return tx.query<DirectoryCell>(
    `with base as (select school, sum(known_rows)::bigint as rows from roster group by school)
     select 'membership' as kind, c.*, coalesce(b.rows, 0) as base
       from (
         select 'insert' as operation, school, sum(new_rows)::bigint as count, ${placesDigest} as digest
           from (${newPlaces}) n group by school
         union all
         select operation, school, count(*), null from change where run_id = $1 and kind = 'membership' group by 1, 2
       ) c left join base b using (school)
      order by 2, 3`,
    [run.runId],
  );
}

/**
 * Makes the table of rosters. Strays are looked for in the same pass; there are seldom any, and then it is made again
 * without them.
 */
async function sumUp(tx: Transaction, run: RunRef, complete: CompleteKinds): Promise<void> {
  const values = [run.runId, run.connectionId, complete.has('group')];
  if (!complete.has('person')) await markStrays(tx, run, 'person', complete);
  await tx.execute(sumUpRosters, values);
  const { persons, groups } = await tx.one<{ persons: boolean; groups: boolean }>(
    `select exists (select from roster where strays > 0) as persons,
            exists (select from roster where valid_rows > 0 and not open) as groups`,
  );
  if (groups) await markStrays(tx, run, 'group', complete);
  if (persons && complete.has('person')) {
    await markStrays(tx, run, 'person', complete);
    await tx.execute('drop table roster');
    await tx.execute(sumUpRosters, values);
  }
  await tx.execute('analyze roster (group_key, known_rows, open)');
}

// What each side has of a group. `open` groups take what the source says; those that are invalid, or of which it said
// nothing, keep what they have; those that are gone lose it.
//
// The condition on staging is wrapped because without statistics a planner expects next to no rows of the plain one, and
// then sorts a million of them on one processor.
const sumUpRosters = `
  create temp table roster on commit drop as
  select group_key, coalesce(s.rows, 0) as staged_rows, s.hash as staged_hash,
         coalesce(s.rows - s.invalid_rows, 0) as valid_rows, s.hash - coalesce(s.invalid_hash, 0) as valid_hash,
         coalesce(s.strays, 0) as strays,
         coalesce(k.rows, 0) as known_rows, k.hash as known_hash,
         coalesce(d.school, g.school, '') as school,
         coalesce(g.standing = 'valid' or (not $3 and g.standing is null and d.state = 'active'), false) as open,
         coalesce(d.state = 'trashed' and g.standing is distinct from 'valid', false) or c.sync_key is not null as gone
    from (
      select m.parent_key as group_key, count(*) as rows, sum(${placeHash}) as hash,
             count(*) filter (where m.standing = 'invalid') as invalid_rows,
             sum(${placeHash}) filter (where m.standing = 'invalid') as invalid_hash,
             count(*) filter (where p.sync_key is null) as strays
        from load.membership m
        left join load.person p on p.run_id = $1 and p.sync_key = m.person_key and p.standing = 'valid'
       where coalesce(m.run_id = $1 and m.parent_kind = 'group' and m.standing in ('valid', 'invalid'), false)
       group by m.parent_key
    ) s full join (
      select group_key, sum(cardinality(persons)) as rows, sum(hash) as hash
        from directory.places where connection_id = $2 and not local group by group_key
    ) k using (group_key)
    left join load.group g on g.run_id = $1 and g.sync_key = group_key
    left join directory.group d on d.connection_id = $2 and d.sync_key = group_key
    left join change c on c.run_id = $1 and c.kind = 'group' and c.operation = 'delete' and c.sync_key = group_key`;

const differs = `r.known_rows > 0 and (not r.open or r.staged_rows <> r.known_rows or r.staged_hash is distinct from r.known_hash)`;

// Of the rosters that differ, the places that only one side has.
const compareRosters = `
  create temp table place on commit drop as
  select group_key, person_key, role, k.known is null as is_new
    from (
      select m.parent_key as group_key, m.person_key, m.role, m.standing
        from load.membership m join roster r on r.group_key = m.parent_key and r.open and ${differs}
       where m.run_id = $1 and m.parent_kind = 'group' and m.standing in ('valid', 'invalid')
    ) s full join (
      select p.group_key, unnest(p.persons) as person_key, p.role, true as known
        from directory.places p join roster r on r.group_key = p.group_key and ${differs}
       where p.connection_id = $2 and not p.local
    ) k using (group_key, person_key, role)
   where s.standing is null or (k.known is null and s.standing = 'valid')`;

const gonePlaces = `
  select 'delete' as operation, group_key || '|' || person_key || '|' || role as sync_key, r.school,
         jsonb_build_object('group', group_key, 'person', person_key, 'role', role) as before, '{}'::jsonb as after
    from place join roster r using (group_key)
    left join load.person s on s.run_id = $1 and s.sync_key = person_key
    left join change c on c.run_id = $1 and c.kind = 'person' and c.operation = 'delete' and c.sync_key = person_key
   where not is_new
     and (r.gone or c.sync_key is not null or ($4 and r.open and s.standing is distinct from 'invalid'))`;

// What the application inserts: groups as they are staged, and places one by one.
const notes = [
  `insert into load.new_group (run_id, school, group_key)
   select $1, school, group_key from roster where open and known_rows = 0 and valid_rows > 0`,
  `insert into load.new_place (run_id, school, group_key, person_key, role)
   select $1, school, group_key, person_key, role from place join roster using (group_key) where is_new`,
];

const newPlaces = `
  select group_key, school, valid_rows as new_rows, valid_hash as new_hash
    from roster where open and known_rows = 0 and valid_rows > 0
  union all
  select group_key, min(r.school), count(*), sum(${placeHash})
    from place join roster r using (group_key) where is_new group by group_key`;
