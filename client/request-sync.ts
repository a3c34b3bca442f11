import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { startSync } from '../activities/start-sync.ts';
import { type ActorRole, recordCommand } from '../store/commands.ts';
import type { ConnectionName } from '../store/connections.ts';
import type { Database } from '../store/database.ts';

/** What a person asks for. */
export interface SyncAsked {
  readonly preview: boolean;
  readonly reason: string;
  readonly actor: { readonly name: string; readonly role: ActorRole };
  /** Only this record, by sync key; and whether it may be made on its own day. */
  readonly onlyKey?: string;
  readonly allowSameDay?: boolean;
  /** What else the command is to say, without secrets. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** Reads the newest stored snapshot instead of the source: a preview. */
  readonly fromSnapshot?: boolean;
}

/** A person asks for a sync: the request is written down, then the workflow started. */
export async function requestSync(
  { db, temporal, taskQueue }: { db: Database; temporal: Client; taskQueue: string },
  connection: ConnectionName,
  request: SyncAsked,
): Promise<{ runId: string; workflowId: string }> {
  const runId = randomUUID();
  const commandId = await db.organisation(connection.organisationId, (tx) =>
    recordCommand(tx, {
      organisationId: connection.organisationId,
      connectionId: connection.connectionId,
      action: request.preview ? 'preview' : 'sync',
      actor: request.actor.name,
      role: request.actor.role,
      reason: request.reason,
      detail: {
        ...request.detail,
        ...(request.onlyKey === undefined
          ? {}
          : { onlyKey: request.onlyKey, allowSameDay: request.allowSameDay === true }),
      },
    }),
  );
  const workflowId = await startSync(temporal, taskQueue, connection, {
    organisationId: connection.organisationId,
    connectionId: connection.connectionId,
    runId,
    trigger: 'person',
    preview: request.preview,
    commandId,
    ...(request.fromSnapshot === true ? { fromSnapshot: true } : {}),
  });
  return { runId, workflowId };
}
