import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { startSync } from '../activities/start-sync.ts';
import type { ErrorCode } from '../roster/error-codes.ts';
import { type ActorRole, recordCommand } from '../store/commands.ts';
import type { Database } from '../store/database.ts';
import { type FailedRun, newestFailedRuns, type RunRow } from '../store/runs.ts';

/** Between the starts of two retries that go to one account: its rate is shared, and its lease is one run's. */
const spacingMs = 15_000;

/** A retry that was asked for. */
export interface Retry {
  readonly run: RunRow;
  readonly runId: string;
  readonly workflowId: string;
  /** Starts so much later. */
  readonly delayMs: number;
}

/**
 * Takes failed runs up again, each at the step it stopped at. Those that share an account at the target start one after
 * the other, the rest at once.
 */
export async function retryRuns(
  { db, temporal, taskQueue }: { db: Database; temporal: Client; taskQueue: string },
  runs: readonly (RunRow & { targetAccountId: string })[],
  by: { actor: { name: string; role: ActorRole }; reason: string; trigger?: 'retry' | 'sweep' },
): Promise<Retry[]> {
  const startsAt = new Map<string, number>();
  const retries: Retry[] = [];
  for (const run of runs) {
    const { organisationId, connectionId } = run;
    const delayMs = startsAt.get(run.targetAccountId) ?? 0;
    startsAt.set(run.targetAccountId, delayMs + spacingMs);
    const commandId = await db.organisation(organisationId, (tx) =>
      recordCommand(tx, {
        organisationId,
        connectionId,
        action: 'retry',
        actor: by.actor.name,
        role: by.actor.role,
        reason: by.reason,
        detail: { run: run.number, code: run.code },
      }),
    );
    const runId = randomUUID();
    const workflowId = await startSync(
      temporal,
      taskQueue,
      run,
      {
        organisationId,
        connectionId,
        runId,
        trigger: by.trigger ?? 'retry',
        preview: run.planOnly,
        commandId,
        retryOf: run.runId,
      },
      { delayMs },
    );
    retries.push({ run, runId, workflowId, delayMs });
  }
  return retries;
}

/** Failures that end when somebody changes credentials or settings of an account. */
const endedByChange = [
  'SOURCE_AUTH_REFUSED',
  'TARGET_AUTH_REFUSED',
  'SOURCE_SETTING_WRONG',
  'TARGET_UNPAID',
  'SECRET_MISSING',
  'CREDENTIALS_REFUSED',
] as const satisfies readonly ErrorCode[];

/** Credentials or settings of an account were changed: what failed for them is taken up again by itself. */
export async function retryAfterChange(
  services: { db: Database; temporal: () => Promise<Client>; taskQueue: string },
  accountIds: readonly string[],
  actor: { name: string; role: ActorRole },
): Promise<Retry[]> {
  const failed = new Map<string, FailedRun>();
  for (const accountId of accountIds) {
    const runs = await newestFailedRuns(services.db, { codes: endedByChange, accountId });
    for (const run of runs) failed.set(run.runId, run);
  }
  if (failed.size === 0) return [];
  const { db, taskQueue } = services;
  const reason = 'credentials or settings were changed';
  return retryRuns({ db, temporal: await services.temporal(), taskQueue }, [...failed.values()], { actor, reason });
}
