import { schoolTime } from '../../../store/calendar.ts';
import { findAccount, organisationIdOf } from '../../../store/configuration.ts';
import { listConnectionNames } from '../../../store/connections.ts';
import { listPauses, type NewPause, type Pause, type PauseScope } from '../../../store/pauses.ts';
import { instantOf, PauseTimeError } from '../../pause-times.ts';
import { askForPause, liftPause } from '../../set-pause.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { localTime, paint, print, printJson, printTable } from '../output.ts';
import { findConnection, type Session, withSession } from '../session.ts';

/** What a pause is to reach. */
interface Reach {
  readonly organisation?: string;
  readonly target?: string;
}

interface PauseOptions extends Reach {
  readonly school?: string;
  readonly from?: string;
  readonly until?: string;
  readonly stopNow?: boolean;
  readonly finish?: boolean;
  readonly addOnly?: boolean;
  readonly withChanges?: boolean;
  readonly incident?: boolean;
  readonly reason: string;
  readonly json?: boolean;
}

/** Pauses a connection, an organisation, a school, or whatever writes to an account. */
export async function pause(name: string | undefined, options: PauseOptions): Promise<number> {
  const reason = options.reason.trim();
  if (reason === '') throw new UsageError('Say why with --reason: everybody who asks why nothing comes will read it.');
  const how = howOf(options);
  return withSession('pause', async (session) => {
    const found = await reach(session, name, options);
    const times = await timesOf(session, found, options);
    const services = { db: session.db, temporal: await session.temporal(), taskQueue: session.settings.taskQueue };
    const asked = { organisationCode: found.organisationCode, actor: session.actor, reason };
    const { organisationId, scope } = found;
    const set = await askForPause(services, asked, {
      organisationId,
      scope,
      school: options.school ?? null,
      ...how,
      ...times,
    });
    if (options.json) printJson('pause', { pause: set });
    else {
      print(`Pause ${set.number} of ${whatOf(set)}: ${effectOf(set)}, ${spanOf(set)}.`);
      print(paint('dim', hintOf(set)));
    }
    return exitCodes.done;
  });
}

/** Lifts a pause by its number, or every pause of one cause on what is named. */
export async function resume(
  name: string | undefined,
  options: Reach & { pause?: number; reason?: string; json?: boolean },
): Promise<number> {
  return withSession('resume', async (session) => {
    const found = await reach(session, name, options);
    const open = await session.db.organisation(found.organisationId, (tx) => listPauses(tx, { all: false }));
    const here = open.filter((one) => one.state !== 'over' && isOn(one, found.scope));
    const chosen = options.pause === undefined ? here : open.filter(({ number }) => number === options.pause);
    const [only, another] = chosen;
    if (only === undefined) {
      throw new UsageError(
        options.pause === undefined
          ? `Nothing is paused there. See "rollcall pauses".`
          : `There is no pause ${options.pause} to lift in ${found.organisationCode}. See "rollcall pauses".`,
      );
    }
    if (another !== undefined) {
      const list = chosen.map((one) => `${one.number} (${one.cause}: ${one.reason})`).join(', ');
      throw new UsageError(`More than one pause is there: ${list}. Say which with --pause NUMBER.`);
    }
    const services = { db: session.db, temporal: await session.temporal(), taskQueue: session.settings.taskQueue };
    const asked = { organisationCode: found.organisationCode, actor: session.actor, reason: options.reason ?? '' };
    const lifted = await liftPause(services, asked, only);
    if (options.json) printJson('resume', { pause: only.number, lifted });
    else if (!lifted) print(`Pause ${only.number} was over already.`);
    else if (only.state === 'planned')
      print(`Pause ${only.number} of ${whatOf(only)} is taken back; it had not begun.`);
    else
      print(`Pause ${only.number} of ${whatOf(only)} is lifted. What it covered catches up now: see "rollcall runs".`);
    return exitCodes.done;
  });
}

/** Lists pauses: in force and to come, or all there were. */
export async function pauses(options: { all?: boolean; json?: boolean }): Promise<void> {
  await withSession('look', async ({ db }) => {
    const organisations = new Set((await db.operator(listConnectionNames)).map(({ organisationId }) => organisationId));
    const found: Pause[] = [];
    for (const organisationId of organisations) {
      found.push(...(await db.organisation(organisationId, (tx) => listPauses(tx, { all: options.all ?? false }))));
    }
    if (options.json) printJson('pauses', { pauses: found });
    else if (found.length === 0) print('Nothing is paused.');
    else {
      printTable(
        ['PAUSE', 'OF', 'STATE', 'CAUSE', 'EFFECT', 'FROM', 'UNTIL', 'BY', 'WHY'],
        found.map((one) => [
          String(one.number),
          whatOf(one),
          paint(one.state === 'in force' ? 'yellow' : 'dim', one.state),
          one.cause,
          effectOf(one),
          localTime(one.startsAt),
          one.endsAt === null ? 'lifted' : localTime(one.endsAt),
          one.setBy,
          one.reason,
        ]),
      );
    }
  });
}

