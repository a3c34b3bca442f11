import { writeFile } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** With RECORD_HISTORIES set to a name, a workflow's history becomes a fixture of the replay test; else nothing happens. */
export async function recordHistory(temporal: Client, workflowId: string, what: string): Promise<void> {
  const recordAs = process.env['RECORD_HISTORIES'];
  if (recordAs === undefined) return;
  const history = await temporal.workflow.getHandle(workflowId).fetchHistory();
  await writeFile(new URL(`../histories/${recordAs}-${what}.json`, import.meta.url), historyToJSON(history));
}
