import { DateTime } from 'luxon';
import { localDate } from '../../roster/sync-key.ts';
import { clean } from './text.ts';

/** `02/11/2026 08h30`, as the agenda pages write it (seen in public client code). */
const agendaTime = /^(\d{1,2})\/(\d{1,2})\/(\d{4})[ T]+(\d{1,2})[hH:](\d{2})$/;

/** `2026-11-02T08:30`, with seconds and an offset if it has them; the time separator may be a space. */
const isoTime = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}.*)$/;

const offset = /(?:Z|[+-]\d{2}(?::?\d{2})?)$/i;

/** Below lies 0001-01-01, which is how this product's platform writes "no date". */
const firstYear = 1900;

/**
 * The instant a time stands for, as UTC with `Z`. A time without an offset is wall-clock time in `zone`; where the clock
 * goes back and it happens twice, the first one is meant. Undefined when it is not a time.
 */
export function readInstant(value: unknown, zone: string): string | undefined {
  const text = clean(value);
  const read = readIsoTime(text, zone) ?? readAgendaTime(text, zone);
  if (!read?.isValid || read.year < firstYear) return undefined;
  return new Date(read.toMillis()).toISOString();
}

/** A date alone: `2026-11-02`, `20261102` or `02/11/2026`. */
const dateForms = ['yyyy-MM-dd', 'yyyyMMdd', 'd/M/yyyy'];

/** The local date (`YYYY-MM-DD`) that a time or a date stands for. Null when it is neither. */
export function readLocalDate(value: unknown, zone: string): string | null {
  const instant = readInstant(value, zone);
  if (instant !== undefined) return localDate(instant, zone);
  const text = clean(value);
  const read = dateForms.map((form) => DateTime.fromFormat(text, form, { zone: 'utc' })).find((date) => date.isValid);
  return read === undefined || read.year < firstYear ? null : read.toFormat('yyyy-MM-dd');
}

function readIsoTime(text: string, zone: string): DateTime | undefined {
  const match = isoTime.exec(text);
  if (match === null) return undefined;
  const read = DateTime.fromISO(`${match[1]}T${match[2]}`, { zone });
  return offset.test(match[2] ?? '') ? read : firstOfTwo(read);
}

function readAgendaTime(text: string, zone: string): DateTime | undefined {
  const match = agendaTime.exec(text);
  if (match === null) return undefined;
  const [day = 0, month = 0, year = 0, hour = 0, minute = 0] = match.slice(1).map(Number);
  return firstOfTwo(DateTime.fromObject({ year, month, day, hour, minute }, { zone }));
}

function firstOfTwo(moment: DateTime): DateTime {
  if (!moment.isValid) return moment;
  return moment.getPossibleOffsets().reduce((first, other) => (other.toMillis() < first.toMillis() ? other : first));
}
