import {
  type Client,
  ScheduleAlreadyRunning,
  type ScheduleDescription,
  ScheduleNotFoundError,
} from '@temporalio/client';
import { searchAttributes } from '../roster/search-attributes.ts';
import {
  forgetScheduleTold,
  noteScheduleTold,
  type ScheduledConnection,
  scheduledConnections,
} from '../store/calendar.ts';
import { recordByTemporalOperator } from '../store/commands.ts';
import type { Database } from '../store/database.ts';
import { setPause } from '../store/pauses.ts';
import { eachAtOnce } from './each-at-once.ts';
import { optionsOf, textOf, wholeOf } from './schedule-options.ts';
import { type PauseName, startPause } from './start-pause.ts';

/** What putting Schedules right needs: less than a step, so that a command may do it too. */
export interface ScheduleServices {
  readonly db: Database;
  readonly temporal: Client;
  readonly taskQueue: string;
}

/** What was found and done. */
export interface Reconciled {
  /** Schedules made, told something new, or removed because the store says so. */
  told: number;
  /** Changed or removed by hand in the Temporal UI, and put right. */
  putRight: number;
  /** Paused in the Temporal UI: now an incident pause of ours. */
  paused: number;
}

const atOnce = 20;
/** Each Schedule is looked at whole once in so many sweeps; between, what a list shows of it is enough. */
const wholeLookEvery = 12;

/**
 * Makes the Schedules of all live connections in Temporal say what the store says; only those of one organisation, where it
 * is named. What somebody changed by hand there is put right and audited as the Temporal operator's; one that was paused
 * there becomes an incident pause, which people see and lift as any other.
 */
export async function reconcileSchedules(
  services: ScheduleServices,
  { organisationCode, round }: { organisationCode?: string; round?: number } = {},
): Promise<Reconciled> {
  const { db, temporal, taskQueue } = services;
  const done: Reconciled = { told: 0, putRight: 0, paused: 0 };
  const prefix = `${taskQueue}/${organisationCode === undefined ? '' : `${organisationCode}/`}`;
  const listed = new Map<string, { text: string; paused: boolean }>();
  for await (const { scheduleId, spec, state } of temporal.schedule.list()) {
    if (!scheduleId.startsWith(prefix) || !scheduleId.slice(taskQueue.length + 1).includes('/')) continue;
    listed.set(scheduleId, { text: spec === undefined ? '' : textOf(spec), paused: state.paused });
  }
  // Read after the list: what a connection that goes live meanwhile has made is not taken for one too many.
  const connections = (await db.operator(scheduledConnections)).filter(
    (one) => organisationCode === undefined || one.organisationCode === organisationCode,
  );
  const all = new Map(connections.map((one) => [scheduleIdOf(taskQueue, one), one]));
  await eachAtOnce([...all], atOnce, async ([scheduleId, connection]) => {
    const seen = listed.get(scheduleId);
    const wanted = optionsOf(taskQueue, connection);
    const asSeen = seen !== undefined && !seen.paused && seen.text === textOf(wanted.spec);
    const itsTurn = round === undefined || connection.slot % wholeLookEvery === round % wholeLookEvery;
    if (asSeen && connection.told === wholeOf(wanted) && !itsTurn) return;
    await putRight(services, scheduleId, connection, seen !== undefined, done);
  });
  await eachAtOnce(
    [...listed.keys()].filter((id) => !all.has(id)),
    atOnce,
    async (scheduleId) => {
      await temporal.schedule.getHandle(scheduleId).delete().catch(ignoreMissing);
      const [organisation = '', code = ''] = scheduleId.slice(taskQueue.length + 1).split('/');
      await forgetScheduleTold(db, organisation, code);
      done.told += 1;
    },
  );
  return done;
}

