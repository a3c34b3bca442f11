import { attendanceState } from '../store/attendance.ts';
import { countStates } from '../store/changes.ts';
import { carriedOut } from '../store/commands.ts';
import type { RunRef } from '../store/steps.ts';
import type { Services } from './services.ts';

/** What skipping a part of a run came to. */
export interface SkipOutcome {
  /** False where the run is not at that part. */
  readonly skipped: boolean;
  /** Changes, or attendance lines, that are left for the next run. */
  readonly left: number;
}

/** Writes down that a person skipped a part of a run, and what that leaves out. */
export function noteSkip(
  { db }: Services,
  run: RunRef,
  commandId: string,
  part: 'upsert' | 'attendance',
  skipped: boolean,
): Promise<SkipOutcome> {
  return db.organisation(run.organisationId, async (tx) => {
    const waiting =
      part === 'upsert' ? await countStates(tx, run.runId) : (await attendanceState(tx, run.connectionId)).counts;
    const left = skipped
      ? ['planned', 'sending', 'waiting', 'sent'].reduce((sum, state) => sum + (waiting[state] ?? 0), 0)
      : 0;
    const outcome = { skipped, left };
    await carriedOut(tx, commandId, outcome);
    return outcome;
  });
}
