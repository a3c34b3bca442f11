import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';

/** What the Temporal UI does on "Reset": back to the first task of the workflow. */
export async function resetWorkflow(temporal: Client, workflowId: string): Promise<void> {
  const { events } = await temporal.workflow.getHandle(workflowId).fetchHistory();
  // Absent parts of an event are null.
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes != null)?.eventId;
  await temporal.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    reason: 'button',
    workflowTaskFinishEventId: first ?? null,
    requestId: randomBytes(8).toString('hex'),
  });
}
