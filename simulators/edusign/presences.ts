import { BusinessError, messages } from './envelope.ts';
import type { School } from './school.ts';
import type { Course, Justification, Presence, Student } from './state.ts';

/*
 * The life of a presence: waiting, signed, then marks laid over it (late, left early, absent, justified), the
 * professor's signature, the end, the lock. The order is assumed, each step is seen in public clients.
 */

/** A learner signs. @param at UTC instant of the signature. */
export function sign(school: School, course: Course, presence: Presence, at: string): void {
  presence.state = true;
  presence.timestamp = at;
  presence.signature = `https://files.edusign.example/signatures/${course.id}/${presence.id}.png`;
  signed(school, course);
}

/** An instructor signs; without a name, the first one. */
export function signProfessor(school: School, course: Course, professorId: string | undefined, at: string): void {
  const seat = course.professors.find((each) => professorId === undefined || each.professorId === professorId);
  if (seat === undefined) throw new BusinessError(messages.noProfessor);
  seat.signature = `https://files.edusign.example/signatures/${course.id}/professor-${seat.professorId}.png`;
  seat.timestamp = at;
  signed(school, course);
}

/** @param delay minutes. */
export function markLate(school: School, course: Course, presence: Presence, delay: number): void {
  presence.delay = delay;
  course.updated = school.now();
}

/** @param at UTC instant of leaving. */
export function markEarly(school: School, course: Course, presence: Presence, at: string): void {
  presence.earlyDeparture = at;
  course.updated = school.now();
}

/** @param at UTC instant of the exclusion. */
export function markExcluded(school: School, course: Course, presence: Presence, at: string): void {
  presence.excluded = at;
  course.updated = school.now();
}

/** Takes back a signature as well: an absent learner has none. */
export function markAbsent(school: School, course: Course, presence: Presence, comment: string): void {
  Object.assign(presence, {
    state: false,
    timestamp: null,
    signature: null,
    delay: 0,
    excluded: null,
    earlyDeparture: null,
    comment,
  });
  course.updated = school.now();
}

/**
 * Justifies a span of time. Every presence of the learner in it points at the justification, locked sheets included,
 * and DATE_UPDATED of none of them moves (assumed): a reader who polls for changes alone will miss it.
 */
export function justify(
  school: School,
  student: Student,
  span: Pick<Justification, 'start' | 'end' | 'type' | 'comment'>,
): Justification {
  const own = school.state.reasons.some((reason) => reason.id === span.type);
  if (!own && (span.type < 0 || span.type > 7)) throw new BusinessError(messages.noReason);
  const justification: Justification = {
    id: school.newId(),
    studentId: student.id,
    fileUrl: '',
    created: school.now(),
    ...span,
  };
  school.state.justifications.push(justification);
  for (const course of school.state.courses) {
    if (course.end <= span.start || course.start >= span.end) continue;
    for (const presence of course.students) {
      if (presence.studentId === student.id) presence.absenceId = justification.id;
    }
  }
  return justification;
}

/** Closes a sheet and gives the link of its attendance list. */
export function lockCourse(school: School, course: Course): string {
  if (course.locked) throw new BusinessError(messages.alreadyLocked);
  course.locked = true;
  course.attendanceList = `https://files.edusign.example/attendance/${course.id}.pdf`;
  course.updated = school.now();
  return course.attendanceList;
}

/** The link of the list stays. */
export function unlockCourse(school: School, course: Course): void {
  course.locked = false;
  course.updated = school.now();
}

/** A lesson as it usually goes: everybody signs but those who are absent, the instructor signs, it is over. */
export function finish(
  school: School,
  course: Course,
  told: { absent: readonly string[]; late: Readonly<Record<string, number>>; lock: boolean },
): void {
  for (const presence of course.students) {
    if (told.absent.includes(presence.studentId)) {
      markAbsent(school, course, presence, '');
      continue;
    }
    const delay = told.late[presence.studentId] ?? 0;
    sign(school, course, presence, new Date(Date.parse(course.start) + delay * 60_000).toISOString());
    markLate(school, course, presence, delay);
  }
  for (const { professorId } of course.professors) signProfessor(school, course, professorId, course.end);
  course.endedByHand = true;
  if (told.lock && !course.locked) lockCourse(school, course);
  course.updated = school.now();
}

function signed(school: School, course: Course): void {
  if (school.state.settings.signingMovesDateUpdated) course.updated = school.now();
}
