import { createHash } from 'node:crypto';
import { businessNow } from '../store/clock.ts';
import type { Transaction } from '../store/database.ts';
import { tell } from '../store/messages.ts';
import { closePause, connectionsUnder, endPause, type Pause, readPause } from '../store/pauses.ts';
import type { Services } from './services.ts';
import { startDeliveries } from './start-deliveries.ts';
import type { PauseRef } from './start-pause.ts';
import { startSync } from './start-sync.ts';

/** What a pause's workflow does next: end, or look again after so long. */
export interface PauseLook {
  readonly over: boolean;
  readonly nextMs: number;
}

const dayMs = 86_400_000;
type Phase = 'begins-soon' | 'began' | 'ends-soon' | 'ended';

/** Tells what is due to be told of a pause; at its end lifts it and has what it covered catch up. */
export async function lookAtPause(services: Services, ref: PauseRef): Promise<PauseLook> {
  const { db } = services;
  const { pause, look } = await db.organisation(ref.organisationId, async (tx) => {
    await endIfDue(tx, ref.pauseId);
    const pause = await readPause(tx, ref.pauseId);
    const now = Date.parse(await businessNow(tx));
    const phase = pause.closed ? undefined : phaseAt(pause, now);
    if (phase !== undefined) await tellPhase(tx, pause, phase);
    return { pause, look: { over: pause.endedAt !== null, nextMs: nextChange(pause, now) } };
  });
  if (look.over && !pause.closed) {
    if (begunBeforeEnd(pause)) await catchUp(services, ref);
    await db.organisation(ref.organisationId, (tx) => closePause(tx, ref.pauseId));
  }
  await startDeliveries(services, ref.organisationId);
  return look;
}

async function endIfDue(tx: Transaction, pauseId: string): Promise<void> {
  const { state, endedAt } = await readPause(tx, pauseId);
  if (state === 'over' && endedAt === null) await endPause(tx, pauseId);
}

/** One that was lifted before it began kept nothing back. */
function begunBeforeEnd({ startsAt, endedAt }: Pause): boolean {
  return endedAt !== null && Date.parse(startsAt) <= Date.parse(endedAt);
}

/** What there is to say now; of a planned pause the day before, of a short one no reminder of its end. */
function phaseAt(pause: Pause, now: number): Phase | undefined {
  const [starts, ends] = [Date.parse(pause.startsAt), pause.endsAt === null ? Infinity : Date.parse(pause.endsAt)];
  if (pause.endedAt !== null) return 'ended';
  if (now < starts) return starts - now <= dayMs ? 'begins-soon' : undefined;
  return ends - now <= dayMs && ends - starts > dayMs ? 'ends-soon' : 'began';
}

/** Milliseconds until something of it is due; with an open end a look now and then is enough. */
function nextChange(pause: Pause, now: number): number {
  const moments = [pause.startsAt, pause.endsAt].flatMap((at) =>
    at === null ? [] : [Date.parse(at) - dayMs, Date.parse(at)],
  );
  const coming = moments.filter((moment) => moment > now);
  return Math.min(...coming.map((moment) => moment - now), 7 * dayMs);
}

async function tellPhase(tx: Transaction, pause: Pause, phase: Phase): Promise<void> {
  const { pauseId, organisationId, connectionId, number, scope, school, covers, cause, startsAt, endsAt, reason } =
    pause;
  await tell(tx, {
    organisationId,
    connectionId,
    kind: 'paused',
    onceKey: `pause/${pauseId}/${phase}`,
    detail: {
      phase,
      number,
      scope: school === null ? scope : 'school',
      name: school ?? covers,
      cause,
      from: startsAt,
      until: endsAt,
      reason,
    },
  });
}

/** A run for each connection it covered, at once: what changed meanwhile is in its plan. */
async function catchUp({ db, temporal, taskQueue }: Services, { organisationId, pauseId }: PauseRef): Promise<void> {
  const connections = await db.organisation(organisationId, (tx) => connectionsUnder(tx, pauseId));
  for (const { connectionId, ...name } of connections) {
    await startSync(temporal, taskQueue, name, {
      organisationId,
      connectionId,
      runId: catchUpRunId(pauseId, connectionId),
      trigger: 'pause-end',
      preview: false,
      commandId: null,
    });
  }
}

/** The run that catches up after a pause: the same however often it is asked for. */
export function catchUpRunId(pauseId: string, connectionId: string): string {
  const digest = createHash('sha256').update(`${pauseId}/${connectionId}`).digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x80;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const hex = digest.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
