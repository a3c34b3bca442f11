import { WorkflowNotFoundError } from '@temporalio/client';
import type { ErrorCode } from '../roster/error-codes.ts';
import { admitRun, type RunRequest, refuseRun } from '../store/admission.ts';
import type { Transaction } from '../store/database.ts';
import { isToldOfRuns, tell } from '../store/messages.ts';
import { markLost } from '../store/runs.ts';
import type { Services } from './services.ts';
import { startDeliveries } from './start-deliveries.ts';

/** The gate's answer to a workflow. */
export interface Admitted {
  readonly answer: 'work' | 'plan-only' | 'refused';
  readonly number: number;
  /** Why it was refused. */
  readonly code?: ErrorCode | null;
  /** Only attendance comes up: the retry of a run whose way up failed. */
  readonly onlyUp?: boolean;
}

/**
 * The only gate: may this run work now? A run at work whose workflow was closed from outside is marked as lost, so that
 * it never blocks the next one.
 */
export async function admit(services: Services, request: RunRequest): Promise<Admitted> {
  const { db } = services;
  for (;;) {
    const admission = await db.organisation(request.organisationId, async (tx) => {
      const admission = await admitRun(tx, request);
      if (admission.answer === 'work' || admission.answer === 'plan-only') await tellStart(tx, request, admission);
      return admission;
    });
    if (admission.answer === 'refused') return admission;
    if (admission.answer !== 'busy') {
      await startDeliveries(services, request.organisationId);
      const { answer, number, kind } = admission;
      return { answer, number, ...(kind === 'attendance' ? { onlyUp: true } : {}) };
    }
    if (await workflowIsOpen(services, admission.workflowId)) {
      const number = await db.organisation(request.organisationId, (tx) => refuseRun(tx, request, 'RUN_AT_WORK'));
      return { answer: 'refused', number, code: 'RUN_AT_WORK' };
    }
    await db.organisation(request.organisationId, (tx) => markLost(tx, admission.runId));
  }
}

/** The start of a run is told where somebody wants to know. */
async function tellStart(
  tx: Transaction,
  { organisationId, connectionId, runId }: RunRequest,
  { answer, number }: { answer: 'work' | 'plan-only'; number: number },
): Promise<void> {
  if (!(await isToldOfRuns(tx, connectionId, 'started', answer === 'plan-only'))) return;
  const onceKey = `started/${runId}`;
  await tell(tx, { organisationId, connectionId, runId, kind: 'started', onceKey, detail: { run: number } });
}

/** Whether a workflow still runs. */
export async function workflowIsOpen(services: Services, workflowId: string): Promise<boolean> {
  try {
    const { status } = await services.temporal.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' || status.name === 'PAUSED';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
