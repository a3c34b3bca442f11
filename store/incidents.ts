import type { Transaction } from './database.ts';

/** One trouble of many: a code at an outside system, over how many connections. Ids and counts only. */
export interface Incident {
  readonly code: string;
  /** The outside system it is about; empty where it is ours. */
  readonly system: string;
  readonly organisations: number;
  readonly connections: number;
  readonly since: string;
}

/** What the newest runs failed with, by code and system, the most widespread first. */
export function listIncidents(tx: Transaction): Promise<Incident[]> {
  return tx.query<Incident>(
    `select r.code, case when r.code like 'SOURCE%' then c.source_system when r.code like 'TARGET%' then c.target_system else '' end as system,
            count(distinct c.organisation_id) as organisations, count(*) as connections, min(r.ended_at) as since
       from operator.connection_index c
      cross join lateral (select * from operator.run_index l
                           where l.connection_id = c.connection_id and l.state not in ('refused', 'working')
                           order by l.number desc limit 1) r
      where not c.removed and r.state in ('failed', 'lost') and r.code is not null
      group by 1, 2 order by 3 desc, 4 desc, 1`,
  );
}
