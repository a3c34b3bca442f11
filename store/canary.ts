import type { ChangeKind, Operation } from '../roster/changes.ts';
import type { HeldCell } from '../roster/safety-filter.ts';
import type { DueChange } from './changes.ts';
import type { Transaction } from './database.ts';
import { settleHolds } from './holds.ts';
import { isApproved } from './safety.ts';
import type { RunRef } from './steps.ts';

/** Whether more changes wait to be sent than `from` that no person has approved, and the first were not looked at yet. */
export async function canaryIsDue(tx: Transaction, runId: string, from: number): Promise<boolean> {
  const { due } = await tx.one<{ due: boolean }>(
    `select r.canary is null and (
       select count(*) from change c where c.run_id = r.run_id and c.state = 'planned' and not ${isApproved}) > $2 as due
       from run r where r.run_id = $1`,
    [runId, from],
  );
  return due;
}

/** A change that was applied to an object of its own. */
export interface AppliedChange {
  readonly kind: ChangeKind;
  readonly operation: Operation;
  readonly syncKey: string;
  readonly targetId: string;
  readonly after: Readonly<Record<string, unknown>>;
}

/** Of some changes those that were applied, without places on rosters and without what was left as it is. */
export function appliedChanges(tx: Transaction, changes: readonly DueChange[]): Promise<AppliedChange[]> {
  return tx.query<AppliedChange>(
    `select c.kind, c.operation, c.sync_key as "syncKey", c.target_id as "targetId", coalesce(nullif(o.content, '{}'), c.after) as after
       from change c
       left join link k on (k.connection_id, k.kind, k.sync_key) = (c.connection_id, c.kind, c.sync_key)
       left join target_object o on o.target_object_id = k.target_object_id
      where c.change_id = any($1) and c.state = 'applied' and c.kind <> 'membership' and not c.after ? 'refer'
      order by c.change_id`,
    [changes.map(({ changeId }) => changeId)],
  );
}

export async function noteCanary(tx: Transaction, runId: string, canary: 'passed' | 'surprised'): Promise<void> {
  await tx.execute('update run set canary = $2 where run_id = $1', [runId, canary]);
}

/** Holds what has not been sent yet and no person approved, beside what the safety filter holds already. */
export async function holdRest(tx: Transaction, run: RunRef, explanation: string): Promise<void> {
  await tx.execute(
    `update change c set state = 'held', code = 'CHANGE_HELD', explanation = $2, ended_at = clock_timestamp()
      where c.run_id = $1 and c.state = 'planned' and not ${isApproved}`,
    [run.runId, explanation],
  );
  const cells = await tx.query<HeldCell>(
    `select c.kind, c.operation, c.school, count(*) as count, 'CANARY' as reason,
            coalesce(max((select (cell ->> 'base')::int from plan p cross join jsonb_array_elements(p.cells) cell
                           where p.run_id = c.run_id and (cell ->> 'kind', cell ->> 'operation', cell ->> 'school')
                                 = (c.kind, c.operation, c.school))), 0) as base
       from change c where c.run_id = $1 and c.state = 'held' group by c.kind, c.operation, c.school order by 1, 2, 3`,
    [run.runId],
  );
  await settleHolds(tx, run, cells);
}
