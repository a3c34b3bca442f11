import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { startSync } from '../activities/start-sync.ts';
import { type ActorRole, recordCommand } from '../store/commands.ts';
import type { ConnectionName } from '../store/connections.ts';
import type { Database } from '../store/database.ts';

/** A person asks for a sync: the request is written down, then the workflow started. */
export async function requestSync(
  { db, temporal, taskQueue }: { db: Database; temporal: Client; taskQueue: string },
  connection: ConnectionName,
  request: { preview: boolean; reason: string; actor: { name: string; role: ActorRole } },
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
    }),
  );
  const workflowId = await startSync(temporal, taskQueue, connection, {
    organisationId: connection.organisationId,
    connectionId: connection.connectionId,
    runId,
    trigger: 'person',
    preview: request.preview,
    commandId,
  });
  return { runId, workflowId };
}
