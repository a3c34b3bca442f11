import { CronExpressionParser } from 'cron-parser';
import { DateTime } from 'luxon';

/** A stretch of the day in which a connection's run begins, at a moment of its own: "11:00-13:00". */
export type WindowText = string;

/** When the runs of a connection begin, in local time of a zone. */
export interface Schedule {
  /** IANA name. */
  readonly zone: string;
  /** Windows of the day, or cron expressions of five fields; exactly one of the two. */
  readonly windows?: readonly WindowText[];
  readonly cron?: readonly string[];
}

/** Twice a day, as schools know it. */
export const usualWindows: readonly WindowText[] = ['11:00-13:00', '18:00-21:00'];
/** For "nightly". */
export const nightlyWindow: WindowText = '01:00-05:00';

/** Moments of local time, as fields of which each combination is one; weekdays count from Sunday, 0. */
export interface LocalTimes {
  readonly months: readonly number[];
  readonly daysOfMonth: readonly number[];
  readonly daysOfWeek: readonly number[];
  readonly hours: readonly number[];
  readonly minutes: readonly number[];
  readonly seconds: readonly number[];
}

/** A schedule that cannot be kept as it is written: what is wrong, and what to write instead. */
export class ScheduleError extends Error {}

const minutesOfDay = 1440;
const upTo = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const everyDay = { months: upTo(1, 12), daysOfMonth: upTo(1, 31), daysOfWeek: upTo(0, 6) };

/**
 * The local times of a schedule for the connection of a slot. In a window every connection has a moment of its own, the
 * same every day: slots 0, 1, 2 … fall evenly over the window, however many there are.
 *
 * @throws ScheduleError for what cannot be read, and for times within the hours in which the zone's clock is changed: on
 * such a day they come twice or not at all.
 */
export function localTimes(schedule: Schedule, slot: number): LocalTimes[] {
  const changes = clockChangeMinutes(schedule.zone);
  if (schedule.cron !== undefined) return schedule.cron.map((expression) => cronTimes(expression, changes));
  return (schedule.windows ?? []).map((window) => {
    const second = ownSecond(usableSeconds(window, changes), slot);
    return {
      ...everyDay,
      hours: [Math.floor(second / 3600)],
      minutes: [Math.floor(second / 60) % 60],
      seconds: [second % 60],
    };
  });
}

// The golden ratio's multiples are the most even sequence of which every beginning is even too.
const goldenRatio = (Math.sqrt(5) - 1) / 2;

function ownSecond(stretches: readonly Stretch[], slot: number): number {
  const total = stretches.reduce((sum, { from, to }) => sum + to - from, 0);
  let offset = Math.floor(((slot * goldenRatio) % 1) * total * 60);
  for (const { from, to } of stretches) {
    if (offset < (to - from) * 60) return (from * 60 + offset) % (minutesOfDay * 60);
    offset -= (to - from) * 60;
  }
  throw new ScheduleError('The window has no length.');
}

/** Minutes of the day, `to` exclusive; beyond 1440 it is the next day. */
interface Stretch {
  readonly from: number;
  readonly to: number;
}

function usableSeconds(window: WindowText, changes: readonly Stretch[]): Stretch[] {
  const { from, to } = readWindow(window);
  const free = [...changes, ...changes.map((one) => ({ from: one.from + minutesOfDay, to: one.to + minutesOfDay }))]
    .sort((a, b) => a.from - b.from)
    .reduce<Stretch[]>(cutOut, [{ from, to }]);
  if (free.length > 0) return free;
  throw new ScheduleError(
    `the window ${window} lies within the hours in which the clock is changed (${changes.map(stretchText).join(', ')}): such a time comes twice or not at all. Choose another hour`,
  );
}

function cutOut(stretches: readonly Stretch[], hole: Stretch): Stretch[] {
  return stretches.flatMap(({ from, to }) =>
    [
      { from, to: Math.min(to, hole.from) },
      { from: Math.max(from, hole.to), to },
    ].filter((one) => one.to > one.from),
  );
}

/** Reads "11:00-13:00". A window may pass midnight: "22:00-02:00". */
export function readWindow(text: WindowText): Stretch {
  const parts = /^(\d{2}):(\d{2})\s*[-–]\s*(\d{2}):(\d{2})$/.exec(text.trim())?.slice(1).map(Number);
  const [hour = 99, minute = 99, endHour = 99, endMinute = 99] = parts ?? [];
  const [from, end] = [hour * 60 + minute, endHour * 60 + endMinute];
  if (hour > 23 || minute > 59 || endMinute > 59 || end > minutesOfDay || from === end) {
    throw new ScheduleError(`"${text}" is not a window of the day, as in "11:00-13:00"`);
  }
  return { from, to: end > from ? end : end + minutesOfDay };
}

