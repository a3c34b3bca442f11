import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { searchAttributes } from '../roster/search-attributes.ts';
import { type Trigger, turnOf } from '../roster/triggers.ts';

/** The one task queue of all our workflows and activities. */
export const defaultTaskQueue = 'rollcall';

/** What a sync is asked to be: the argument of the workflow `syncRun`. Ids and codes only. */
export interface SyncRequest {
  readonly organisationId: string;
  readonly connectionId: string;
  /** Names the run; also the end of the workflow's id, so that asking twice starts one. What a Schedule asks for gets one then. */
  readonly runId?: string;
  readonly trigger: Trigger;
  /** Stops after the safety filter. */
  readonly preview: boolean;
  readonly commandId: string | null;
  /** The failed run that this one takes up again. */
  readonly retryOf?: string | null;
  /** Reads the newest stored snapshot instead of the source: a preview. */
  readonly fromSnapshot?: boolean;
}

/** A request whose run has its id. */
export interface NamedRequest extends SyncRequest {
  readonly runId: string;
}

/** Codes for readable ids and search attributes. */
export interface SyncName {
  readonly organisationCode: string;
  readonly connectionCode: string;
}

/** The line that the Temporal UI shows for a run: codes only, far below the 400 bytes a server takes. */
function summaryOf({ organisationCode, connectionCode }: SyncName, request: SyncRequest): string {
  const what = request.preview ? 'Preview' : request.retryOf == null ? 'Sync' : 'Retry';
  const from = request.fromSnapshot === true ? ', from the newest snapshot' : '';
  return `${what} of ${organisationCode}/${connectionCode}, asked for by: ${request.trigger}${from}`;
}

/** Starts the workflow of a sync; one that was already started under this run id is left alone. */
export async function startSync(
  temporal: Client,
  taskQueue: string,
  name: SyncName,
  request: NamedRequest,
  options: { delayMs?: number } = {},
): Promise<string> {
  const workflowId = `${name.organisationCode}/${name.connectionCode}/sync/${request.runId}`;
  try {
    await temporal.workflow.start('syncRun', {
      workflowId,
      taskQueue,
      // A run is asked for once; a repeat after it ended finds it here, or its row.
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      staticSummary: summaryOf(name, request),
      args: [request],
      priority: turnOf(request.organisationId, request.trigger),
      ...(options.delayMs ? { startDelay: options.delayMs } : {}),
      typedSearchAttributes: [
        { key: defineSearchAttributeKey(searchAttributes.organisation, 'KEYWORD'), value: name.organisationCode },
        { key: defineSearchAttributeKey(searchAttributes.connection, 'KEYWORD'), value: name.connectionCode },
        { key: defineSearchAttributeKey(searchAttributes.trigger, 'KEYWORD'), value: request.trigger },
      ],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  return workflowId;
}