/** Makes one Schedule say what the store says, and takes over what a person did to it. */
async function putRight(
  services: ScheduleServices,
  scheduleId: string,
  connection: ScheduledConnection,
  mayExist: boolean,
  done: Reconciled,
): Promise<void> {
  const { db, temporal, taskQueue } = services;
  const { organisationId, connectionId, told } = connection;
  const wanted = optionsOf(taskQueue, connection);
  const noteTold = () => db.organisation(organisationId, (tx) => noteScheduleTold(tx, connectionId, wholeOf(wanted)));
  const audit = (action: string, detail: Record<string, unknown>) =>
    db.organisation(organisationId, (tx) =>
      recordByTemporalOperator(tx, { organisationId, connectionId, action, detail }),
    );
  const description = mayExist ? await describe(temporal, scheduleId) : undefined;
  if (description === undefined) {
    if (await create(temporal, scheduleId, connection, wanted)) {
      if (told !== null) await audit('schedule-deleted', { schedule: scheduleId });
      await noteTold();
      done[told === null ? 'told' : 'putRight'] += 1;
      return;
    }
    return putRight(services, scheduleId, connection, true, done);
  }
  if (description.state.paused) {
    await takeOverPause(services, connection, description.state.note ?? '');
    done.paused += 1;
  }
  const is = wholeOf(description);
  const differs = is !== wholeOf(wanted);
  const byHand = differs && told !== null && is !== told;
  if (differs || description.state.paused) {
    const note = description.state.paused ? 'Paused in Rollcall now: see "rollcall pauses".' : '';
    await temporal.schedule.getHandle(scheduleId).update(() => ({ ...wanted, state: { paused: false, note } }));
  }
  if (byHand) await audit('schedule-changed', { schedule: scheduleId, was: textOf(description.spec) });
  if (told !== wholeOf(wanted)) await noteTold();
  if (differs) done[byHand ? 'putRight' : 'told'] += 1;
}

/** Whoever pauses a Schedule in the Temporal UI means the connection: nothing of it is to move until that is lifted. */
async function takeOverPause(services: ScheduleServices, connection: ScheduledConnection, note: string): Promise<void> {
  const { db, temporal, taskQueue } = services;
  const { organisationId, organisationCode, connectionId } = connection;
  const reason = note.trim() === '' ? 'paused in the Temporal UI' : note.trim();
  const ref = await db.organisation(organisationId, async (tx) => {
    const commandId = await recordByTemporalOperator(tx, {
      organisationId,
      connectionId,
      action: 'pause',
      reason,
      detail: { cause: 'incident' },
    });
    return setPause(tx, {
      organisationId,
      scope: { connectionId },
      school: null,
      cause: 'incident',
      effect: 'no-runs',
      stopNow: false,
      startsAt: null,
      endsAt: null,
      reason,
      commandId,
    });
  });
  const name: PauseName = { organisationCode, number: ref.number };
  await startPause(temporal, taskQueue, name, { organisationId, pauseId: ref.pauseId });
}

/** Makes a Schedule; false where there is one that a list did not show yet. */
async function create(
  temporal: Client,
  scheduleId: string,
  connection: ScheduledConnection,
  wanted: ReturnType<typeof optionsOf>,
): Promise<boolean> {
  try {
    await temporal.schedule.create({
      scheduleId,
      ...wanted,
      typedSearchAttributes: wanted.action.typedSearchAttributes.filter(
        ({ key }) => key.name !== searchAttributes.trigger,
      ),
      memo: { slot: connection.slot },
    });
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw error;
  }
}

async function describe(temporal: Client, scheduleId: string): Promise<ScheduleDescription | undefined> {
  try {
    return await temporal.schedule.getHandle(scheduleId).describe();
  } catch (error) {
    ignoreMissing(error);
    return undefined;
  }
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
}

function scheduleIdOf(taskQueue: string, { organisationCode, connectionCode }: ScheduledConnection): string {
  return `${taskQueue}/${organisationCode}/${connectionCode}`;
}