function stretchText({ from, to }: Stretch): string {
  const at = (minute: number) =>
    `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
  return `${at(from)}-${at(to)}`;
}

function cronTimes(expression: string, changes: readonly Stretch[]): LocalTimes {
  if (expression.trim().split(/\s+/).length !== 5) {
    throw new ScheduleError(`"${expression}" is not a cron expression of five fields, as in "30 6 * * 1-5"`);
  }
  const fields = parseCron(expression);
  const numbers = (values: readonly unknown[]) => [...new Set(values.map(Number))].sort((a, b) => a - b);
  const times: LocalTimes = {
    months: numbers(fields.month.values),
    daysOfMonth: numbers(fields.dayOfMonth.values.map((day) => (day === 'L' ? Number.NaN : day))),
    daysOfWeek: numbers(fields.dayOfWeek.values.map((day) => Number(day) % 7)),
    hours: numbers(fields.hour.values),
    minutes: numbers(fields.minute.values),
    seconds: [0],
  };
  if (times.daysOfMonth.some(Number.isNaN) || /[LW#]/i.test(expression.replace(/[a-z]{3}/gi, ''))) {
    throw new ScheduleError(`"${expression}": L, W and # are not known here`);
  }
  if (times.daysOfMonth.length < 31 && times.daysOfWeek.length < 7) {
    throw new ScheduleError(`"${expression}" names days of the month and of the week; name one of the two`);
  }
  for (const hour of times.hours) {
    for (const minute of times.minutes) {
      const change = changes.find(({ from, to }) => hour * 60 + minute >= from && hour * 60 + minute < to);
      if (change === undefined) continue;
      throw new ScheduleError(
        `"${expression}" falls within ${stretchText(change)}, when the clock is changed: such a time comes twice or not at all. Leave that hour out`,
      );
    }
  }
  return times;
}

function parseCron(expression: string) {
  try {
    return CronExpressionParser.parse(expression).fields;
  } catch (error) {
    throw new ScheduleError(
      `"${expression}" is not a cron expression: ${error instanceof Error ? error.message : error}`,
    );
  }
}

// A zone keeps its hour of change for decades, whatever the day: two years show both changes of each rule.
const sampleYear = 2026;

/** The minutes of the day that a change of the zone's clock skips or repeats. Empty for a zone without changes. */
export function clockChangeMinutes(zone: string): Stretch[] {
  const known = changesByZone.get(zone);
  if (known !== undefined) return known;
  const found: Stretch[] = [];
  for (let day = DateTime.utc(sampleYear); day.year < sampleYear + 2; day = day.plus({ days: 1 })) {
    const [before, after] = [day.setZone(zone), day.plus({ days: 1 }).setZone(zone)];
    if (before.offset !== after.offset) addChange(found, changeBetween(before, after));
  }
  changesByZone.set(zone, found);
  return found;
}

const changesByZone = new Map<string, Stretch[]>();

/** Where within a day the offset changes, to the minute, as the local minutes that are skipped or come twice. */
function changeBetween(before: DateTime, after: DateTime): Stretch {
  let [low, high] = [before.toMillis(), after.toMillis()];
  while (high - low > 60_000) {
    const middle = Math.floor((low + high) / 2 / 60_000) * 60_000;
    if (DateTime.fromMillis(middle, { zone: before.zone }).offset === before.offset) low = middle;
    else high = middle;
  }
  const local = (offset: number) => {
    const at = DateTime.fromMillis(high, { zone: 'UTC' }).plus({ minutes: offset });
    return at.hour * 60 + at.minute;
  };
  const from = Math.min(before.offset, after.offset);
  const start = local(from);
  return { from: start, to: start + Math.abs(before.offset - after.offset) };
}

function addChange(found: Stretch[], change: Stretch): void {
  if (!found.some(({ from, to }) => from === change.from && to === change.to)) found.push(change);
}

/** The moments of these local times from one instant (inclusive) to another (exclusive), in order. */
export function momentsBetween(times: readonly LocalTimes[], zone: string, from: DateTime, to: DateTime): DateTime[] {
  const moments: DateTime[] = [];
  for (let day = from.setZone(zone).startOf('day'); day < to; day = day.plus({ days: 1 })) {
    for (const one of times.filter((fields) => isOn(fields, day))) {
      for (const hour of one.hours)
        for (const minute of one.minutes)
          for (const second of one.seconds) moments.push(day.set({ hour, minute, second, millisecond: 0 }));
    }
  }
  const inside = moments.filter((moment) => moment >= from && moment < to);
  return inside.sort((a, b) => a.toMillis() - b.toMillis());
}

function isOn({ months, daysOfMonth, daysOfWeek }: LocalTimes, day: DateTime): boolean {
  return months.includes(day.month) && daysOfMonth.includes(day.day) && daysOfWeek.includes(day.weekday % 7);
}
