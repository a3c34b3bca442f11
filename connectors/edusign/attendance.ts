import { DateTime } from 'luxon';
import { z } from 'zod';
import type { TargetAttendance } from '../../roster/contracts.ts';
import type { AttendanceMark } from '../../roster/records.ts';
import type { EdusignClient } from './client.ts';
import type { Lessons } from './lessons.ts';
import { type Course, justificationShape, type Presence } from './wire.ts';

/** Attendance of sheets, read one by one: the list is a heavy route, and knows nothing of late justifications. */
export async function* readSheets(
  client: EdusignClient,
  lessons: Lessons,
  now: () => string,
  sheets: readonly { targetId: string }[],
  zone: string,
): AsyncGenerator<TargetAttendance> {
  const reasons = new Reasons(client);
  for (const { targetId } of sheets) {
    const course = await lessons.find(targetId);
    if (course === undefined) continue;
    const settled = isSettled(course, now());
    const marks = settled ? await readMarks(course, reasons, zone) : new Map<string, AttendanceMark>();
    yield { targetId: course.id, settled, marks };
  }
}

/** Before the end and the instructor's signature, "not signed" only means "not yet" (seen in public client code). */
function isSettled(course: Course, now: string): boolean {
  return Date.parse(course.end) <= Date.parse(now) && (course.professorSigned || course.locked);
}

async function readMarks(course: Course, reasons: Reasons, zone: string): Promise<Map<string, AttendanceMark>> {
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
  const reason = await reasons.of(entry.absenceId);
  return reason === undefined ? { status: 'justified' } : { status: 'justified', reason };
}

/** What the instructor wrote, after what we say ourselves. */
function commentOf(entry: Presence, own: string | undefined): { comment?: string } {
  const comment = [own ?? '', entry.comment.trim()].filter((part) => part !== '').join(' – ');
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

/** More justifications than a school has in a year. */
const maxPages = 500;

/**
 * Why absences are justified, by the id that presences point to. Read only as far as needed. The justification's own
 * comment and file stay where they are: they speak of people's health.
 */
class Reasons {
  readonly #client: EdusignClient;
  readonly #known = new Map<string, string>();
  #nextPage = 0;
  #ended = false;

  constructor(client: EdusignClient) {
    this.#client = client;
  }

  /** The type of a justification: a built-in category or a reason of the school (seen in public client code). */
  async of(absenceId: string): Promise<string | undefined> {
    while (!this.#known.has(absenceId) && !this.#ended) await this.#readPage();
    const type = this.#known.get(absenceId);
    return type === '' ? undefined : type;
  }

  /** The page size is not known, so that the end is a page that brings nothing new. */
  async #readPage(): Promise<void> {
    const query = { page: String(this.#nextPage) };
    const page = await this.#client.find({ path: ['justified-absence'], query }, z.array(justificationShape));
    const before = this.#known.size;
    for (const { ID, TYPE } of page ?? []) this.#known.set(ID, TYPE);
    this.#nextPage += 1;
    this.#ended = this.#known.size === before || this.#nextPage >= maxPages;
  }
}
