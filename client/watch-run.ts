import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Database } from '../store/database.ts';
import { findRun, listSteps, type RunRow, type StepRow } from '../store/runs.ts';

/** A run as it stands; undefined while the gate has not seen it yet. */
export interface RunView {
  readonly run: RunRow | undefined;
  readonly steps: readonly StepRow[];
}

const pollMs = 250;

/**
 * Follows a run until it has ended: the store says how far it is. When the workflow was closed without a report, the last
 * view is of a run still at work, and the caller says so.
 */
export async function watchRun(
  { db, temporal }: { db: Database; temporal: Client },
  started: { runId: string; workflowId: string },
  show: (view: RunView) => void,
  options: {
    /** Goes on as soon as the gate has let the run in. */
    untilAdmitted?: boolean;
    /** How long a run that no worker takes is waited for; for ever when left out. */
    patienceMs?: number;
  } = {},
): Promise<RunView> {
  let closed = false;
  for (let polls = 1; ; polls += 1) {
    const run = await findRun(db, started);
    const view = { run, steps: run === undefined ? [] : await listSteps(db, run) };
    show(view);
    if (closed || (run !== undefined && (options.untilAdmitted || run.state !== 'working'))) return view;
    if (run === undefined && options.patienceMs !== undefined && polls * pollMs > options.patienceMs) return view;
    // Asked every few seconds only: the store is the truth, and this tells of a workflow that was terminated.
    if (polls % 20 === 0) closed = !(await isOpen(temporal, started.workflowId));
    await delay(pollMs);
  }
}

async function isOpen(temporal: Client, workflowId: string): Promise<boolean> {
  const { status } = await temporal.workflow.getHandle(workflowId).describe();
  return status.name === 'RUNNING';
}
