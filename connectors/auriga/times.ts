import { DateTime } from 'luxon';
import { clean } from './text.ts';

/** `2021-12-15T08:30:00` (documented), with an offset where the server writes one; the separator may be a space. */
const isoTime = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}.*)$/;

const offset = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/i;

/** Below lie the dates that mean "no date". */
const firstYear = 1900;

/**
 * The instant a time stands for, as UTC with `Z`; undefined when it is not a time. An offset in the value wins; a time
 * without one is wall-clock time in `zone`. Where the clock goes back and an hour happens twice, the first one is meant; an
 * hour that the clock skips is read as the one after it.
 */
export function readInstant(value: unknown, zone: string): string | undefined {
  const match = isoTime.exec(clean(value));
  if (match === null) return undefined;
  const read = DateTime.fromISO(`${match[1]}T${match[2]}`, { zone });
  const moment = offset.test(match[2] ?? '') ? read : firstOfTwo(read);
  if (!moment.isValid || moment.year < firstYear) return undefined;
  return new Date(moment.toMillis()).toISOString();
}

function firstOfTwo(moment: DateTime): DateTime {
  if (!moment.isValid) return moment;
  return moment.getPossibleOffsets().reduce((first, other) => (other.toMillis() < first.toMillis() ? other : first));
}
