import { nextRun } from '../roster/coming-runs.ts';
import { readSchedule, readTimeFacts } from '../store/calendar.ts';
import { businessNow } from '../store/clock.ts';
import type { Transaction } from '../store/database.ts';

/** When a connection next sends records down by itself, as an ISO instant; undefined where nobody knows. */
export async function nextRunOf(tx: Transaction, connectionId: string): Promise<string | undefined> {
  const { schedule, slot, mode } = await readSchedule(tx, connectionId);
  if (schedule === null || mode === 'trial') return undefined;
  return nextRun({ schedule, slot }, await readTimeFacts(tx, connectionId), await businessNow(tx));
}
