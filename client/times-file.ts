import { DateTime, IANAZone } from 'luxon';
import { z } from 'zod';
import { type Calendar, isDate } from '../roster/calendar.ts';
import { holidayCountries, isHolidayPlace } from '../roster/holidays.ts';
import { nightlyWindow, type Schedule, usualWindows } from '../roster/schedule.ts';

/** Name of a time zone in a configuration file. */
export const zone = z
  .string()
  .refine((name) => IANAZone.isValidZone(name), 'must be an IANA zone, as in "Europe/Paris"');

const moment = z
  .string()
  .refine(
    (text) => /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2})?$/.test(text) && DateTime.fromISO(text).isValid,
    'must be a date, as in 2026-12-19, or a local time, as in 2026-12-19T18:00',
  );
const range = z
  .strictObject({ name: z.string().min(1), from: moment, to: moment })
  .refine(({ from, to }) => (isDate(to) ? from.slice(0, 10) <= to : from < to), 'must not end before it begins');
const weekdays = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;

/** What an organisation says of its days. */
export const calendar = z.strictObject({
  publicHolidays: z
    .string()
    .refine(isHolidayPlace, `must be a country (${holidayCountries.join(', ')}) or one of its regions, as in "US-CA"`)
    .optional(),
  schoolFreeWeekdays: z.array(z.enum(weekdays)).optional(),
  schoolFree: z.array(range).optional(),
  blackouts: z.array(range).optional(),
  addOnly: z.array(range).optional(),
  testing: z.array(range.safeExtend({ schools: z.array(z.string().min(1)).min(1).optional() })).optional(),
});

/** When a connection runs by itself. */
export const schedule = z.union(
  [
    z.enum(['twice-a-day', 'nightly', 'none']),
    z.strictObject({ windows: z.array(z.string()).min(1), timeZone: zone.optional() }),
    z.strictObject({ cron: z.array(z.string()).min(1), timeZone: zone.optional() }),
  ],
  { error: 'must be "twice-a-day", "nightly", "none", or have "windows" or "cron", as a list' },
);

export type GivenSchedule = z.infer<typeof schedule>;

/** A schedule as the store keeps it: its words spelt out, its zone named. */
export function scheduleIn(given: GivenSchedule, organisationZone: string): Schedule | null {
  if (given === 'none') return null;
  if (given === 'twice-a-day') return { zone: organisationZone, windows: usualWindows };
  if (given === 'nightly') return { zone: organisationZone, windows: [nightlyWindow] };
  const { timeZone = organisationZone, ...times } = given;
  return { zone: timeZone, ...times };
}

/** Without what is not given, so that a file says the same as the store. */
export function calendarIn({ schoolFreeWeekdays, ...rest }: z.infer<typeof calendar>): Calendar {
  const days = schoolFreeWeekdays?.map((day) => weekdays.indexOf(day) + 1);
  return JSON.parse(JSON.stringify({ ...rest, schoolFreeWeekdays: days })) as Calendar;
}
