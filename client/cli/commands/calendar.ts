import { DateTime } from 'luxon';
import { isDate } from '../../../roster/calendar.ts';
import { type ComingRun, comingRuns } from '../../../roster/coming-runs.ts';
import { readSchedule, readTimeFacts } from '../../../store/calendar.ts';
import { businessNow } from '../../../store/clock.ts';
import { UsageError } from '../exit-codes.ts';
import { paint, print, printJson, printTable } from '../output.ts';
import { findConnection, withSession } from '../session.ts';

/** As many days as a calendar shows at once. */
const mostDays = 400;

/** Shows the coming runs of a connection day by day, in the school's zone, and why a day has none. */
export async function calendar(name: string, options: { from?: string; to?: string; json?: boolean }): Promise<void> {
  await withSession('look', async ({ db }) => {
    const { organisationId, connectionId } = await findConnection(db, name);
    const { schedule, slot, mode, facts, now } = await db.organisation(organisationId, async (tx) => ({
      ...(await readSchedule(tx, connectionId)),
      facts: await readTimeFacts(tx, connectionId),
      now: await businessNow(tx),
    }));
    const { zone } = facts;
    const from = dayOf(options.from, zone) ?? DateTime.fromISO(now, { zone }).startOf('day');
    const to = dayOf(options.to, zone) ?? from.plus({ days: 13 });
    if (to < from || to.diff(from, 'days').days > mostDays) {
      throw new UsageError(`--to must lie after --from, at most ${mostDays} days.`);
    }
    const end = to.plus({ days: 1 });
    const runs = schedule === null ? [] : comingRuns({ schedule, slot }, facts, iso(from), iso(end));
    if (options.json) {
      printJson('calendar', {
        connection: name,
        mode,
        schedule,
        timeZone: zone,
        from: from.toISODate(),
        to: to.toISODate(),
        runs,
      });
      return;
    }
    if (schedule === null) print(`${name} has no schedule: it runs when somebody asks.`);
    else {
      if (mode === 'trial') print(paint('yellow', `${name} is in trial: until it is live, nothing of this happens.`));
      printTable(
        ['DAY', 'RUNS', `(${zone})`],
        daysBetween(from, end).map((day) => rowOf(day, runs, zone)),
      );
    }
  });
}

function dayOf(text: string | undefined, zone: string): DateTime | undefined {
  if (text === undefined) return undefined;
  const day = DateTime.fromISO(text, { zone });
  if (!isDate(text) || !day.isValid) throw new UsageError(`"${text}" is no date, as in 2026-12-24.`);
  return day;
}

const iso = (moment: DateTime) => new Date(moment.toMillis()).toISOString();

function daysBetween(from: DateTime, end: DateTime): DateTime[] {
  const days = [];
  for (let day = from; day < end; day = day.plus({ days: 1 })) days.push(day);
  return days;
}

function rowOf(day: DateTime, runs: readonly ComingRun[], zone: string): string[] {
  const local = ({ at }: ComingRun) => DateTime.fromISO(at, { zone });
  const today = runs.filter((run) => local(run).hasSame(day, 'day'));
  const times = today
    .filter(({ answer }) => answer !== 'nothing')
    .map((run) => local(run).toFormat(run.answer === 'all' ? 'HH:mm' : "HH:mm '(attendance only)'"));
  const reasons = [
    ...today.flatMap(({ because }) => (because === null ? [] : [`${because.code}: ${because.name}`])),
    ...today.flatMap(({ waits }) => waits.map((wait) => `${passing[wait.passes]}: ${wait.name}`)),
  ];
  const why = today.length === 0 ? 'no run is due on this day' : [...new Set(reasons)].join('; ');
  return [
    day.toFormat('ccc yyyy-MM-dd'),
    times.length === 0 ? paint('dim', 'none') : paint('green', times.join('  ')),
    paint('dim', why),
  ];
}

const passing = {
  nothing: 'its changes wait',
  inserts: 'only new records pass',
  'inserts-and-updates': 'new records and changes pass',
} as const;
