import {
  type ScheduleDescription,
  ScheduleOverlapPolicy,
  type ScheduleSpec,
  type ScheduleSpecDescription,
} from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { localTimes } from '../roster/schedule.ts';
import { searchAttributes } from '../roster/search-attributes.ts';
import type { ScheduledConnection } from '../store/calendar.ts';
import type { SyncRequest } from './start-sync.ts';

/** Missed while Temporal was away: after so long the next window is near. */
const catchupWindow = '3 hours';

/** What a connection's Schedule in Temporal says. Two at once are no matter: the gate lets one in. */
export function optionsOf(taskQueue: string, connection: ScheduledConnection) {
  const { organisationId, organisationCode, connectionId, connectionCode } = connection;
  const request: SyncRequest = {
    organisationId,
    connectionId,
    trigger: 'schedule',
    preview: false,
    commandId: null,
  };
  return {
    spec: specOf(connection),
    action: {
      type: 'startWorkflow' as const,
      workflowType: 'syncRun',
      // Temporal appends the moment.
      workflowId: `${organisationCode}/${connectionCode}/sync`,
      taskQueue,
      staticSummary: `Sync of ${organisationCode}/${connectionCode}, asked for by: schedule`,
      args: [request],
      typedSearchAttributes: [
        { key: defineSearchAttributeKey(searchAttributes.organisation, 'KEYWORD'), value: organisationCode },
        { key: defineSearchAttributeKey(searchAttributes.connection, 'KEYWORD'), value: connectionCode },
        { key: defineSearchAttributeKey(searchAttributes.trigger, 'KEYWORD'), value: 'schedule' },
      ],
    },
    policies: { overlap: ScheduleOverlapPolicy.ALLOW_ALL, catchupWindow, pauseOnFailure: false } as const,
  };
}

const months = [
  'JANUARY',
  'FEBRUARY',
  'MARCH',
  'APRIL',
  'MAY',
  'JUNE',
  'JULY',
  'AUGUST',
  'SEPTEMBER',
  'OCTOBER',
  'NOVEMBER',
  'DECEMBER',
] as const;
const weekdays = ['SUNDAY', 'MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY'] as const;

function specOf({ schedule, slot }: ScheduledConnection) {
  return {
    calendars: localTimes(schedule, slot).map((times) => ({
      month: times.months.map((month) => months[month - 1] ?? 'JANUARY'),
      dayOfMonth: [...times.daysOfMonth],
      dayOfWeek: times.daysOfWeek.map((day) => weekdays[day] ?? 'SUNDAY'),
      hour: [...times.hours],
      minute: [...times.minutes],
      second: [...times.seconds],
    })),
    timezone: schedule.zone,
  } satisfies ScheduleSpec;
}

type Range =
  | number
  | string
  | { readonly start: number | string; readonly end?: number | string; readonly step?: number };

/** A specification as one text, the same for what we ask and for what a server shows of it. */
export function textOf(spec: ScheduleSpec | ScheduleSpecDescription): string {
  const calendars = (spec.calendars ?? []).map((calendar) =>
    [
      numbers(calendar.month, months, 1),
      numbers(calendar.dayOfMonth),
      numbers(calendar.dayOfWeek, weekdays, 0),
      numbers(calendar.hour),
      numbers(calendar.minute),
      numbers(calendar.second),
      numbers(calendar.year),
    ].join(' '),
  );
  const more = [spec.intervals ?? [], spec.skip ?? []].flat().length + (spec.startAt ? 1 : 0) + (spec.endAt ? 1 : 0);
  return [spec.timezone ?? 'UTC', ...calendars.sort(), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** A field of a calendar as the numbers it stands for: "0,3,8-21". */
function numbers(field: unknown, names: readonly string[] = [], first = 0): string {
  const toNumber = (value: number | string) =>
    typeof value === 'number' ? value : names.indexOf(value) >= 0 ? names.indexOf(value) + first : Number.NaN;
  const ranges = (Array.isArray(field) ? field : field === undefined ? [] : [field]) as readonly Range[];
  const all = ranges.flatMap((range) => {
    if (typeof range !== 'object') return [toNumber(range)];
    const [start, end, step] = [toNumber(range.start), toNumber(range.end ?? range.start), range.step ?? 1];
    return Array.from(
      { length: Math.max(1, Math.floor((end - start) / step) + 1) },
      (_, index) => start + index * step,
    );
  });
  const sorted = [...new Set(all)].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let index = 0; index < sorted.length; ) {
    let last = index;
    while (sorted[last + 1] === (sorted[last] ?? 0) + 1) last += 1;
    parts.push(last > index ? `${sorted[index]}-${sorted[last]}` : `${sorted[index]}`);
    index = last + 1;
  }
  return parts.length > 0 ? parts.join(',') : '*';
}

/** Everything a Schedule says, as one text. */
export function wholeOf({ spec, action, policies }: ScheduleDescription | ReturnType<typeof optionsOf>): string {
  return JSON.stringify([
    textOf(spec),
    action.workflowType,
    action.workflowId,
    action.taskQueue,
    action.args,
    policies.overlap,
    policies.pauseOnFailure,
  ]);
}
