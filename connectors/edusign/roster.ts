import type { TargetChange, TargetOutcome } from '../../roster/contracts.ts';
import type { EdusignClient } from './client.ts';
import { whyFixed } from './course-state.ts';
import type { CourseLooks } from './courses.ts';
import { saysAlreadyInList, saysLocked, saysNoCourse, saysNotInList } from './messages.ts';
import { applied, gone, notCovered, refused, rejected, stale, targetIdOf } from './outcomes.ts';

/** Puts one learner on a sheet's roster or takes one off, by the routes that leave everybody else's marks alone. */
export async function applyMembership(
  client: EdusignClient,
  looks: CourseLooks,
  now: () => string,
  change: TargetChange,
): Promise<TargetOutcome> {
  const [studentId] = change.learnerIds;
  if (change.operation !== 'insert' && change.operation !== 'delete') {
    return notCovered(`the operation "${change.operation}" of a roster`);
  }
  if (studentId === undefined) return rejected('The learner is not at Edusign.');
  const course = await looks.recent(targetIdOf(change));
  if (course === undefined) return gone('The sheet is not at Edusign any more.');
  const fixed = whyFixed(course, now());
  if (fixed !== undefined) return stale(fixed);
  const adds = change.operation === 'insert';
  if (course.students.some((entry) => entry.studentId === studentId) === adds) return applied(course.id);
  const message = await putOrTake(client, looks, course.id, studentId, adds);
  if (message === undefined) return applied(course.id);
  if (saysLocked(message)) return stale('The sheet is locked at Edusign.');
  return saysNoCourse(message) ? gone('The sheet is not at Edusign any more.') : refused(message);
}

/** What Edusign said against it; nothing when it is as wanted. */
async function putOrTake(
  client: EdusignClient,
  looks: CourseLooks,
  courseId: string,
  studentId: string,
  adds: boolean,
): Promise<string | undefined> {
  try {
    // The removal carries its learner in a body too (seen in public client code).
    const method = adds ? 'PUT' : 'DELETE';
    const said = await client.call({ method, path: ['course', 'attendance', courseId], json: { studentId } });
    const done = said.ok || (adds ? saysAlreadyInList(said.message) : saysNotInList(said.message));
    return done ? undefined : said.message;
  } finally {
    // Whether it worked is not known after a lost answer either.
    looks.forget(courseId);
  }
}
