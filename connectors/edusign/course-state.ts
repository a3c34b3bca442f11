import type { Course } from './wire-course.ts';

/** Whether anybody has signed a sheet, or it is closed: then it is evidence, and is not touched any more. */
export function hasSignature(course: Course): boolean {
  return course.professorSigned || course.students.some((entry) => entry.state || entry.signature !== '');
}

/** Why a sheet may not be changed any more, or undefined while it may. */
export function whyFixed(course: Course, now: string): string | undefined {
  if (course.locked) return 'The sheet is locked at Edusign.';
  if (hasSignature(course)) return 'Somebody has signed the sheet at Edusign.';
  if (Date.parse(course.start) <= Date.parse(now)) return 'The lesson has started.';
  return undefined;
}
