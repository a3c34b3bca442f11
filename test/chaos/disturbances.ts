import { setTimeout as delay } from 'node:timers/promises';
import type { Pick } from '../../simulators/kit/pick.ts';
import type { Tell } from './school-life.ts';
import { requestTimeoutMs, type System, type World } from './world.ts';

type Rule = Readonly<Record<string, unknown>>;

/** The request's effect may come after its time-out, but within the margin that any write is given. */
const aLittleLate = () => ({ ms: requestTimeoutMs + 600 });

const readFaults: readonly Rule[] = [
  { fault: 'status', status: 503 },
  { fault: 'status', status: 500 },
  { fault: 'status', status: 429, retryAfter: 1 },
  { fault: 'html200' },
  { fault: 'cut' },
  { fault: 'reset' },
  { fault: 'slow', ms: 300 },
  { fault: 'slow', ms: requestTimeoutMs + 200 },
  { fault: 'timeout' },
  { fault: 'doubled-page' },
  { fault: 'drift', drift: 'removed' },
  { fault: 'drift', drift: 'inserted' },
  { fault: 'drift', drift: 'swapped' },
];

const alcuinFaults: readonly Rule[] = [
  ...readFaults,
  { fault: 'windows-1252' },
  { fault: 'single-object' },
  { fault: 'missing-list' },
  { fault: 'lost-list' },
  { fault: 'empty-list', match: { path: '/api/evenements' } },
  { fault: 'lost-after-commit', match: { method: 'PUT' } },
  { fault: 'commit-late', match: { method: 'PUT' }, ...aLittleLate() },
  { fault: 'reject-lines', match: { method: 'PUT' } },
];

/** Edusign's write of a sheet may come however late: only of that it is promised that it does no lasting harm. */
const sheetMade = { method: 'POST', path: '/v1/course' };

const edusignFaults: readonly Rule[] = [
  ...readFaults,
  { fault: 'lost-after-commit' },
  { fault: 'timeout-after-commit' },
  { fault: 'lost-after-commit', match: { method: 'POST' } },
  { fault: 'lost-after-commit', match: { method: 'PATCH' } },
  { fault: 'commit-late', ...aLittleLate() },
  { fault: 'commit-late', status: 504, ms: 900 },
  { fault: 'commit-after-cut', ms: 800 },
  { fault: 'commit-late', match: sheetMade, ms: 3_500 },
  { fault: 'commit-late', match: sheetMade, ms: 6_500 },
  { fault: 'commit-after-cut', match: sheetMade, ms: 5_500 },
  { fault: 'timeout-after-commit', match: sheetMade },
  { fault: 'business-error', match: { method: 'POST' }, message: 'An unexpected problem' },
];

/** Faults that end a run at once, and must not harm either. */
const refusals: readonly Rule[] = [
  { fault: 'status', status: 401, count: 1, probability: 0.05 },
  { fault: 'status', status: 403, count: 1, probability: 0.05 },
];

/** Switches a few faults on, each of which fires a few times at seeded requests. */
export async function raiseStorm(world: World, pick: Pick, tell: Tell): Promise<void> {
  for (const [system, known] of [
    ['alcuin', alcuinFaults],
    ['edusign', edusignFaults],
  ] as const) {
    const chosen = pick.shuffled(known).slice(0, pick.between(0, 2));
    const rules = chosen.map((rule) => ({
      ...rule,
      count: pick.between(1, 3),
      probability: pick.one([0.05, 0.2, 0.5]),
      seed: pick.between(1, 1_000_000),
    }));
    if (pick.chance(0.06)) rules.push({ ...pick.one(refusals), seed: pick.between(1, 1_000_000) } as (typeof rules)[0]);
    for (const rule of rules) tell(`${system} will do ${JSON.stringify(rule)}`);
    await world.setFaults(system, rules);
  }
}

/** All is calm again. Gives what has fired. */
export async function calm(world: World, tell: Tell): Promise<Set<string>> {
  const fired = new Set<string>();
  for (const system of ['alcuin', 'edusign'] as const) {
    const counts = await world.firedFaults(system);
    tell(`${system} did ${JSON.stringify(counts)}`);
    for (const [fault, times] of Object.entries(counts)) if (times > 0) fired.add(`${system} ${fault}`);
    await world.setFaults(system, []);
  }
  return fired;
}

export type Shock = 'kill' | 'freeze' | 'cut-database' | 'restart-database' | 'restart-temporal' | Stay | Button;

/** A person's pause: a run at work may finish, or is to stop now. */
export type Stay = 'pause' | 'pause-now';

/** Buttons of the Temporal UI, pressed on the workflow of a sync. */
export type Button = 'terminate' | 'cancel' | 'reset';

/** Where in a sync a shock comes: after so many requests to either system. */
export interface Moment {
  readonly after: number;
}

/** Waits for the moment; false when the sync ended first. */
async function reached(world: World, base: number, moment: Moment, isOver: () => boolean): Promise<boolean> {
  for (;;) {
    if ((await requests(world)) >= base + moment.after) return true;
    if (isOver()) return false;
    await delay(10);
  }
}

export async function requests(world: World): Promise<number> {
  const last = async (system: System) => (await world.journal(system)).length;
  return (await last('alcuin')) + (await last('edusign'));
}

/** Does a shock at its moment. */
export async function strike(
  world: World,
  shock: Shock,
  moment: Moment,
  sync: { base: number; workflowId: string; isOver: () => boolean },
  tell: Tell,
): Promise<void> {
  if (!(await reached(world, sync.base, moment, sync.isOver))) {
    tell(`the sync was over before the ${shock}`);
    return;
  }
  tell(`${shock} after ${(await requests(world)) - sync.base} requests`);
  switch (shock) {
    case 'kill':
      await world.worker.kill();
      return world.startWorker();
    case 'freeze':
      world.worker.freeze();
      await leaseRanOut(world);
      return world.worker.wake();
    case 'cut-database':
      return world.cutDatabase();
    case 'restart-database':
      return world.restartDatabase();
    case 'pause':
    case 'pause-now':
      return world.pause(shock);
    case 'restart-temporal':
      return world.restartTemporal();
    case 'terminate':
    case 'cancel':
    case 'reset':
      return world.press(shock, sync.workflowId);
  }
}

/** Longer than the lease of the account, if one is held; at least longer than a request may take. */
async function leaseRanOut(world: World): Promise<void> {
  const endsAt = performance.now() + 2 * requestTimeoutMs;
  for (;;) {
    const held = await world.sql('select 1 from account where lease_expires_at > clock_timestamp()');
    if (held.length === 0 && performance.now() > endsAt) return;
    await delay(50);
  }
}
