import { randomUUID } from 'node:crypto';
import type { Transaction } from './database.ts';

/** What a global stop reaches: everything, whatever touches a system in either role, or what writes to it. */
export type StopScope = 'everything' | 'system' | 'target';

/** A stop that ops set for every organisation at once. */
export interface Stop {
  readonly scope: StopScope;
  /** The connector's code; empty for everything. */
  readonly system: string;
  readonly reason: string;
  readonly setBy: string;
  readonly setAt: string;
}

const columns = 'scope, system, reason, set_by as "setBy", set_at as "setAt"';

/** The stop that keeps a connection from working now, if there is one. */
export async function stopOf(tx: Transaction, connectionId: string): Promise<Stop | undefined> {
  const [stop] = await tx.query<Stop>(
    `select ${columns} from operator.stop s
      where lifted_at is null and (s.scope = 'everything' or exists (
        select from connection c
          join account a on a.account_id = c.target_account_id
            or s.scope = 'system' and a.account_id = c.source_account_id
         where c.connection_id = $1 and a.system = s.system))
      order by set_at limit 1`,
    [connectionId],
  );
  return stop;
}

/** All stops in force. */
export function listStops(tx: Transaction): Promise<Stop[]> {
  return tx.query<Stop>(`select ${columns} from operator.stop where lifted_at is null order by set_at`);
}

/** Sets a stop; false where the same one is in force already. */
export async function setStop(tx: Transaction, stop: Omit<Stop, 'setAt'>): Promise<boolean> {
  const set = await tx.execute(
    `insert into operator.stop (stop_id, scope, system, reason, set_by) values ($1, $2, $3, $4, $5)
     on conflict (scope, system) where lifted_at is null do nothing`,
    [randomUUID(), stop.scope, stop.system, stop.reason, stop.setBy],
  );
  return set > 0;
}

/** Lifts a stop; false where none of that scope is in force. */
export async function liftStop(
  tx: Transaction,
  stop: { scope: StopScope; system: string; liftedBy: string },
): Promise<boolean> {
  const lifted = await tx.execute(
    `update operator.stop set lifted_at = clock_timestamp(), lifted_by = $3
      where scope = $1 and system = $2 and lifted_at is null`,
    [stop.scope, stop.system, stop.liftedBy],
  );
  return lifted > 0;
}
