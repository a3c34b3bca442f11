import { DateTime } from 'luxon';
import { answerFor, judgeMoment, type TimeFacts, type TimeReason, type TimeWait } from './calendar.ts';
import { localTimes, momentsBetween, type Schedule } from './schedule.ts';

/** A moment at which a connection is due to run by itself, and what time says to it. */
export interface ComingRun {
  /** ISO instant. */
  readonly at: string;
  readonly answer: 'all' | 'attendance-only' | 'nothing';
  /** Why it is not everything. */
  readonly because: TimeReason | null;
  /** What of its changes waits. */
  readonly waits: readonly TimeWait[];
}

/** When a connection runs by itself. */
export interface OwnSchedule {
  readonly schedule: Schedule;
  readonly slot: number;
}

/** Every moment from one instant (inclusive) to another (exclusive) at which a connection is due, judged. */
export function comingRuns({ schedule, slot }: OwnSchedule, facts: TimeFacts, from: string, to: string): ComingRun[] {
  const times = localTimes(schedule, slot);
  return momentsBetween(times, schedule.zone, DateTime.fromISO(from), DateTime.fromISO(to)).map((moment) => {
    const at = new Date(moment.toMillis()).toISOString();
    const verdict = judgeMoment(facts, at);
    return { at, ...answerFor(verdict, { unattended: true }), waits: verdict.waits };
  });
}

/** A year: beyond it nobody plans. */
const farthestDays = 366;

/** The next instant at which records go down by themselves; undefined where none does within a year. */
export function nextRun(own: OwnSchedule, facts: TimeFacts, from: string): string | undefined {
  let start = DateTime.fromISO(from);
  const last = start.plus({ days: farthestDays });
  while (start < last) {
    const end = start.plus({ days: 7 });
    const runs = comingRuns(own, facts, start.toISO() ?? from, end.toISO() ?? from);
    const next = runs.find(({ answer }) => answer === 'all');
    if (next !== undefined) return next.at;
    start = end;
  }
  return undefined;
}

/** The newest instant within a stretch at which records should have gone down by themselves. */
export function lastDue(own: OwnSchedule, facts: TimeFacts, from: string, to: string): string | undefined {
  return comingRuns(own, facts, from, to).findLast(({ answer }) => answer === 'all')?.at;
}
