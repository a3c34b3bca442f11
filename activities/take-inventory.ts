import type { ApiTarget, HeldKind, HeldObject } from '../roster/contracts.ts';
import type { Window } from '../roster/window.ts';
import type { PlanScope } from '../store/api-plan.ts';
import { businessNow } from '../store/clock.ts';
import { inventoryDue, inventoryTaken, keepSeen, markMissing, missingObjects } from '../store/inventory.ts';
import type { Attempt } from '../store/steps.ts';
import type { Services } from './services.ts';

const kinds: readonly HeldKind[] = ['instructor', 'learner', 'group', 'lesson'];

const batch = 500;

/** Objects that a full list did not show are looked at one by one, so many a run: a list may have shifted. */
const mostLookedAt = 50;

/** Changes are listed from a little earlier than was noted: the target's clock is not ours. */
const overlapMs = 10 * 60_000;

export interface Inventory {
  readonly objects: number;
  readonly missing: number;
}

/**
 * Looks at what the target's account holds before anything is planned: everything once a day, what was changed since
 * otherwise. So accounts in use are joined without doubles, and what people did there by hand is seen.
 */
export async function takeInventory(
  services: Services,
  attempt: Attempt,
  target: ApiTarget,
  scope: PlanScope,
  window: Window,
): Promise<Inventory> {
  const { db } = services;
  const { organisationId } = scope;
  const { due, at } = await db.organisation(organisationId, async (tx) => ({
    due: await inventoryDue(tx, scope.accountId, scope.asOf, window),
    at: await businessNow(tx),
  }));
  const changedSince =
    due.mode === 'full' ? {} : { changedSince: new Date(Date.parse(due.since) - overlapMs).toISOString() };
  const seen = new Map<HeldKind, Set<string>>(kinds.map((kind) => [kind, new Set()]));
  let held: HeldObject[] = [];
  const keep = async () => {
    const objects = held;
    held = [];
    if (objects.length > 0) {
      await db.organisation(organisationId, (tx) => keepSeen(tx, attempt, scope.accountId, objects));
    }
  };
  for await (const object of target.inventory({ kinds, window, ...changedSince })) {
    seen.get(object.kind)?.add(object.targetId);
    held.push(object);
    if (held.length >= batch) await keep();
  }
  await keep();
  const missing = due.mode === 'full' ? await lookForMissing(services, attempt, target, scope, window, seen) : 0;
  await db.organisation(organisationId, (tx) =>
    inventoryTaken(tx, attempt, { accountId: scope.accountId, mode: due.mode, at, window }),
  );
  return { objects: [...seen.values()].reduce((sum, ids) => sum + ids.size, 0), missing };
}

async function lookForMissing(
  { db }: Services,
  attempt: Attempt,
  target: ApiTarget,
  scope: PlanScope,
  window: Window,
  seen: ReadonlyMap<HeldKind, ReadonlySet<string>>,
): Promise<number> {
  const suspects = await db.organisation(scope.organisationId, (tx) =>
    missingObjects(tx, scope.accountId, seen, window),
  );
  const missing: { kind: HeldKind; targetId: string }[] = [];
  for (const suspect of suspects.slice(0, mostLookedAt)) {
    const object = await target.read(suspect.kind, suspect.targetId);
    if (object === undefined || object.archived) missing.push(suspect);
  }
  if (missing.length > 0) {
    await db.organisation(scope.organisationId, (tx) => markMissing(tx, attempt, scope.accountId, missing));
  }
  return missing.length;
}
