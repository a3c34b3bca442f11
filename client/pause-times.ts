import { DateTime } from 'luxon';
import { isDate } from '../roster/calendar.ts';

/** A pause's beginning or end that cannot be read: what to write instead. */
export class PauseTimeError extends Error {}

/**
 * The instant of `--from` or `--until`: a date means its first moment at the school, so that a pause until a date ends as
 * that day begins; a local time means that time there; with an offset it means itself.
 */
export function instantOf(text: string, zone: string): string {
  const given = text.trim();
  const form = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/;
  const moment = DateTime.fromISO(given.replace(' ', 'T'), { zone });
  if (!form.test(given) || !moment.isValid) {
    throw new PauseTimeError(`"${text}" is no date, as in 2027-07-03, and no local time, as in 2027-07-03T18:00.`);
  }
  return new Date((isDate(given) ? moment.startOf('day') : moment).toMillis()).toISOString();
}
