import type { TargetAttendance } from '../../roster/contracts.ts';
import type { AttendanceMark } from '../../roster/records.ts';
import type { Window } from '../../roster/window.ts';
import type { EdusignClient } from './client.ts';
import { findCourse } from './courses.ts';
import { stretchesOf } from './days.ts';
import { LookRefused } from './errors.ts';
import { readPage } from './lists.ts';
import { isSettled, readMarks } from './marks.ts';
import { Reasons } from './reasons.ts';
import { defaultRates, pageSizes } from './wire.ts';
import { type Course, courseShape, tellsAttendance } from './wire-course.ts';

/**
 * Attendance of sheets: many from the list, the rest one by one. All of them are read whatever their time of change: a
 * justification that arrives late does not show in it (assumed), not even on a locked sheet.
 */
export async function* readSheets(
  client: EdusignClient,
  now: () => string,
  sheets: readonly { targetId: string }[],
  window: Window,
): AsyncGenerator<TargetAttendance> {
  const reasons = new Reasons(client);
  const left = new Set(sheets.map(({ targetId }) => targetId));
  const read = async (course: Course): Promise<TargetAttendance> => {
    const settled = isSettled(course, now());
    const marks = settled ? await readMarks(course, reasons, window.zone) : new Map<string, AttendanceMark>();
    return { targetId: course.id, settled, marks };
  };
  if (left.size > pageSizes.course) {
    for await (const course of listed(client, left, window)) {
      if (left.delete(course.id)) yield read(course);
    }
  }
  for (const id of left) {
    const course = await findOrRefused(client, id);
    if (course === 'refused') yield { targetId: id, settled: false, marks: new Map() };
    else if (course !== undefined) yield read(course);
  }
}

/** A sheet that Edusign will not show is one that says nothing yet; the others are read all the same. */
async function findOrRefused(client: EdusignClient, id: string): Promise<Course | 'refused' | undefined> {
  try {
    return await findCourse(client, id);
  } catch (error) {
    if (error instanceof LookRefused) return 'refused';
    throw error;
  }
}

/** A page of the heavy list costs as much of the rate as this many single reads. */
const readsPerPage = defaultRates.normal / defaultRates.heavy;

/**
 * Sheets that are wanted and whole in the list. It may end early: when all were seen, when its entries say too little, and
 * when more pages were turned than single reads would have cost (a school with many sheets that are not ours). What it
 * does not tell is read one by one, so that a list that shifts does no harm.
 */
async function* listed(client: EdusignClient, wanted: ReadonlySet<string>, window: Window): AsyncGenerator<Course> {
  let pagesLeft = Math.ceil(wanted.size / readsPerPage);
  const seen = new Set<string>();
  for (const days of stretchesOf(window.fromDate, window.toDate)) {
    for (let page = 0; ; page += 1) {
      if (pagesLeft === 0 || wanted.size === 0) return;
      pagesLeft -= 1;
      const courses = await readPage(client, { path: 'course', query: { ...days }, entry: courseShape }, page);
      const whole = courses.filter(tellsAttendance);
      yield* whole.filter(({ id }) => wanted.has(id));
      if (courses.length > 0 && whole.length === 0) return;
      const fresh = courses.filter(({ id }) => !seen.has(id));
      for (const { id } of fresh) seen.add(id);
      if (courses.length < pageSizes.course || fresh.length === 0) break;
    }
  }
}
