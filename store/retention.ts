import type { Database } from './database.ts';

/** What a purge took away. */
export interface Purged {
  readonly snapshots: number;
  readonly runs: number;
  readonly findings: number;
  readonly commands: number;
}

/**
 * Removes what an organisation no longer keeps: snapshots after `keep_snapshots_days` (never the newest of a connection,
 * nor one that a run at work reads), reads that did not finish, and runs, changes, closed findings and holds, messages and audit rows after
 * `keep_history_days`; what a source said of records that are long gone. What is known of the target, its links and open findings stay.
 */
export async function purge(db: Database, organisationId: string): Promise<Purged> {
  return db.organisation(organisationId, async (tx) => {
    const { snapshot_age: snapshotAge, history_age: historyAge } = await tx.one<{
      snapshot_age: string;
      history_age: string;
    }>(
      `select clock_timestamp() - keep_snapshots_days * interval '1 day' as snapshot_age,
              clock_timestamp() - keep_history_days * interval '1 day' as history_age
         from organisation where organisation_id = $1`,
      [organisationId],
    );
    const snapshots = await tx.execute(
      `delete from snapshot s
        where not exists (select from run r where r.state = 'working' and (r.run_id = s.run_id or r.snapshot_id = s.snapshot_id))
          and (s.state = 'reading' or (s.created_at < $1 and exists (
            select from snapshot newer where newer.connection_id = s.connection_id and newer.state = 'committed'
               and newer.created_at > s.created_at)))`,
      [snapshotAge],
    );
    // Long after its day nobody asks any more when a lesson was first seen.
    await tx.execute('delete from lesson_seen where local_date < $1::date', [snapshotAge]);
    const findings = await tx.execute('delete from finding where closed_at < $1', [historyAge]);
    const runs = await tx.execute(
      `delete from run r where r.state <> 'working' and r.ended_at < $1
          and not exists (select from run later where later.retry_of = r.run_id)`,
      [historyAge],
    );
    await tx.execute('delete from record where absent_since < $1 or starts_at < $1', [historyAge]);
    await tx.execute(forgotten, [historyAge]);
    await tx.execute('delete from message where created_at < $1', [historyAge]);
    await tx.execute(
      `delete from hold h where h.state <> 'open' and h.closed_at < $1
          and not exists (select from hold_change c where c.hold_id = h.hold_id and c.state in ('approved', 'rejected'))
          and not exists (select from hold older where older.replaced_by = h.hold_id)`,
      [historyAge],
    );
    const commands = await tx.execute(
      `delete from command c where c.created_at < $1 and not exists (select from run r where r.command_id = c.command_id)
          and not exists (select from hold_change h where h.command_id = c.command_id)
          and not exists (select from match_decision m where m.command_id = c.command_id)`,
      [historyAge],
    );
    return { snapshots, runs, findings, commands };
  });
}

// Of whom a source speaks only where a lesson names them, it never says that they are gone: they go when for so long nothing
// was said of them, no lesson that is still kept names them, and they are not at the target.
const forgotten = `
  delete from record r
   where r.kind <> 'lesson' and r.first_seen_at < $1
     and not exists (select from run c where c.run_id = r.changed_run)
     and not exists (select from snapshot s where s.connection_id = r.connection_id and s.state = 'committed'
                        and s.scopes @> jsonb_build_array(jsonb_build_object('kind', r.kind, 'coverage', 'complete')))
     and not exists (select from link k where k.connection_id = r.connection_id and k.sync_key = r.sync_key and k.kind = any(
                        case r.kind when 'person' then array['instructor', 'learner', 'person'] else array[r.kind] end))
     and (r.connection_id, r.sync_key collate "C") not in (
           select l.connection_id, unnest(l.people) collate "C" from record l where l.kind = 'lesson')`;