function howOf({ addOnly, withChanges, incident, stopNow, finish, school, until }: PauseOptions) {
  if (stopNow && finish) throw new UsageError('A run at work may finish or stop now, not both.');
  if (withChanges && !addOnly) throw new UsageError('--with-changes belongs to --add-only.');
  if (incident && addOnly) throw new UsageError('In an incident nothing moves: leave --add-only or --incident out.');
  if (incident && school !== undefined)
    throw new UsageError('An incident is of a connection, an organisation or a target.');
  if (addOnly && until === undefined) throw new UsageError('Say how long only new records pass: --until DATE.');
  const effect = addOnly ? (withChanges ? 'add-and-update' : 'add-only') : 'no-runs';
  const how: Pick<NewPause, 'effect' | 'cause' | 'stopNow'> = {
    effect,
    cause: incident ? 'incident' : 'summer',
    stopNow: stopNow ?? false,
  };
  return how;
}

/** What is named, exactly one thing. */
interface Reached {
  readonly organisationId: string;
  readonly organisationCode: string;
  readonly scope: PauseScope;
}

async function reach({ db }: Session, name: string | undefined, { organisation, target }: Reach): Promise<Reached> {
  if ([name, organisation, target].filter((one) => one !== undefined).length !== 1) {
    throw new UsageError('Say what: a connection, --organisation CODE, or --target ORGANISATION/ACCOUNT.');
  }
  if (name !== undefined) {
    const { organisationId, organisationCode, connectionId } = await findConnection(db, name);
    return { organisationId, organisationCode, scope: { connectionId } };
  }
  const [organisationCode = '', account] = (organisation ?? target ?? '').split('/');
  const { id: organisationId, isNew } = await db.operator((tx) => organisationIdOf(tx, organisationCode));
  if (isNew) throw new UsageError(`There is no organisation "${organisationCode}".`);
  if (target === undefined) return { organisationId, organisationCode, scope: { organisation: true } };
  const found = await db.organisation(organisationId, (tx) => findAccount(tx, account ?? ''));
  if (found === undefined) throw new UsageError(`${organisationCode} has no account "${account ?? ''}".`);
  return { organisationId, organisationCode, scope: { targetAccountId: found.accountId } };
}

function isOn(pause: Pause, scope: PauseScope): boolean {
  if ('connectionId' in scope) return pause.connectionId === scope.connectionId;
  if ('targetAccountId' in scope) return pause.targetAccountId === scope.targetAccountId;
  return pause.scope === 'organisation';
}

async function timesOf({ db }: Session, { organisationId }: Reached, { from, until }: PauseOptions) {
  const { zone, now } = await db.organisation(organisationId, (tx) => schoolTime(tx, organisationId));
  try {
    const startsAt = from === undefined ? null : instantOf(from, zone);
    const endsAt = until === undefined ? null : instantOf(until, zone);
    if (endsAt !== null && Date.parse(endsAt) <= Date.parse(startsAt ?? now)) {
      throw new UsageError(`The pause would end (${localTime(endsAt)}) before it begins.`);
    }
    return { startsAt, endsAt };
  } catch (error) {
    throw error instanceof PauseTimeError ? new UsageError(error.message) : error;
  }
}

function whatOf({ covers, scope, school }: Pause): string {
  const what = scope === 'target' ? `what writes to ${covers}` : covers;
  return school === null ? what : `${school} in ${what}`;
}

function effectOf({ effect, cause, school }: Pause): string {
  if (effect === 'add-only') return 'only new records pass';
  if (effect === 'add-and-update') return 'new records and changes pass';
  if (school !== null) return 'nothing of it changes';
  return cause === 'incident' ? 'nothing moves' : 'records rest, attendance goes on';
}

function spanOf({ startsAt, endsAt }: Pause): string {
  return `from ${localTime(startsAt)} ${endsAt === null ? 'until it is lifted' : `until ${localTime(endsAt)}`}`;
}

function hintOf({ number, effect, school, scope, covers }: Pause): string {
  const of = { connection: '', organisation: '--organisation ', target: '--target ' }[scope];
  const lift = `Lift it with "rollcall resume ${of}${covers} --pause ${number}".`;
  if (effect === 'no-runs' && school === null) return `${lift} What changes meanwhile is in the next run's plan.`;
  return `${lift} What waits: "rollcall findings --code CHANGE_WAITS_FOR_TIME".`;
}
