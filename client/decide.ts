import { type Client, WithStartWorkflowOperation } from '@temporalio/client';
import { type HoldRef, holdStart } from '../activities/start-hold.ts';
import { type ActorRole, recordCommand } from '../store/commands.ts';
import type { ConnectionName } from '../store/connections.ts';
import type { Database } from '../store/database.ts';
import { type Decision, type DecisionOutcome, decisionOutcome } from '../store/decisions.ts';
import type { Hold } from '../store/holds.ts';

/** An Update without a worker would hang: after this long the decision is left to the sweep. */
const deadlineMs = 10_000;

/** What a person decides. */
export interface Decided {
  readonly action: 'approve' | 'reject';
  readonly detail: Decision;
  readonly reason: string;
  readonly actor: { readonly name: string; readonly role: ActorRole };
}

/**
 * Writes a decision down and has the hold's workflow carry it out. Undefined where no worker took it in time: it is
 * recorded, and the sweep delivers it.
 */
export async function decideOnHold(
  { db, temporal, taskQueue }: { db: Database; temporal: Client; taskQueue: string },
  connection: ConnectionName,
  hold: Hold,
  { action, detail, reason, actor }: Decided,
): Promise<DecisionOutcome | undefined> {
  const { organisationId, connectionId } = connection;
  const commandId = await db.organisation(organisationId, (tx) =>
    recordCommand(tx, {
      organisationId,
      connectionId,
      action,
      actor: actor.name,
      role: actor.role,
      reason,
      detail: { ...detail },
    }),
  );
  const ref: HoldRef = { organisationId, connectionId, holdId: hold.holdId };
  const { workflowId, ...start } = holdStart(taskQueue, connection, hold.number, ref);
  const startWorkflowOperation = new WithStartWorkflowOperation('hold', {
    ...start,
    workflowId,
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  try {
    const outcome = await temporal.withDeadline(Date.now() + deadlineMs, () =>
      temporal.workflow.executeUpdateWithStart('decide', {
        startWorkflowOperation,
        args: [commandId],
        updateId: commandId,
      }),
    );
    return decisionOutcome.parse(outcome);
  } catch (error) {
    if (isTooLate(error)) return undefined;
    throw error;
  }
}

/** No worker answered in time. Anything else is a failure. */
function isTooLate(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // gRPC: CANCELLED, DEADLINE_EXCEEDED.
    if ('code' in cause && (cause.code === 1 || cause.code === 4)) return true;
    if (cause.name === 'WorkflowUpdateRPCTimeoutOrCancelledError') return true;
  }
  return false;
}
