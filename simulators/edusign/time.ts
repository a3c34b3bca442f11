import { DateTime } from 'luxon';
import { BusinessError } from './envelope.ts';

/**
 * A time of a request as a UTC instant with milliseconds. Text without an offset is read in the school's zone (assumed:
 * clients send naive wall clock and read UTC back); a space in place of `T` passes (seen in code).
 */
export function readInstant(text: string, zone: string, field: string): string {
  const time = DateTime.fromISO(text.trim().replace(' ', 'T'), { zone });
  if (!time.isValid) throw new BusinessError([`${field} must be a valid date`]);
  return toInstant(time);
}

/** The end of a filter: a bare day means the whole of that day. */
export function readFilterEnd(text: string, zone: string, field: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return readInstant(text, zone, field);
  const day = DateTime.fromISO(text, { zone });
  if (!day.isValid) throw new BusinessError([`${field} must be a valid date`]);
  return toInstant(day.endOf('day'));
}

/** Instants of this form compare as text. */
function toInstant(time: DateTime): string {
  return time.toJSDate().toISOString();
}
