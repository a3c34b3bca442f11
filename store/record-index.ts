import type { Window } from '../roster/window.ts';
import { withoutStatistics } from './api-plan/scope.ts';
import type { Transaction } from './database.ts';
import { named } from './named.ts';
import type { RunRef } from './steps.ts';

/**
 * Keeps what the source said of each staged record, for people who look for it later: staging is emptied with the run.
 * Nothing is written for a record of which the source said the same before. Runs as the loader.
 */
export async function keepRecords(tx: Transaction, run: RunRef, window: Window): Promise<void> {
  const scope = { ...run, fromInstant: window.fromInstant, toInstant: window.toInstant };
  await tx.execute(withoutStatistics);
  await tx.execute(...named(keepSaid, scope));
  await tx.execute(...named(noteAbsent, scope));
}

const keepSaid = `
with people as (
  select parent_key as sync_key, array_agg(distinct person_key order by person_key) as people
    from load.membership where run_id = :runId and parent_kind = 'lesson' group by parent_key
), said as (
  select 'person' as kind, sync_key, masked(protected, btrim(given_name || ' ' || family_name)) as label,
         case when protected then '' else email end as email, '' as source_id, null::timestamptz as starts_at,
         '{}'::text[] as people, standing, protected from load.person where run_id = :runId
  union all
  select 'group', sync_key, title, '', '', null, '{}', standing, false from load.group where run_id = :runId
  union all
  select 'lesson', l.sync_key, l.title, '', l.source_id, l.starts_at, coalesce(p.people, '{}'), l.standing, false
    from load.lesson l left join people p using (sync_key) where l.run_id = :runId
)
insert into record as r (connection_id, organisation_id, kind, sync_key, label, email, source_id, starts_at, people, standing,
                         protected, first_run, first_seen_at, changed_run)
select :connectionId, :organisationId, kind, sync_key, label, email, source_id, starts_at, people, standing,
       protected, :runId, clock_timestamp(), :runId from said
on conflict (connection_id, kind, sync_key) do update
  set label = excluded.label, email = excluded.email, source_id = excluded.source_id, starts_at = excluded.starts_at,
      people = excluded.people, standing = excluded.standing, protected = excluded.protected,
      changed_run = excluded.changed_run, absent_run = null, absent_since = null
  where (r.label, r.email, r.source_id, r.starts_at, r.people, r.standing, r.protected, r.absent_run)
        is distinct from (excluded.label, excluded.email, excluded.source_id, excluded.starts_at, excluded.people,
                          excluded.standing, excluded.protected, null::uuid)`;

// Absence means something only within what the snapshot covers: a person who is merely not referenced is not gone.
const noteAbsent = `
update record r set absent_run = :runId, absent_since = clock_timestamp(), changed_run = :runId
  from run x join snapshot s using (snapshot_id)
 where x.run_id = :runId and r.connection_id = :connectionId and r.absent_run is null
   and (s.scopes @> jsonb_build_array(jsonb_build_object('kind', r.kind, 'coverage', 'complete'))
        or r.kind = 'lesson' and s.scopes @> '[{"kind": "lesson", "coverage": "window"}]'
           and r.starts_at >= :fromInstant::timestamptz and r.starts_at < :toInstant::timestamptz)
   and not exists (select from load.person p where r.kind = 'person' and p.run_id = :runId and p.sync_key = r.sync_key)
   and not exists (select from load.group g where r.kind = 'group' and g.run_id = :runId and g.sync_key = r.sync_key)
   and not exists (select from load.lesson l where r.kind = 'lesson' and l.run_id = :runId and l.sync_key = r.sync_key)`;
