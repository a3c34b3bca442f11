import type { Transaction } from './database.ts';

/** A measure of the store, over all organisations: ids, codes and counts only. */
export interface StoreGauge {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  /** Gives a column for each label and one called value. `$1` is the codes that are retried by themselves. */
  readonly sql: string;
}

/** One value of a gauge with its labels. */
export interface Reading {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const ageOf = (instant: string) => `extract(epoch from clock_timestamp() - ${instant})::float8`;

/** The newest run of each connection that was let in, where it failed. */
const newestFailed = `
  select c.organisation, c.connection, r.code, r.code = any($1::text[]) as passes
    from operator.gauge_connection c
   cross join lateral (select l.state, l.code from operator.run_index l
                        where l.connection_id = c.connection_id and l.state <> 'refused' order by l.number desc limit 1) r
   where r.state in ('failed', 'lost')`;

/** To measure something more, add an entry: its name then is on /metrics. Tables that it needs go into a view of operator. */
export const storeGauges: readonly StoreGauge[] = [
  {
    name: 'rollcall_runs_last_day',
    help: 'Runs that began within 24 hours, by state and code.',
    labels: ['state', 'code'],
    sql: `select state, coalesce(code, '') as code, count(*) as value from operator.run_index
           where started_at > clock_timestamp() - interval '24 hours' group by 1, 2`,
  },
  {
    name: 'rollcall_runs_at_work',
    help: 'Runs at work.',
    labels: [],
    sql: `select count(*) as value from operator.run_index where state = 'working'`,
  },
  {
    name: 'rollcall_oldest_run_at_work_seconds',
    help: 'Age of the run that is at work longest; 0 when there is none.',
    labels: [],
    sql: `select coalesce(max(${ageOf('started_at')}), 0) as value from operator.run_index where state = 'working'`,
  },
  {
    name: 'rollcall_open_holds',
    help: 'Holds that wait for a decision.',
    labels: [],
    sql: `select count(*) as value from operator.hold_index where state = 'open'`,
  },
  {
    name: 'rollcall_oldest_open_hold_seconds',
    help: 'Age of the hold that waits longest; 0 when there is none.',
    labels: [],
    sql: `select coalesce(max(${ageOf('opened_at')}), 0) as value from operator.hold_index where state = 'open'`,
  },
  {
    name: 'rollcall_open_findings',
    help: 'Open findings, by code.',
    labels: ['code'],
    sql: 'select code, findings as value from operator.gauge_finding',
  },
  {
    name: 'rollcall_seconds_since_success',
    help: 'Since the last completed run of a connection; in trial a plan counts. Since it was made or went live when there was none.',
    labels: ['organisation', 'connection', 'mode'],
    sql: `select c.organisation, c.connection, c.mode,
                 ${ageOf('coalesce(r.ended_at, c.live_since, c.created_at)')} as value
            from operator.gauge_connection c
            left join lateral (select ended_at from operator.run_index l
                                where l.connection_id = c.connection_id and l.state = 'completed'
                                  and (c.mode = 'trial' or not l.plan_only)
                                order by ended_at desc limit 1) r on true`,
  },
  {
    name: 'rollcall_failed_connections',
    help: 'Connections whose newest run failed, by code, and whether the sweep tries again by itself or a person must act.',
    labels: ['code', 'retry'],
    sql: `select coalesce(code, '') as code, case when passes then 'sweep' else 'person' end as retry, count(*) as value
            from (${newestFailed}) f group by 1, 2`,
  },
  {
    name: 'rollcall_outbox_messages',
    help: 'Messages that nobody was sent yet.',
    labels: [],
    sql: 'select count(*) as value from operator.undelivered_message',
  },
  {
    name: 'rollcall_outbox_oldest_seconds',
    help: 'Age of the oldest message that nobody was sent yet; 0 when there is none.',
    labels: [],
    sql: `select coalesce(max(${ageOf('created_at')}), 0) as value from operator.undelivered_message`,
  },
  {
    name: 'rollcall_account_rate_used',
    help: 'Share of the next second of an account’s rate that is taken; 1 when requests stand in line.',
    labels: ['organisation', 'account', 'system', 'rate_class'],
    sql: 'select organisation, account, system, rate_class, used as value from operator.gauge_rate',
  },
  {
    name: 'rollcall_snapshot_bytes',
    help: 'What snapshots say they hold, before compression.',
    labels: ['organisation'],
    sql: 'select organisation, bytes as value from operator.gauge_snapshot',
  },
  {
    name: 'rollcall_seconds_since_sweep',
    help: 'Since the sweep last succeeded, on whichever worker.',
    labels: [],
    sql: `select ${ageOf('done_at')} as value from operator.last_done where what = 'sweep'`,
  },
];

/** Every gauge's values now, by name. A few indexed reads, however many connections there are. */
export async function readGauges(tx: Transaction, retried: readonly string[]): Promise<Map<string, Reading[]>> {
  await tx.execute("set local statement_timeout = '5s'");
  const readings = new Map<string, Reading[]>();
  for (const { name, labels, sql } of storeGauges) {
    const values = sql.includes('$1') ? [retried] : [];
    const rows = await tx.query<Record<string, string | number>>(sql, values);
    readings.set(
      name,
      rows.map((row) => ({
        labels: Object.fromEntries(labels.map((label) => [label, String(row[label])])),
        value: Number(row['value']),
      })),
    );
  }
  return readings;
}

/** Notes that something was done just now, such as the sweep. */
export async function noteDone(tx: Transaction, what: string): Promise<void> {
  await tx.execute(
    `insert into operator.last_done (what) values ($1) on conflict (what) do update set done_at = clock_timestamp()`,
    [what],
  );
}
