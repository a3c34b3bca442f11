import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { searchAttributes } from '../roster/search-attributes.ts';

/** Which pause a workflow waits out. Ids only. */
export interface PauseRef {
  readonly organisationId: string;
  readonly pauseId: string;
}

/** What people call a pause: it counts up by organisation. */
export interface PauseName {
  readonly organisationCode: string;
  readonly number: number;
}

/** The readable id of a pause's workflow. */
export function pauseWorkflowId({ organisationCode, number }: PauseName): string {
  return `${organisationCode}/pause/${number}`;
}

/** Starts the workflow that waits a pause out; false where one does already. */
export async function startPause(
  temporal: Client,
  taskQueue: string,
  name: PauseName,
  ref: PauseRef,
): Promise<boolean> {
  try {
    await temporal.workflow.start('pause', {
      workflowId: pauseWorkflowId(name),
      taskQueue,
      staticSummary: `Pause ${name.number} of ${name.organisationCode}`,
      args: [ref],
      typedSearchAttributes: [
        { key: defineSearchAttributeKey(searchAttributes.organisation, 'KEYWORD'), value: name.organisationCode },
      ],
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** Has a pause's workflow look at its row, or the clock, again. */
export async function wakePause(temporal: Client, name: PauseName): Promise<void> {
  try {
    await temporal.workflow.getHandle(pauseWorkflowId(name)).signal('look');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
