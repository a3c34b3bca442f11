import { canary, surpriseOf } from '../roster/canary.ts';
import type { HeldKind } from '../roster/contracts.ts';
import { type AppliedChange, appliedChanges, canaryIsDue, holdRest, noteCanary } from '../store/canary.ts';
import { type DueChange, resolveRecords } from '../store/changes.ts';
import { guard } from '../store/steps.ts';
import { type Sending, sendChange } from './send-change.ts';

/**
 * The first changes of a large plan go alone and are read back. Where one is not at the target as it was sent, the rest is
 * held for a person: whatever is wrong would be wrong a thousand times.
 */
export async function flyCanary(sending: Sending, ready: readonly DueChange[]): Promise<void> {
  const { db } = sending.services;
  const { run } = sending.attempt;
  const flown = ready.slice(0, canary.size);
  for (const change of flown) await sendChange(sending, change);
  const applied = await db.organisation(run.organisationId, (tx) => appliedChanges(tx, flown));
  const surprise = await firstSurprise(sending, applied);
  await db.organisation(run.organisationId, async (tx) => {
    await noteCanary(tx, run.runId, surprise === undefined ? 'passed' : 'surprised');
    if (surprise !== undefined) await holdRest(tx, run, surprise);
    await guard(tx, sending.attempt);
  });
}

/** Whether the plan is large enough, and nobody has looked at its first changes yet. */
export function isCanaryDue({ services, attempt }: Sending): Promise<boolean> {
  const { run } = attempt;
  return services.db.organisation(run.organisationId, (tx) => canaryIsDue(tx, run.runId, canary.from));
}

async function firstSurprise(sending: Sending, applied: readonly AppliedChange[]): Promise<string | undefined> {
  for (const change of applied) {
    const held = await sending.target.read(change.kind as HeldKind, change.targetId);
    const instructorIds = await instructorsOf(sending, change);
    const surprise = surpriseOf({ ...change, instructorIds }, held);
    if (surprise !== undefined) return `${change.kind} ${change.syncKey} was sent and read back: ${surprise}.`;
  }
  return undefined;
}

async function instructorsOf({ services, attempt }: Sending, change: AppliedChange): Promise<string[]> {
  const { run } = attempt;
  const keys = Array.isArray(change.after['instructors']) ? change.after['instructors'].map(String) : [];
  const found = await services.db.organisation(run.organisationId, (tx) => resolveRecords(tx, run, 'instructor', keys));
  return found.flatMap(({ targetId }) => (targetId === null ? [] : [targetId]));
}
