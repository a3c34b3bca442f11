import type { Calendar, TimeFacts } from '../roster/calendar.ts';
import type { Schedule } from '../roster/schedule.ts';
import type { Transaction } from './database.ts';
import { pausesOf } from './pauses.ts';

/** What time says about a connection: its organisation's calendar and the pauses that cover it. */
export async function readTimeFacts(tx: Transaction, connectionId: string): Promise<TimeFacts> {
  const facts = await tx.one<{ zone: string; calendar: Calendar; runsOnSchoolFreeDays: boolean }>(
    `select o.time_zone as zone, o.calendar, c.runs_on_school_free_days as "runsOnSchoolFreeDays"
       from connection c join organisation o using (organisation_id) where c.connection_id = $1`,
    [connectionId],
  );
  return { ...facts, pauses: await pausesOf(tx, connectionId) };
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
}

/** Every live connection with a schedule, of all organisations. */
export function scheduledConnections(tx: Transaction): Promise<ScheduledConnection[]> {
  return tx.query<ScheduledConnection>(
    `select organisation_id as "organisationId", organisation_code as "organisationCode", connection_id as "connectionId",
            connection_code as "connectionCode", slot, schedule
       from operator.schedule_index order by slot`,
  );
}
