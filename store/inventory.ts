import type { HeldKind, HeldObject } from '../roster/contracts.ts';
import type { Window } from '../roster/window.ts';
import type { Transaction } from './database.ts';
import { type Attempt, guard } from './steps.ts';

/** Which inventory an account is due: everything, or what was changed since. */
export type InventoryDue = { readonly mode: 'full' } | { readonly mode: 'changes'; readonly since: string };

/** Everything is listed again after that long, so that what was removed by hand is noticed within a day. */
const fullAfter = "interval '20 hours'";

/** What is due for a run, by business time. The window's last day must have been listed once. */
export async function inventoryDue(
  tx: Transaction,
  accountId: string,
  asOf: string,
  window: Window,
): Promise<InventoryDue> {
  const { full, since } = await tx.one<{ full: boolean; since: string | null }>(
    `select coalesce(inventory_at not between $2::timestamptz - ${fullAfter} and $2::timestamptz
                     or inventory_to < $3::date or changes_from is null, true) as full, changes_from as since
       from account where account_id = $1`,
    [accountId, asOf, window.toDate],
  );
  return full || since === null ? { mode: 'full' } : { mode: 'changes', since };
}

/** Keeps what the target said of some objects, whoever made them. Nothing is written for one that is as it was seen. */
export async function keepSeen(
  tx: Transaction,
  attempt: Attempt,
  accountId: string,
  objects: readonly HeldObject[],
): Promise<void> {
  const rows = objects.map((held) => ({
    kind: held.kind,
    target_id: held.targetId,
    foreign_id: held.foreignId,
    foreign_system: held.foreignSystem,
    state: held.archived ? 'archived' : 'active',
    seen: seenOf(held),
  }));
  await tx.execute(
    `insert into target_object as o (organisation_id, account_id, kind, target_id, seen, foreign_id, foreign_system, state,
       created_run, changed_run)
     select distinct on (kind, target_id) $1::uuid, $2::uuid, kind, target_id, seen, foreign_id, foreign_system, state, $3::uuid, $3::uuid
       from jsonb_to_recordset($4::jsonb)
         as held(kind text, target_id text, foreign_id text, foreign_system text, state text, seen jsonb)
     on conflict (account_id, kind, target_id) do update
       set seen = excluded.seen, foreign_id = excluded.foreign_id, foreign_system = excluded.foreign_system,
           state = excluded.state, changed_run = excluded.changed_run
       where (o.seen, o.foreign_id, o.foreign_system, o.state)
         is distinct from (excluded.seen, excluded.foreign_id, excluded.foreign_system, excluded.state)`,
    [attempt.run.organisationId, accountId, attempt.run.runId, JSON.stringify(rows)],
  );
  await guard(tx, attempt);
}

/** The fields as compared with what we wrote, and the people it names by the target's ids. */
function seenOf(held: HeldObject): Record<string, unknown> {
  switch (held.kind) {
    case 'instructor':
    case 'learner':
      return { ...held.content };
    case 'group':
      return { ...held.content, learnerIds: held.learnerIds };
    case 'lesson':
      return { ...held.content, instructorIds: held.instructorIds, learnerIds: held.learnerIds };
  }
}

/** Objects of a connection that a full inventory should have shown: linked, active, and not among those that were seen. */
export function missingObjects(
  tx: Transaction,
  accountId: string,
  seen: ReadonlyMap<HeldKind, ReadonlySet<string>>,
  window: Window,
): Promise<{ kind: HeldKind; targetId: string }[]> {
  const kinds = [...seen.keys()];
  const ids = [...seen].flatMap(([kind, targets]) => [...targets].map((id) => `${kind} ${id}`));
  return tx.query(
    `select o.kind, o.target_id as "targetId" from target_object o
      where o.account_id = $1 and o.kind = any($2) and o.state = 'active'
        and exists (select from link k where k.target_object_id = o.target_object_id)
        and not exists (select from unnest($3::text[]) as s(id) where s.id = o.kind || ' ' || o.target_id)
        and (o.kind <> 'lesson' or ((o.content->>'startsAt')::timestamptz >= $4::timestamptz
                                and (o.content->>'startsAt')::timestamptz < $5::timestamptz))
      order by o.target_object_id`,
    [accountId, kinds, ids, window.fromInstant, window.toInstant],
  );
}

/** Somebody archived or removed an object of ours by hand. */
export async function markMissing(
  tx: Transaction,
  attempt: Attempt,
  accountId: string,
  missing: readonly { kind: HeldKind; targetId: string }[],
): Promise<void> {
  await tx.execute(
    `update target_object o set state = 'removed-by-hand', changed_run = $3
       from jsonb_to_recordset($2::jsonb) as m(kind text, "targetId" text)
      where (o.account_id, o.kind, o.target_id) = ($1, m.kind, m."targetId")`,
    [accountId, JSON.stringify(missing), attempt.run.runId],
  );
  await guard(tx, attempt);
}

/** Notes that an inventory is complete, and from when the next one must look for changes. */
export async function inventoryTaken(
  tx: Transaction,
  attempt: Attempt,
  account: { accountId: string; mode: 'full' | 'changes'; at: string; window: Window },
): Promise<void> {
  await tx.execute(
    account.mode === 'full'
      ? 'update account set inventory_at = $2, changes_from = $2, inventory_to = $3 where account_id = $1'
      : 'update account set changes_from = $2 where account_id = $1 and inventory_to >= $3',
    [account.accountId, account.at, account.window.toDate],
  );
  await guard(tx, attempt);
}

/**
 * Our own changes need no second look: after a run has written, changes are listed from its end on. What was changed by
 * hand while it wrote is noticed by the next full inventory.
 */
export async function skipOwnChanges(tx: Transaction, accountId: string): Promise<void> {
  await tx.execute(
    'update account set changes_from = business_now() where account_id = $1 and changes_from is not null',
    [accountId],
  );
}

/** Everything that the target's account holds is listed anew by the next run of a connection. */
export async function listAllNext(tx: Transaction, connectionId: string): Promise<void> {
  await tx.execute(
    `update account set inventory_at = null
      where account_id = (select target_account_id from connection where connection_id = $1)`,
    [connectionId],
  );
}
