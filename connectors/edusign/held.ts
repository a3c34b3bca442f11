import type { HeldObject } from '../../roster/contracts.ts';
import type { EdusignGroup, EdusignPerson, PersonKind } from './wire.ts';
import { type Course, rosterOf } from './wire-course.ts';

/* Objects of Edusign in our words. Texts are trimmed where they are read; an e-mail address keeps its spelling. */

export function heldPerson(kind: PersonKind, person: EdusignPerson): HeldObject {
  return {
    kind,
    ...keyOf(person),
    archived: person.archived,
    content: {
      givenName: person.firstName,
      familyName: person.lastName,
      email: person.email,
      phone: person.phone,
    },
    instructorIds: [],
    learnerIds: [],
  };
}

export function heldGroup(group: EdusignGroup): HeldObject {
  return {
    kind: 'group',
    ...keyOf(group),
    archived: group.archived,
    content: { title: group.name, description: group.description },
    instructorIds: [],
    learnerIds: group.studentIds,
  };
}

export function heldLesson(course: Course): HeldObject {
  return {
    kind: 'lesson',
    ...keyOf(course),
    archived: false,
    content: { title: course.name, startsAt: course.start, endsAt: course.end, room: course.classroom },
    instructorIds: course.professors,
    learnerIds: rosterOf(course),
  };
}

/** A name of a system without a key says nothing about whose an object is. */
function keyOf({ id, apiId, apiType }: { id: string; apiId: string; apiType: string }) {
  return { targetId: id, foreignId: apiId, foreignSystem: apiId === '' ? '' : apiType };
}
