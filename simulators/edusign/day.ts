import { DateTime } from 'luxon';
import { z } from 'zod';
import { seeded } from '../kit/seeded.ts';
import {
  justify,
  lockCourse,
  markAbsent,
  markEarly,
  markExcluded,
  markLate,
  sign,
  signProfessor,
} from './presences.ts';
import type { School } from './school.ts';
import type { Course, Presence } from './state.ts';

const share = z.number().min(0).max(1);

/** Of the learners of a sheet; whoever is in none of these signs at the start and stays. */
const sharesShape = z.strictObject({
  late: share.default(0.06),
  early: share.default(0.02),
  absent: share.default(0.06),
  /** Absent too, with a justification. */
  justified: share.default(0.03),
  excluded: share.default(0.01),
  /** Of the sheets: those whose professor forgets to sign. */
  unsigned: share.default(0.05),
  /** Of the signed sheets: those that are locked in the evening. */
  locked: share.default(0.25),
});
type Shares = z.infer<typeof sharesShape>;

export const dayShape = z.object({
  /** Local day of the school, `YYYY-MM-DD`. */
  date: z.iso.date(),
  seed: z.number().int().default(1),
  shares: sharesShape.prefault({}),
});

/** What became of one learner on one sheet. */
interface Fate {
  readonly student: string;
  readonly apiId: string;
  readonly email: string;
  readonly status: 'present' | 'late' | 'left-early' | 'excluded' | 'absent' | 'justified';
  readonly minutesLate?: number;
  readonly leftAt?: string;
  readonly excludedAt?: string;
  /** Category or reason of the justification. */
  readonly reason?: number;
}

/**
 * Every open sheet of a day comes to its end as sheets do. Sheets that are locked or were ended already stay as they
 * are and are not told of. The answer is read from the sheets afterwards, so that it is what a reader can find there.
 */
export function letDayPass(school: School, day: z.infer<typeof dayShape>): unknown {
  const zone = school.state.school.timezone;
  const courses = school.state.courses
    .filter((course) => DateTime.fromISO(course.start, { zone }).toISODate() === day.date)
    .filter((course) => !course.locked && !course.endedByHand)
    .sort((a, b) => (a.start + a.id < b.start + b.id ? -1 : 1));
  const chance = seeded(day.seed);
  for (const course of courses) endSheet(school, course, day.shares, chance);
  return { date: day.date, courses: courses.map((course) => told(school, course)) };
}

function endSheet(school: School, course: Course, shares: Shares, chance: () => number): void {
  for (const presence of course.students) live(school, course, presence, shares, chance);
  const isSigned = chance() >= shares.unsigned;
  if (isSigned) {
    for (const { professorId } of course.professors) signProfessor(school, course, professorId, course.end);
  }
  course.endedByHand = true;
  // The day stands for an afternoon of changes: a reader who polls for them finds every sheet.
  course.updated = school.now();
  if (isSigned && chance() < shares.locked) lockCourse(school, course);
}

/** One learner's lesson. */
function live(school: School, course: Course, presence: Presence, shares: Shares, chance: () => number): void {
  const length = (Date.parse(course.end) - Date.parse(course.start)) / minuteMs;
  const after = (minutes: number) => new Date(Date.parse(course.start) + minutes * minuteMs).toISOString();
  const within = (low: number, high: number) => Math.max(1, Math.round(length * (low + chance() * (high - low))));
  const status = drawn(shares, chance());
  switch (status) {
    case 'absent':
    case 'justified':
      markAbsent(school, course, presence, '');
      if (status === 'justified') bringNote(school, course, presence, 1 + Math.floor(chance() * builtInReasons));
      return;
    case 'late': {
      const minutes = within(0.06, 0.4);
      sign(school, course, presence, after(minutes));
      markLate(school, course, presence, minutes);
      return;
    }
    case 'left-early':
      sign(school, course, presence, after(0));
      markEarly(school, course, presence, after(within(0.5, 0.9)));
      return;
    case 'excluded':
      sign(school, course, presence, after(0));
      markExcluded(school, course, presence, after(within(0.2, 0.8)));
      return;
    case 'present':
      sign(school, course, presence, after(0));
  }
}

/** One throw of the dice for one learner: the shares lie one after the other, and the rest is present. */
function drawn(shares: Shares, dice: number): Fate['status'] {
  const ladder: readonly [Fate['status'], number][] = [
    ['absent', shares.absent],
    ['justified', shares.justified],
    ['late', shares.late],
    ['left-early', shares.early],
    ['excluded', shares.excluded],
  ];
  let upTo = 0;
  for (const [status, part] of ladder) {
    upTo += part;
    if (dice < upTo) return status;
  }
  return 'present';
}

/** A learner whom support has removed altogether is still on the sheet, and brings none. */
function bringNote(school: School, course: Course, presence: Presence, type: number): void {
  const student = school.state.students.find((each) => each.id === presence.studentId);
  if (student === undefined) return;
  justify(school, student, { start: course.start, end: course.end, type, comment: 'Justificatif reçu' });
}

const minuteMs = 60_000;
/** Categories 1 to 7 of the platform; 0 is unknown. */
const builtInReasons = 7;

function told(school: School, course: Course): unknown {
  return {
    course: course.id,
    apiId: course.apiId,
    name: course.name,
    start: course.start,
    end: course.end,
    locked: course.locked,
    professorSigned: course.professors.some((seat) => seat.signature !== ''),
    students: course.students.map((presence) => fate(school, presence)),
  };
}

function fate(school: School, presence: Presence): Fate {
  const student = school.state.students.find((each) => each.id === presence.studentId);
  const who = { student: presence.studentId, apiId: student?.apiId ?? '', email: student?.email ?? '' };
  if (!presence.state) {
    const justification = school.state.justifications.find((each) => each.id === presence.absenceId);
    return justification === undefined
      ? { ...who, status: 'absent' }
      : { ...who, status: 'justified', reason: justification.type };
  }
  if (presence.excluded !== null) return { ...who, status: 'excluded', excludedAt: presence.excluded };
  if (presence.earlyDeparture !== null) return { ...who, status: 'left-early', leftAt: presence.earlyDeparture };
  if (presence.delay > 0) return { ...who, status: 'late', minutesLate: presence.delay };
  return { ...who, status: 'present' };
}
