import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { searchAttributes } from '../roster/search-attributes.ts';
import type { SyncName } from './start-sync.ts';

/** Which hold a workflow waits for. Ids only. */
export interface HoldRef {
  readonly organisationId: string;
  readonly connectionId: string;
  readonly holdId: string;
}

/** The readable id of a hold's workflow. */
export function holdWorkflowId(name: SyncName, number: number): string {
  return `${name.organisationCode}/${name.connectionCode}/hold/${number}`;
}

/** What every start of a hold's workflow says; whoever starts it first wins. */
export function holdStart(taskQueue: string, name: SyncName, number: number, ref: HoldRef) {
  return {
    workflowId: holdWorkflowId(name, number),
    taskQueue,
    staticSummary: `Hold ${number} of ${name.organisationCode}/${name.connectionCode} waits for a person's decision`,
    args: [ref] as [HoldRef],
    typedSearchAttributes: [
      { key: defineSearchAttributeKey(searchAttributes.organisation, 'KEYWORD'), value: name.organisationCode },
      { key: defineSearchAttributeKey(searchAttributes.connection, 'KEYWORD'), value: name.connectionCode },
    ],
  };
}

/** Starts the workflow that waits for a decision on a hold; false where one waits already. */
export async function startHold(
  temporal: Client,
  taskQueue: string,
  name: SyncName,
  number: number,
  ref: HoldRef,
): Promise<boolean> {
  try {
    await temporal.workflow.start('hold', holdStart(taskQueue, name, number, ref));
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}

/** Has a hold's workflow look at its row again: a run replaced the hold, or nothing of it is planned any more. */
export async function wakeHold(temporal: Client, name: SyncName, number: number): Promise<void> {
  try {
    await temporal.workflow.getHandle(holdWorkflowId(name, number)).signal('look');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
