import type { LessonAttendance } from '../roster/contracts.ts';
import { RollcallError } from '../roster/errors.ts';
import type { Finding } from '../roster/finding-codes.ts';
import {
  attendanceState,
  type DueAttendance,
  dueAttendance,
  markLinesAnswered,
  markLinesSent,
} from '../store/attendance.ts';
import { readConnection } from '../store/connections.ts';
import { settleFindings } from '../store/findings.ts';
import { unmappedLines } from '../store/reasons.ts';
import { type Attempt, beginStep, finishStep, type RunRef } from '../store/steps.ts';
import { mapReasons, takesCodes } from './map-reasons.ts';
import { openSource } from './open-systems.ts';
import type { Services } from './services.ts';
import type { Slice } from './upsert.ts';

const batch = 20;

/** Sends lines that wait to the source, for about a minute. A repeat after a crash replaces the same list: harmless. */
export async function pushAttendanceSlice(services: Services, run: RunRef, signal: AbortSignal): Promise<Slice> {
  const begun = await beginStep(services.db, run, 'push-attendance');
  if (begun.done) return { done: true, waitMs: 0 };
  const { attempt } = begun;
  const { db } = services;
  const connection = await db.organisation(run.organisationId, (tx) => readConnection(tx, run.connectionId));
  const source = await openSource(services, connection, { signal });
  const { attendance } = source;
  if (takesCodes(source)) await mapReasons(services, attempt, connection);
  const endsAt = performance.now() + services.sliceMs;
  while (performance.now() < endsAt) {
    signal.throwIfAborted();
    const due = await db.organisation(run.organisationId, (tx) => dueAttendance(tx, run.connectionId, batch));
    if (due.length === 0) {
      await finish(services, attempt);
      return { done: true, waitMs: 0 };
    }
    if (attendance === undefined) {
      throw new RollcallError('INTERNAL', 'Attendance waits for a source that takes none.');
    }
    const put = async (asked: LessonAttendance) => {
      await db.organisation(run.organisationId, (tx) => markLinesSent(tx, attempt, asked.lessonKey));
      return attendance.put(asked);
    };
    for (const lesson of due) {
      const asked = { ...lesson, marks: new Map(Object.entries(lesson.marks)) };
      const answer = lesson.unanswered && (await attendance.holds(asked)) ? { rejected: [] } : await put(asked);
      await db.organisation(run.organisationId, (tx) =>
        markLinesAnswered(tx, attempt, lesson.lessonKey, refusals(answer.rejected, lesson)),
      );
    }
  }
  return { done: false, waitMs: 0 };
}

function refusals(
  rejected: readonly { personKey: string; code: string; message: string }[],
  lesson: DueAttendance,
): Map<string, string> {
  return new Map(
    rejected
      .filter(({ personKey }) => Object.hasOwn(lesson.marks, personKey))
      .map(({ personKey, code, message }) => [personKey, `${code}: ${message}`]),
  );
}

async function finish(services: Services, attempt: Attempt): Promise<void> {
  const { run } = attempt;
  await services.db.organisation(run.organisationId, async (tx) => {
    const { counts, rejected } = await attendanceState(tx, run.connectionId);
    const findings = rejected.map(
      ({ lessonKey, personKey, reason }): Finding => ({
        code: 'ATTENDANCE_REJECTED',
        kind: 'attendance',
        syncKey: `${lessonKey}|${personKey}`,
        detail: `The source refused this line: ${reason}`,
      }),
    );
    const unmapped = (await unmappedLines(tx, run.connectionId)).map(unmappedFinding);
    await settleFindings(tx, run, 'push-attendance', [...findings, ...unmapped]);
    await finishStep(tx, attempt, counts);
  });
}

/** By its number only: which reason somebody gave speaks of his health. "rollcall reasons" has the words. */
function unmappedFinding(line: { lessonKey: string; personKey: string; reasonId: string }): Finding {
  return {
    code: 'ATTENDANCE_REASON_UNMAPPED',
    kind: 'attendance',
    syncKey: `${line.lessonKey}|${line.personKey}`,
    detail: `No reason of the source is confirmed for reason ${line.reasonId} of the target.`,
  };
}
