import type { RunRef } from '../store/steps.ts';
import { RunSheet } from './run-sheet.ts';
import { inSlices, steps } from './steps.ts';

/** The way up: what the target says of settled lessons goes back to the source, until it is acknowledged. */
export async function pushAttendance(run: RunRef): Promise<void> {
  const sheet = new RunSheet('Attendance, back to the source');
  await sheet.step('read attendance', () => steps.readAttendance(run));
  await sheet.step('push attendance', () => inSlices(() => steps.pushAttendanceSlice(run)));
}
