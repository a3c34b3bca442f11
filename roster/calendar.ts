import { DateTime } from 'luxon';
import { publicHolidays } from './holidays.ts';

/** A stretch of an organisation's calendar: local dates, both included, or local times, the end excluded. */
export interface CalendarRange {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** What an organisation says of its days. */
export interface Calendar {
  /** Country or region whose public holidays are school-free: "FR", "US-CA". */
  readonly publicHolidays?: string;
  /** Weekdays without school, Monday 1 to Sunday 7. */
  readonly schoolFreeWeekdays?: readonly number[];
  /** Holidays of its own. On school-free days nothing runs by itself; what a person asks for does. */
  readonly schoolFree?: readonly CalendarRange[];
  /** Nothing runs at all, whoever asks. */
  readonly blackouts?: readonly CalendarRange[];
  /** Inserts pass; changes and deletes wait. */
  readonly addOnly?: readonly CalendarRange[];
  /** While a school writes its tests nothing of it changes; without schools, nothing at all does. */
  readonly testing?: readonly (CalendarRange & { readonly schools?: readonly string[] })[];
}

/** A pause that a person set, as far as it touches one connection. */
export interface PauseFact {
  readonly number: number;
  /** `summer`: planned, only records rest. `incident`: nothing moves in either direction. */
  readonly cause: 'summer' | 'incident';
  /** No runs, or only what is new passes. */
  readonly effect: 'no-runs' | 'add-only' | 'add-and-update';
  /** Only changes of this school rest, and the rest goes on; null for all. */
  readonly school: string | null;
  readonly reason: string;
  readonly startsAt: string;
  /** Null: until somebody lifts it. */
  readonly endsAt: string | null;
}

/** Everything that time says about a connection. */
export interface TimeFacts {
  readonly zone: string;
  readonly calendar: Calendar;
  /** The connection runs on school-free days all the same. */
  readonly runsOnSchoolFreeDays: boolean;
  readonly pauses: readonly PauseFact[];
}

/** Why something does not go on now, and until when. */
export interface TimeReason {
  readonly code: 'PAUSED' | 'BLACKOUT' | 'SCHOOL_FREE_DAY';
  /** "pause 3: summer holidays", "Toussaint". */
  readonly name: string;
  /** Instant from which this reason no longer holds; null where nobody knows. */
  readonly until: string | null;
}

/** A part of the changes that waits although the run goes on. */
export interface TimeWait {
  readonly name: string;
  readonly until: string | null;
  /** Only changes of these schools; null for all. */
  readonly schools: readonly string[] | null;
  /** What still passes. */
  readonly passes: 'nothing' | 'inserts' | 'inserts-and-updates';
}

/** What may go on at a moment; null where nothing speaks against it. */
export interface TimeVerdict {
  /** Records down to the target, whoever asks. */
  readonly down: TimeReason | null;
  /** Attendance up to the source, whoever asks. */
  readonly up: TimeReason | null;
  /** What nobody asked for: runs by schedule. */
  readonly unattended: TimeReason | null;
  readonly waits: readonly TimeWait[];
}

/** Judges a moment: may a connection run now, and what of its changes waits? The only place that knows. */
export function judgeMoment(facts: TimeFacts, instant: string): TimeVerdict {
  const now = DateTime.fromISO(instant, { zone: facts.zone });
  const inForce = facts.pauses.filter(({ startsAt, endsAt }) => isBetween(now, startsAt, endsAt));
  const whole = inForce.filter(({ effect, school }) => effect === 'no-runs' && school === null);
  const incident = whole.find(({ cause }) => cause === 'incident');
  const blackout = inRange(facts.calendar.blackouts, now);
  const all = incident !== undefined ? pausedBy(incident) : blackout && { ...blackout, code: 'BLACKOUT' as const };
  return {
    down: all ?? (whole[0] === undefined ? null : pausedBy(whole[0])),
    up: all ?? null,
    unattended: facts.runsOnSchoolFreeDays ? null : schoolFree(facts.calendar, now),
    waits: [...inForce.flatMap(waitOf), ...calendarWaits(facts.calendar, now)],
  };
}

/** What a run may be at a moment. */
export type TimeAnswer =
  | { readonly answer: 'all' | 'attendance-only'; readonly because: TimeReason | null }
  | { readonly answer: 'nothing'; readonly because: TimeReason };

/**
 * What a run may do under a verdict. Under a planned pause a run by schedule still brings attendance up; what a person asked
 * for is refused whole, so that nobody takes half a run for what they wanted.
 */
export function answerFor(verdict: TimeVerdict, asked: { readonly unattended: boolean }): TimeAnswer {
  const { down, up, unattended } = verdict;
  if (asked.unattended && unattended !== null) return { answer: 'nothing', because: down ?? unattended };
  if (down === null) return { answer: 'all', because: null };
  if (up === null && asked.unattended) return { answer: 'attendance-only', because: down };
  return { answer: 'nothing', because: down };
}

function isBetween(now: DateTime, startsAt: string, endsAt: string | null): boolean {
  return now >= DateTime.fromISO(startsAt) && (endsAt === null || now < DateTime.fromISO(endsAt));
}

function pausedBy({ number, reason, endsAt }: PauseFact): TimeReason {
  return { code: 'PAUSED', name: `pause ${number}: ${reason}`, until: endsAt };
}

function waitOf({ number, reason, endsAt, effect, school }: PauseFact): TimeWait[] {
  if (effect === 'no-runs' && school === null) return [];
  const passes = { 'no-runs': 'nothing', 'add-only': 'inserts', 'add-and-update': 'inserts-and-updates' } as const;
  const schools = school === null ? null : [school];
  return [{ name: `pause ${number}: ${reason}`, until: endsAt, schools, passes: passes[effect] }];
}

function calendarWaits({ addOnly = [], testing = [] }: Calendar, now: DateTime): TimeWait[] {
  return [
    ...addOnly.flatMap((range): TimeWait[] => {
      const found = inRange([range], now);
      return found === null ? [] : [{ ...found, schools: null, passes: 'inserts' }];
    }),
    ...testing.flatMap((range): TimeWait[] => {
      const found = inRange([range], now);
      return found === null ? [] : [{ ...found, schools: range.schools ?? null, passes: 'nothing' }];
    }),
  ];
}

function schoolFree(calendar: Calendar, now: DateTime): TimeReason | null {
  const code = 'SCHOOL_FREE_DAY' as const;
  const range = inRange(calendar.schoolFree, now);
  if (range !== null) return { code, ...range };
  const until = utc(now.startOf('day').plus({ days: 1 }).startOf('day'));
  const holiday = holidayOn(calendar, now);
  if (holiday !== undefined) return { code, name: holiday, until };
  if (calendar.schoolFreeWeekdays?.includes(now.weekday))
    return { code, name: now.toFormat('cccc', { locale: 'en' }), until };
  return null;
}

function holidayOn({ publicHolidays: place }: Calendar, now: DateTime): string | undefined {
  if (place === undefined) return undefined;
  return publicHolidays(place, now.year).find(({ date }) => date === now.toISODate())?.name;
}

function inRange(ranges: readonly CalendarRange[] = [], now: DateTime): { name: string; until: string } | null {
  for (const range of ranges) {
    const { start, end } = instantsOf(range, now.zoneName ?? 'UTC');
    if (now >= start && now < end) return { name: range.name, until: utc(end) };
  }
  return null;
}

/** A range as instants, the end excluded. Dates mean whole days of the zone. */
export function instantsOf({ from, to }: Pick<CalendarRange, 'from' | 'to'>, zone: string) {
  const [start, end] = [DateTime.fromISO(from, { zone }), DateTime.fromISO(to, { zone })];
  return { start, end: isDate(to) ? end.plus({ days: 1 }).startOf('day') : end };
}

/** Whether a text is a date without a time. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text);
}

function utc(moment: DateTime): string {
  return new Date(moment.toMillis()).toISOString();
}
