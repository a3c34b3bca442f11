import { z } from 'zod';
import type { ErrorCode } from '../roster/error-codes.ts';
import type { Transaction } from './database.ts';

/** What a person decides on a hold: the detail of an approve or reject command. */
export const decision = z.object({
  /** The hold, by its number in the connection. */
  hold: z.int(),
  /** Digests of the changes meant; all that are open when left out. */
  digests: z.array(z.string()).optional(),
  /** Days of business time that an approval holds. */
  days: z.int().optional(),
  /** Whether an approval starts a run at once: the last of several does. */
  startsRun: z.boolean().optional(),
});
export type Decision = z.infer<typeof decision>;

/** What carrying a decision out came to. */
export const decisionOutcome = z.object({
  /** How many changes were approved or rejected. */
  decided: z.int(),
  /** Why none was. */
  code: z.custom<ErrorCode>().nullable(),
  startsRun: z.boolean(),
});
export type DecisionOutcome = z.infer<typeof decisionOutcome>;

/** Days that an approval holds when the person says nothing else. */
export const usualApprovalDays = 7;

/**
 * Carries out an approve or reject command, once: asked again it gives the same outcome. Only the changes that the hold
 * still shows are meant; one that was decided or replaced meanwhile decides nothing.
 */
export async function carryOutDecision(tx: Transaction, commandId: string): Promise<DecisionOutcome> {
  const command = await tx.one<{ connectionId: string; action: string; detail: unknown; outcome: unknown }>(
    `select connection_id as "connectionId", action, detail, outcome from command where command_id = $1 for update`,
    [commandId],
  );
  if (command.outcome !== null) return decisionOutcome.parse(command.outcome);
  const wanted = decision.parse(command.detail);
  const [hold] = await tx.query<{ holdId: string }>(
    `select hold_id as "holdId" from hold where connection_id = $1 and number = $2 and state = 'open' for update`,
    [command.connectionId, wanted.hold],
  );
  const approves = command.action === 'approve';
  const decided = hold === undefined ? 0 : await decide(tx, commandId, hold.holdId, approves, wanted);
  const outcome: DecisionOutcome = {
    decided,
    code: decided === 0 ? 'HOLD_NOT_OPEN' : null,
    startsRun: approves && decided > 0 && wanted.startsRun === true,
  };
  await tx.execute('update command set outcome = $2, used_at = clock_timestamp() where command_id = $1', [
    commandId,
    outcome,
  ]);
  return outcome;
}

async function decide(
  tx: Transaction,
  commandId: string,
  holdId: string,
  approves: boolean,
  wanted: Decision,
): Promise<number> {
  const decided = await tx.execute(
    `update hold_change set state = $2, command_id = $3, decided_at = clock_timestamp(),
            expires_at = case when $2 = 'approved' then business_now() + make_interval(days => $4::int) end
      where hold_id = $1 and state = 'open' and ($5::text[] is null or digest = any($5))`,
    [holdId, approves ? 'approved' : 'rejected', commandId, wanted.days ?? usualApprovalDays, wanted.digests ?? null],
  );
  await tx.execute(
    `update hold set state = 'decided', closed_at = clock_timestamp()
      where hold_id = $1 and state = 'open' and not exists (select from hold_change c where c.hold_id = $1 and c.state = 'open')`,
    [holdId],
  );
  return decided;
}

/** Decisions that were written down and never carried out: no worker was there. Across organisations, ids only. */
export function undeliveredDecisions(
  tx: Transaction,
): Promise<{ organisationId: string; connectionId: string; commandId: string }[]> {
  return tx.query(
    `select organisation_id as "organisationId", connection_id as "connectionId", command_id as "commandId"
       from operator.open_command where action in ('approve', 'reject')
        and created_at < clock_timestamp() - interval '10 seconds' order by created_at`,
  );
}

/** Approvals that ran out before they were used, by connection. Marks them. */
export function expireApprovals(
  tx: Transaction,
): Promise<{ connectionId: string; commandId: string; changes: number }[]> {
  return tx.query(
    `with expired as (
       update hold_change set state = 'expired' where state = 'approved' and expires_at < business_now()
       returning connection_id, command_id
     )
     select connection_id as "connectionId", command_id as "commandId", count(*) as changes from expired group by 1, 2`,
  );
}
