import type { RunRef } from '../store/steps.ts';
import { inSlices, steps } from './steps.ts';

/** The way up: what the target says of settled lessons goes back to the source, until it is acknowledged. */
export async function pushAttendance(run: RunRef): Promise<void> {
  await steps.readAttendance(run);
  await inSlices(() => steps.pushAttendanceSlice(run));
}
