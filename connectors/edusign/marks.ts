import { DateTime } from 'luxon';
import type { AttendanceMark } from '../../roster/records.ts';
import type { Reasons } from './reasons.ts';
import type { Course, Presence } from './wire-course.ts';

/** Before the end and the instructor's signature, "not signed" only means "not yet" (seen in public client code). */
export function isSettled(course: Course, now: string): boolean {
  return Date.parse(course.end) <= Date.parse(now) && (course.professorSigned || course.locked);
}

export async function readMarks(course: Course, reasons: Reasons, zone: string): Promise<Map<string, AttendanceMark>> {
  const marks = new Map<string, AttendanceMark>();
  for (const entry of course.students) {
    // An entry that names nobody can be sent nowhere.
    if (entry.studentId === '') continue;
    const mark = entry.state ? readPresent(entry, zone) : await readAbsent(entry, reasons);
    marks.set(entry.studentId, { ...mark, ...commentOf(entry, mark.comment) });
  }
  return marks;
}

/**
 * Somebody who signed. Who was sent out counts as absent, with a comment that says when (assumed: ERPs know no such
 * state). Who came late and left early is late, and carries both times.
 */
function readPresent(entry: Presence, zone: string): AttendanceMark {
  if (entry.excluded !== '') return { status: 'absent', comment: excludedAt(entry.excluded, zone) };
  const leftAt = instantOf(entry.earlyDeparture);
  const left = leftAt === undefined ? {} : { leftAt };
  if (entry.delay > 0) return { status: 'late', minutesLate: Math.round(entry.delay), ...left };
  return leftAt === undefined ? { status: 'present' } : { status: 'left-early', ...left };
}

async function readAbsent(entry: Presence, reasons: Reasons): Promise<AttendanceMark> {
  if (entry.absenceId === '') return { status: 'absent' };
  return { status: 'justified', ...(await reasons.of(entry.absenceId)) };
}

/** What the instructor wrote, after what we say ourselves. */
function commentOf(entry: Presence, own: string | undefined): { comment?: string } {
  const comment = [own ?? '', entry.comment].filter((part) => part !== '').join(' – ');
  return comment === '' ? {} : { comment };
}

/** In French: it is read by the school that runs the ERP, and Edusign's schools with exclusions are French. */
function excludedAt(moment: string, zone: string): string {
  const at = DateTime.fromISO(moment, { zone });
  return at.isValid ? `Exclu du cours à ${at.toFormat('HH:mm')}` : 'Exclu du cours';
}

function instantOf(moment: string): string | undefined {
  const at = Date.parse(moment);
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
