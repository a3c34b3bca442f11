import { lastDue } from '../roster/coming-runs.ts';
import { readTimeFacts, runsOfLate, type ScheduledConnection, scheduledConnections } from '../store/calendar.ts';
import { tell } from '../store/messages.ts';
import type { Services } from './services.ts';

const hourMs = 3_600_000;
/** A run may take so long before its silence is told. */
const graceMs = 2 * hourMs;
/** Looked back so far: older silence was told. */
const backMs = 8 * 24 * hourMs;

/** Tells of every live connection that should have sent records down by now, and has not: once for each missed moment. */
export async function listenForSilence(services: Services): Promise<number> {
  let silent = 0;
  for (const connection of await services.db.operator(scheduledConnections)) {
    if (await isSilent(services, connection)) silent += 1;
  }
  return silent;
}

function isSilent({ db }: Services, { organisationId, connectionId, schedule, slot }: ScheduledConnection) {
  return db.organisation(organisationId, async (tx) => {
    const { now, since, lastSuccessAt, lastCode } = await runsOfLate(tx, connectionId);
    const before = (ms: number) => new Date(Date.parse(now) - ms).toISOString();
    const [from, to] = [before(backMs), before(graceMs)];
    const facts = await readTimeFacts(tx, connectionId, from);
    const due = lastDue({ schedule, slot }, facts, from, to);
    const met = (at: string | null) => due !== undefined && at !== null && Date.parse(at) >= Date.parse(due);
    if (due === undefined || met(since) || met(lastSuccessAt)) return false;
    return tell(tx, {
      organisationId,
      connectionId,
      kind: 'silence',
      onceKey: `silence/${connectionId}/${due}`,
      detail: { expectedBy: new Date(Date.parse(due) + graceMs).toISOString(), lastSuccessAt, lastCode },
    });
  });
}
