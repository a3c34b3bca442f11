import { DateTime } from 'luxon';

/** The stretch of lessons a run looks at: local dates, both included, and the same as instants (end exclusive). */
export interface Window {
  readonly fromDate: string;
  readonly toDate: string;
  readonly fromInstant: string;
  readonly toInstant: string;
  readonly zone: string;
}

/** Today to today + `days` calendar days, both included, in the school's zone at the run's fixed `asOf`. */
export function lessonWindow(asOf: string, days: number, zone: string): Window {
  const today = DateTime.fromISO(asOf, { zone }).startOf('day');
  return windowBetween(today, today.plus({ days }));
}

/** `days` calendar days back to today, both included: the lessons whose attendance is still read. */
export function trailingWindow(asOf: string, days: number, zone: string): Window {
  const today = DateTime.fromISO(asOf, { zone }).startOf('day');
  return windowBetween(today.minus({ days }), today);
}

function windowBetween(from: DateTime, to: DateTime): Window {
  return {
    fromDate: from.toFormat('yyyy-MM-dd'),
    toDate: to.toFormat('yyyy-MM-dd'),
    // Where the clock changes at midnight, a day begins at 01:00, and days counted from it would begin at 01:00 too.
    fromInstant: utc(from.startOf('day')),
    toInstant: utc(to.plus({ days: 1 }).startOf('day')),
    zone: from.zoneName ?? 'UTC',
  };
}

function utc(moment: DateTime): string {
  return new Date(moment.toMillis()).toISOString();
}
