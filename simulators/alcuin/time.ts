import { DateTime } from 'luxon';

/** Every school of the simulator is in France. */
export const zone = 'Europe/Paris';

/** Wall clock to the wire's form: local ISO with the offset of that day, `2026-11-26T09:00:00+01:00`. */
export function withOffset(local: string): string {
  return iso(DateTime.fromISO(local, { zone }));
}

/** Wall clock as the agenda pages of the product write it: `26/11/2026 08h30`. */
export function asAgenda(local: string): string {
  return DateTime.fromISO(local, { zone }).toFormat("dd/MM/yyyy HH'h'mm");
}

/** A UTC instant as local ISO with its offset. */
export function instantWithOffset(instant: string): string {
  return iso(DateTime.fromISO(instant, { zone }).startOf('second'));
}

/** Any ISO time to the wall clock kept in the state; without an offset it is read as Paris time. */
export function toWallClock(text: string): string {
  const time = DateTime.fromISO(text, { zone });
  if (!time.isValid) throw new RangeError(`not a time: ${text}`);
  return time.toFormat("yyyy-MM-dd'T'HH:mm:ss");
}

/** `YYYYMMDD` of a request to `YYYY-MM-DD`; undefined when it is not a day of the calendar. */
export function readDay(text: string | undefined): string | undefined {
  if (text === undefined || !/^\d{8}$/.test(text)) return undefined;
  const day = DateTime.fromFormat(text, 'yyyyMMdd', { zone });
  return day.isValid ? day.toFormat('yyyy-MM-dd') : undefined;
}

function iso(time: DateTime): string {
  const text = time.toISO({ suppressMilliseconds: true });
  if (text === null) throw new RangeError('not a time');
  return text;
}
