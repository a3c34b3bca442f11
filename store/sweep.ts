import type { Transaction } from './database.ts';

/** Every organisation, by id. */
export async function organisationIds(tx: Transaction): Promise<string[]> {
  const rows = await tx.query<{ id: string }>('select organisation_id as id from operator.organisation_index');
  return rows.map(({ id }) => id);
}

/** Runs that say they are at work, of all organisations; the youngest are left alone. */
export function runsAtWork(tx: Transaction): Promise<{ organisationId: string; runId: string; workflowId: string }[]> {
  return tx.query(
    `select organisation_id as "organisationId", run_id as "runId", workflow_id as "workflowId" from operator.run_index
      where state = 'working' and started_at < clock_timestamp() - interval '10 seconds'`,
  );
}

/** Connections with a remembered request and no run at work. */
export function waitingFollowUps(
  tx: Transaction,
): Promise<{ organisationId: string; connectionId: string; organisationCode: string; connectionCode: string }[]> {
  return tx.query(
    `select organisation_id as "organisationId", connection_id as "connectionId", organisation_code as "organisationCode",
            connection_code as "connectionCode"
       from operator.connection_index c
      where follow_up_waits and not removed
        and not exists (select from operator.run_index r where r.connection_id = c.connection_id and r.state = 'working')`,
  );
}

/** How many retries by the sweep led to a run, and how long ago it ended. */
export function retriesInARow(tx: Transaction, runId: string): Promise<{ before: number; endedMsAgo: number }> {
  return tx.one(
    `with recursive chain as (
       select run_id, retry_of, trigger, ended_at, 0 as depth from run where run_id = $1
       union all
       select r.run_id, r.retry_of, r.trigger, r.ended_at, depth + 1 from chain join run r on r.run_id = chain.retry_of
        where chain.trigger = 'sweep' and depth < 20
     )
     select count(*) filter (where trigger = 'sweep') as before,
            (select (extract(epoch from clock_timestamp() - ended_at) * 1000)::bigint from run where run_id = $1) as "endedMsAgo"
       from chain`,
    [runId],
  );
}
