import type { Calendar, TimeFacts } from '../roster/calendar.ts';
import type { Schedule } from '../roster/schedule.ts';
import type { Database, Transaction } from './database.ts';
import { pausesOf } from './pauses.ts';

/**
 * What time says about a connection: its organisation's calendar and the pauses that cover it; for looking back, also pauses
 * that ended after an instant.
 */
export async function readTimeFacts(
  tx: Transaction,
  connectionId: string,
  since: string | null = null,
): Promise<TimeFacts> {
  const facts = await tx.one<{ zone: string; calendar: Calendar; runsOnSchoolFreeDays: boolean }>(
    `select o.time_zone as zone, o.calendar, c.runs_on_school_free_days as "runsOnSchoolFreeDays"
       from connection c join organisation o using (organisation_id) where c.connection_id = $1`,
    [connectionId],
  );
  return { ...facts, pauses: await pausesOf(tx, connectionId, since) };
}

/** The zone of an organisation's school, and business time. */
export function schoolTime(tx: Transaction, organisationId: string): Promise<{ zone: string; now: string }> {
  return tx.one('select time_zone as zone, business_now() as now from organisation where organisation_id = $1', [
    organisationId,
  ]);
}

/** When a connection runs by itself; without a schedule, never. */
export function readSchedule(
  tx: Transaction,
  connectionId: string,
): Promise<{ schedule: Schedule | null; slot: number; mode: 'trial' | 'live' }> {
  return tx.one('select schedule, slot, mode from connection where connection_id = $1', [connectionId]);
}

/** A connection that runs by itself. */
export interface ScheduledConnection {
  readonly organisationId: string;
  readonly organisationCode: string;
  readonly connectionId: string;
  readonly connectionCode: string;
  readonly slot: number;
  readonly schedule: Schedule;
  /** What its Schedule in Temporal was last told; null where it has none. */
  readonly told: string | null;
}

/** Every live connection with a schedule, of all organisations. */
export function scheduledConnections(tx: Transaction): Promise<ScheduledConnection[]> {
  return tx.query<ScheduledConnection>(
    `select organisation_id as "organisationId", organisation_code as "organisationCode", connection_id as "connectionId",
            connection_code as "connectionCode", slot, schedule, schedule_told as told
       from operator.schedule_index order by slot`,
  );
}

/** Notes what the Schedule of a connection in Temporal was told. */
export async function noteScheduleTold(tx: Transaction, connectionId: string, told: string): Promise<void> {
  await tx.execute('update connection set schedule_told = $2 where connection_id = $1', [connectionId, told]);
}

/** A connection has no Schedule any more: it is in trial again, runs only when asked, or was removed. */
export async function forgetScheduleTold(db: Database, organisationCode: string, code: string): Promise<void> {
  const [organisation] = await db.operator((tx) =>
    tx.query<{ id: string }>('select organisation_id as id from operator.organisation_index where code = $1', [
      organisationCode,
    ]),
  );
  if (organisation === undefined) return;
  await db.organisation(organisation.id, (tx) =>
    tx.execute('update connection set schedule_told = null where code = $1', [code]),
  );
}

/** How a connection's runs by themselves went, in business time, for whoever listens for silence. */
export interface RunsOfLate {
  readonly now: string;
  /** Since when it runs as it does: when it went live, or its settings were changed. */
  readonly since: string;
  /** When its newest completed run that wrote ended; null where none did. */
  readonly lastSuccessAt: string | null;
  /** Why the newest run after that did not complete. */
  readonly lastCode: string | null;
}

export function runsOfLate(tx: Transaction, connectionId: string): Promise<RunsOfLate> {
  return tx.one<RunsOfLate>(
    `select business_now() as now, greatest(c.live_since, c.changed_at) as since,
            good.at as "lastSuccessAt", bad.code as "lastCode"
       from connection c
       left join lateral (select number, as_of + (ended_at - started_at) as at from run
         where connection_id = c.connection_id and state = 'completed' and kind = 'sync' and not plan_only
         order by number desc limit 1) good on true
       left join lateral (select code from run
         where connection_id = c.connection_id and number > coalesce(good.number, 0) and state <> 'completed'
         order by number desc limit 1) bad on true
      where c.connection_id = $1`,
    [connectionId],
  );
}
