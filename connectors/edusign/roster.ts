import type { TargetChange, TargetOutcome } from '../../roster/contracts.ts';
import type { EdusignClient } from './client.ts';
import { whyFixed } from './course-state.ts';
import type { Lessons } from './lessons.ts';
import { applied, gone, notCovered, refused, rejected, stale } from './outcomes.ts';
import { saysAlreadyInList, saysLocked, saysNotInList } from './wire.ts';

/** Puts one learner on a sheet's roster or takes one off, by the routes that leave everybody else's marks alone. */
export async function applyMembership(
  client: EdusignClient,
  lessons: Lessons,
  now: () => string,
  change: TargetChange,
): Promise<TargetOutcome> {
  const [studentId] = change.learnerIds;
  if (change.operation !== 'insert' && change.operation !== 'delete') {
    return notCovered(`the operation "${change.operation}" of a roster`);
  }
  if (studentId === undefined) return rejected('The learner is not at Edusign.');
  const course = await lessons.find(change.targetId ?? '');
  if (course === undefined) return gone('The sheet is not at Edusign any more.');
  const fixed = whyFixed(course, now());
  if (fixed !== undefined) return stale(fixed);
  const adds = change.operation === 'insert';
  if (course.students.some((entry) => entry.studentId === studentId) === adds) return applied(course.id);
  // The removal carries its learner in a body too (seen in public client code).
  const said = await client.call({
    method: adds ? 'PUT' : 'DELETE',
    path: ['course', 'attendance', course.id],
    json: { studentId },
  });
  const done = said.ok || (adds ? saysAlreadyInList(said.message) : saysNotInList(said.message));
  if (done) return applied(course.id);
  return saysLocked(said.message) ? stale('The sheet is locked at Edusign.') : refused(said.message);
}
