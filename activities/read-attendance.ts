import type { Finding } from '../roster/finding-codes.ts';
import type { AttendanceMark } from '../roster/records.ts';
import { trailingWindow } from '../roster/window.ts';
import { keepMarks, learnerKeys, type Sheet, sheetsToRead } from '../store/attendance.ts';
import { readConnection } from '../store/connections.ts';
import { settleFindings } from '../store/findings.ts';
import { readRun } from '../store/runs.ts';
import { type Counts, finishStep, guard, type RunRef } from '../store/steps.ts';
import { durableStep } from './durable-step.ts';
import { openTarget } from './open-systems.ts';
import type { Services } from './services.ts';

/** Days back in which attendance is still read: a justification may change a mark that long after the lesson. */
const trailingDays = 14;

/** Reads the target's attendance of settled lessons and keeps every line the source has not accepted in these words. */
export function readAttendance(services: Services, ref: RunRef, signal: AbortSignal): Promise<Counts> {
  return durableStep(services, ref, 'read-attendance', async (attempt) => {
    const { db } = services;
    const { connection, run } = await db.organisation(ref.organisationId, async (tx) => ({
      connection: await readConnection(tx, ref.connectionId),
      run: await readRun(tx, ref.runId),
    }));
    const window = trailingWindow(run.asOf, trailingDays, connection.timeZone);
    const sheets = await db.organisation(run.organisationId, (tx) => sheetsToRead(tx, connection, run.asOf, window));
    const byTarget = new Map(sheets.map((sheet): [string, Sheet] => [sheet.targetId, sheet]));
    const target = await openTarget(services, connection, { signal });
    const findings: Finding[] = [];
    let settled = 0;
    let waiting = 0;
    for await (const read of target.readAttendance(sheets, window)) {
      const sheet = byTarget.get(read.targetId);
      if (sheet === undefined || !read.settled) continue;
      settled += 1;
      waiting += await db.organisation(run.organisationId, async (tx) => {
        const keys = await learnerKeys(tx, run.connectionId, [...read.marks.keys()]);
        findings.push(...unplaced(sheet, read.marks, keys));
        const lines = await keepMarks(tx, attempt, sheet.lessonKey, bySyncKey(read.marks, keys));
        await guard(tx, attempt);
        return lines;
      });
    }
    const counts = { 'lessons read': sheets.length, 'lessons settled': settled, 'lines changed': waiting };
    await db.organisation(run.organisationId, async (tx) => {
      await settleFindings(tx, run, 'read-attendance', findings);
      await finishStep(tx, attempt, counts);
    });
    return counts;
  });
}

type Marks = ReadonlyMap<string, AttendanceMark>;

function bySyncKey(marks: Marks, keys: ReadonlyMap<string, string>): Map<string, AttendanceMark> {
  const placed = new Map<string, AttendanceMark>();
  for (const [targetId, mark] of marks) {
    const key = keys.get(targetId);
    if (key !== undefined) placed.set(key, mark);
  }
  return placed;
}

function unplaced(sheet: Sheet, marks: Marks, keys: ReadonlyMap<string, string>): Finding[] {
  return [...marks.keys()]
    .filter((targetId) => !keys.has(targetId))
    .map((targetId) => ({
      code: 'ATTENDANCE_UNPLACED',
      kind: 'attendance',
      syncKey: `${sheet.lessonKey}|${targetId}`,
      detail: `The learner ${targetId} at the target is not one of the source's.`,
    }));
}
