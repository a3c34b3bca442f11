import type { TimeWait } from '../roster/calendar.ts';
import type { HeldCell, LimitOf, OperationLimits, PlanCell, SourceSize } from '../roster/safety-filter.ts';
import { defaultLimits, type Limits, limitsOfReturn, limitsWithin } from '../roster/safety-filter.ts';
import type { Transaction } from './database.ts';
import { named } from './named.ts';
import type { RunRef } from './steps.ts';

/**
 * A change of the run `c` that needs no look: a person approved it, go-live approved the plan that showed it, or it only
 * takes away the second object that a late request of ours made of one lesson.
 */
export const isApproved = `(c.kind = 'lesson' and c.operation = 'delete' and c.target_object_id is null and c.target_id is not null
  or exists (
    select from hold_change h where h.connection_id = c.connection_id and h.digest = c.digest and h.state = 'approved')
  or exists (
    select from connection n join change shown on shown.run_id = n.shown_run
     where n.connection_id = c.connection_id and (shown.kind, shown.operation, shown.sync_key) = (c.kind, c.operation, c.sync_key)
       and shown.digest = c.digest))`;

/** How a connection treats what is over a limit. */
export interface ConnectionLimits {
  readonly limitOf: LimitOf;
  readonly overLimit: 'hold-part' | 'stop-all';
}

/** The limits of a connection within the operator's bounds; those for a return where a planned pause has just ended. */
export async function readLimits(tx: Transaction, connectionId: string): Promise<ConnectionLimits> {
  const { own, overLimit, bounds, returns } = await tx.one<{
    own: Limits;
    overLimit: ConnectionLimits['overLimit'];
    bounds: OperationLimits;
    returns: boolean;
  }>(
    `select case when returns then limits_on_return else limits end as own, returns, over_limit as "overLimit",
            coalesce((select jsonb_object_agg(operation, jsonb_build_object('percent', percent, 'floor', floor))
                        from operator.limit_bound), '{}') as bounds
       from connection where connection_id = $1`,
    [connectionId],
  );
  return { limitOf: limitsWithin(own, bounds, returns ? limitsOfReturn : defaultLimits), overLimit };
}

/**
 * What of a run's plan must be judged: its cells without what a person approved. The base of a first live run is what its
 * trial showed, since the mirror is empty.
 */
export async function cellsToJudge(tx: Transaction, run: RunRef): Promise<{ cells: PlanCell[]; size: SourceSize }> {
  const cells = await tx.query<PlanCell>(
    ...named(
      `select c.kind, c.operation, c.school, count(*) as count,
              greatest(coalesce((select (cell ->> 'base')::int from plan p cross join jsonb_array_elements(p.cells) cell
                                  where p.run_id = :runId and (cell ->> 'kind', cell ->> 'operation', cell ->> 'school')
                                        = (c.kind, c.operation, c.school)), 0),
                       (select count(*) from connection n join change shown on shown.run_id = n.shown_run
                         where n.connection_id = :connectionId and shown.kind = c.kind
                           and shown.operation in ('insert', 'adopt'))) as base
         from change c
        where c.run_id = :runId and c.state = 'planned' and not ${isApproved}
        group by c.kind, c.operation, c.school order by 1, 2, 3`,
      run,
    ),
  );
  const { size } = await tx.one<{ size: SourceSize }>('select source_size as size from plan where run_id = $1', [
    run.runId,
  ]);
  return { cells, size };
}

/**
 * Brings decisions up to date before a plan is judged: approvals that were used or ran out, and decisions whose change is
 * not planned any more in these words, since the record reappeared or differs.
 */
export async function settleDecisions(tx: Transaction, run: RunRef): Promise<void> {
  await useApprovals(tx, run);
  await tx.execute(
    `update hold_change set state = 'expired', ended_run = $2
      where connection_id = $1 and state = 'approved' and expires_at < business_now()`,
    [run.connectionId, run.runId],
  );
  await tx.execute(
    `update hold_change h set state = 'void', ended_run = $2
      where h.connection_id = $1 and h.state in ('approved', 'rejected')
        and not exists (select from change c where c.run_id = $2 and (c.kind, c.operation, c.sync_key) = (h.kind, h.operation, h.sync_key)
                           and c.digest = h.digest)`,
    [run.connectionId, run.runId],
  );
}

