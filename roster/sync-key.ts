import { DateTime } from 'luxon';

/** A timetable occurrence before it has its key: one source id can stand for several lessons, even on one date. */
export interface Occurrence {
  readonly sourceId: string;
  readonly startsAt: string;
}

/** The local date (`YYYY-MM-DD`) of an instant in a zone. */
export function localDate(instant: string, zone: string): string {
  return DateTime.fromISO(instant, { zone }).toFormat('yyyy-MM-dd');
}

/**
 * The sync key of each occurrence: `<source id>@<local start date>`, and from the second of that date on `#2`, `#3` … by
 * start time. The first keeps the plain key, so that a lesson does not change its key when a second one is added later
 * that day.
 */
export function lessonKeys<T extends Occurrence>(occurrences: readonly T[], zone: string): Map<T, string> {
  const byDay = new Map<string, T[]>();
  for (const occurrence of occurrences) {
    const day = `${occurrence.sourceId}@${localDate(occurrence.startsAt, zone)}`;
    byDay.set(day, [...(byDay.get(day) ?? []), occurrence]);
  }
  const keys = new Map<T, string>();
  for (const [day, sameDay] of byDay) {
    const inOrder = [...sameDay].sort((a, b) => Date.parse(a.startsAt) - Date.parse(b.startsAt));
    inOrder.forEach((occurrence, index) => {
      keys.set(occurrence, index === 0 ? day : `${day}#${index + 1}`);
    });
  }
  return keys;
}

/** The sync key of one person's place in a lesson or group. */
export function membershipKey(parentKey: string, personKey: string): string {
  return `${parentKey}|${personKey}`;
}

/** Our name for a record where the target has one field for a foreign id: two sources' integers collide without the code. */
export function foreignId(connectionCode: string, syncKey: string): string {
  return `${connectionCode}:${syncKey}`;
}
