import type { School } from './school.ts';
import type { Course, Group, Presence } from './state.ts';

/**
 * The roster of a sheet: members of its groups at this moment, and learners put there by name. By default everything
 * that was known about presences is forgotten, since public clients report that a patch wipes signatures.
 */
export function rebuildRoster(school: School, course: Course, direct: readonly string[]): void {
  const before = new Map(course.students.map((presence) => [presence.studentId, presence]));
  const origins = new Map<string, Presence['origin']>();
  for (const groupId of course.groups) {
    for (const studentId of school.group(groupId).students) {
      if (!school.student(studentId).archived) origins.set(studentId, 'group');
    }
  }
  for (const studentId of direct) origins.set(school.activeStudent(studentId).id, 'direct');

  course.students = [...origins].map(([studentId, origin]) => {
    const kept = school.state.settings.rosterOnPatch === 'keep' ? before.get(studentId) : undefined;
    return kept === undefined ? school.newPresence(studentId, origin) : { ...kept, origin };
  });
}

/** Carries a changed group to the sheets that have not started and are not locked (assumed, switchable). */
export function propagateGroup(school: School, group: Group): void {
  if (school.state.settings.groupEdits === 'ignore') return;
  const now = school.now();
  for (const course of school.state.courses) {
    if (!course.groups.includes(group.id) || course.locked || course.start <= now) continue;
    const members = course.groups.flatMap((groupId) => school.group(groupId).students);
    const wanted = new Set(members.filter((studentId) => !school.student(studentId).archived));
    course.students = course.students.filter(
      (presence) => presence.origin === 'direct' || wanted.has(presence.studentId),
    );
    const present = new Set(course.students.map((presence) => presence.studentId));
    for (const studentId of wanted) {
      if (!present.has(studentId)) course.students.push(school.newPresence(studentId, 'group'));
    }
  }
}
