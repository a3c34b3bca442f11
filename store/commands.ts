import { randomUUID } from 'node:crypto';
import type { Transaction } from './database.ts';

/** Who may ask for what. The Temporal operator is whoever presses a button in the Temporal UI. */
export type ActorRole = 'operator' | 'support' | 'admin' | 'viewer' | 'temporal-operator';

/** What a person asked for. The row is the audit. */
export interface Command {
  readonly organisationId: string;
  readonly connectionId?: string;
  readonly action: string;
  readonly actor: string;
  readonly role: ActorRole;
  readonly reason: string;
  /** What was asked for, without secrets. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Writes down what a person asked for, before anything acts on it. */
export async function recordCommand(tx: Transaction, command: Command): Promise<string> {
  const commandId = randomUUID();
  await tx.execute(
    `insert into command (command_id, organisation_id, connection_id, action, actor, role, reason, detail)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      commandId,
      command.organisationId,
      command.connectionId ?? null,
      command.action,
      command.actor,
      command.role,
      command.reason,
      command.detail ?? {},
    ],
  );
  return commandId;
}

/** Notes that a command was carried out, and what that came to. Once: a repeat leaves the first outcome. */
export async function carriedOut(
  tx: Transaction,
  commandId: string,
  outcome: Readonly<Record<string, unknown>>,
): Promise<void> {
  await tx.execute(
    `update command set outcome = coalesce(outcome, $2), used_at = coalesce(used_at, clock_timestamp()) where command_id = $1`,
    [commandId, outcome],
  );
}

/** What somebody did with a button of the Temporal UI, written down after the fact. */
export function recordByTemporalOperator(
  tx: Transaction,
  what: Pick<Command, 'organisationId' | 'connectionId' | 'action' | 'detail'> & { readonly reason?: string },
): Promise<string> {
  return recordCommand(tx, { reason: '', ...what, actor: 'Temporal operator', role: 'temporal-operator' });
}
