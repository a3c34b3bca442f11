const dayMs = 86_400_000;

/** Days as the list of courses takes them, both included. */
export interface Days {
  readonly start: string;
  readonly end: string;
}

/** Documented: the list answers for at most 90 days at once. */
const mostDays = 90;

export function shiftDay(day: string, by: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + by * dayMs).toISOString().slice(0, 10);
}

/**
 * Stretches that cover these dates and a day more on both sides: in which zone the list cuts its days is not known. One
 * begins on the day the one before ends, since it is not known either whether the last day is included.
 */
export function stretchesOf(fromDate: string, toDate: string): Days[] {
  const last = shiftDay(toDate, 1);
  const stretches: Days[] = [];
  let start = shiftDay(fromDate, -1);
  for (;;) {
    const end = shiftDay(start, mostDays - 1);
    if (end >= last) return [...stretches, { start, end: last }];
    stretches.push({ start, end });
    start = end;
  }
}

/** The UTC date of an instant. */
export function dateOf(instant: string): string {
  return new Date(instant).toISOString().slice(0, 10);
}
