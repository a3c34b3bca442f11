import { DateTime } from 'luxon';

/** The platform announces its weekly maintenance in UTC+1, in summer too (documented). */
const zone = 'UTC+1';
const saturday = 6;
const fromHour = 16;
const toHour = 22;

/** Whether the announced maintenance may be on: Saturdays from 16:00 to 22:00. */
export function isMaintenanceTime(now: Date): boolean {
  const local = DateTime.fromJSDate(now, { zone });
  return local.weekday === saturday && local.hour >= fromHour && local.hour < toHour;
}