/** An approval is used once: by the first change of its digest that came to an end after it was given. */
export async function useApprovals(tx: Transaction, run: RunRef): Promise<void> {
  await tx.execute(
    `update hold_change h set state = 'used', ended_run = c.run_id
       from change c
      where h.connection_id = $1 and h.state = 'approved'
        and (c.connection_id, c.kind, c.sync_key) = (h.connection_id, h.kind, h.sync_key) and c.digest = h.digest
        and c.state in ('applied', 'rejected', 'stale') and c.ended_at > h.decided_at`,
    [run.connectionId],
  );
}

/** Leaves out what a person rejected in these very words. Gives the number of changes. */
export function suppressRejected(tx: Transaction, run: RunRef): Promise<number> {
  return tx.execute(
    `update change c set state = 'void', code = 'CHANGE_SUPPRESSED', ended_at = clock_timestamp(),
            explanation = 'Rejected by ' || d.actor || ' on ' || to_char(h.decided_at, 'YYYY-MM-DD') ||
                          case when d.reason = '' then '.' else ': ' || d.reason end
       from hold_change h join command d using (command_id)
      where c.run_id = $2 and c.state = 'planned' and h.connection_id = $1 and h.digest = c.digest and h.state = 'rejected'`,
    [run.connectionId, run.runId],
  );
}

/** Holds what is over a limit and was not approved: it waits for a person, the rest of the plan goes on. */
export async function holdCells(tx: Transaction, runId: string, cells: readonly HeldCell[]): Promise<number> {
  let held = 0;
  for (const cell of cells) {
    held += await tx.execute(
      `update change c set state = 'held', code = 'CHANGE_HELD', explanation = $5, ended_at = clock_timestamp()
        where c.run_id = $1 and c.kind = $2 and c.operation = $3 and c.school = $4 and c.state = 'planned' and not ${isApproved}`,
      [runId, cell.kind, cell.operation, cell.school, explainHold(cell)],
    );
  }
  return held;
}

/** Why a cell is held, in words. */
export function explainHold(cell: Omit<HeldCell, 'school'>): string {
  switch (cell.reason) {
    case 'SOURCE_EMPTY':
      return 'The source was empty, and an empty source removes nothing.';
    case 'SOURCE_SHRANK':
      return 'The source said less than half of what is known, and a shrunken source removes nothing.';
    case 'ROWS_UNREADABLE':
      return 'The source gave rows whose key cannot be read, and whatever they are must not be taken for absent.';
    case 'CANARY':
      return 'The first changes of this plan did not arrive at the target as they were sent.';
    case 'OVER_LIMIT':
      return `${cell.count} of ${cell.base} records of this kind would get this ${cell.operation}.`;
  }
}

/** Everything that was not sent yet waits: the whole import stops. Gives the number of changes. */
export function stopImport(tx: Transaction, runId: string): Promise<number> {
  return tx.execute(
    `update change set state = 'waiting', code = 'CHANGE_WAITS', ended_at = clock_timestamp(),
            explanation = 'Another change of this import is over its limit, and the connection stops the whole import then.'
      where run_id = $1 and state = 'planned'`,
    [runId],
  );
}

/** The next run has the usual limits again: one has brought down what changed in the pause. */
export async function endReturn(tx: Transaction, run: RunRef): Promise<void> {
  await tx.execute(
    `update connection c set returns = false from run r
      where c.connection_id = $1 and c.returns and r.run_id = $2 and r.kind = 'sync' and not r.plan_only`,
    [run.connectionId, run.runId],
  );
}

const passing: Record<TimeWait['passes'], readonly string[]> = {
  nothing: [],
  inserts: ['insert', 'adopt', 'restore'],
  'inserts-and-updates': ['insert', 'adopt', 'restore', 'update', 'rekey'],
};

/**
 * What a pause or the calendar keeps back waits, and is planned again when that ends. The second object that a late request
 * of ours made goes all the same. Gives the number of changes.
 */
export function waitForTime(tx: Transaction, runId: string, wait: TimeWait): Promise<number> {
  return tx.execute(
    `update change c set state = 'waiting', code = 'CHANGE_WAITS_FOR_TIME', explanation = 'The ' || c.operation || ' ' || $4, ended_at = clock_timestamp()
      where c.run_id = $1 and c.state = 'planned' and not c.operation = any($2) and ($3::text[] is null or c.school = any($3))
        and not (c.kind = 'lesson' and c.operation = 'delete' and c.target_object_id is null and c.target_id is not null)`,
    [
      runId,
      passing[wait.passes],
      wait.schools,
      `waits ${wait.until === null ? 'for the end of' : `until ${wait.until} for`} ${wait.name}.`,
    ],
  );
}
