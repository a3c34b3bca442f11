import { createHash } from 'node:crypto';
import type { Clock } from '../kit/clock.ts';
import { BusinessError, messages } from './envelope.ts';
import type { Course, EdusignState, Group, Presence, Professor, Student } from './state.ts';

/** Identifiers seen in the wild are opaque lower-case alphanumerics of 15 to 17 characters. */
const idLength = 16;

/** The tenant behind the API: finds things in the state and hands out identifiers. */
export class School {
  state: EdusignState;
  readonly clock: Clock;

  constructor(state: EdusignState, clock: Clock) {
    this.state = state;
    this.clock = clock;
  }

  now(): string {
    return this.clock.now().toISOString();
  }

  /** The same sequence in every run, so that a failing test can be read. */
  newId(): string {
    this.state.lastId += 1;
    const hash = createHash('sha256').update(`edusign:${this.state.lastId}`).digest('hex');
    return BigInt(`0x${hash}`).toString(36).slice(0, idLength);
  }

  professor(id: string): Professor {
    return found(byId(this.state.professors, id), messages.noProfessor);
  }

  student(id: string): Student {
    return found(byId(this.state.students, id), messages.noStudent);
  }

  /** Only people who are not archived can be put on a sheet (assumed; the stricter reading). */
  activeProfessor(id: string): Professor {
    const professor = this.professor(id);
    if (professor.archived) throw new BusinessError(messages.noProfessor);
    return professor;
  }

  activeStudent(id: string): Student {
    const student = this.student(id);
    if (student.archived) throw new BusinessError(messages.noStudent);
    return student;
  }

  group(id: string): Group {
    return found(byId(this.state.groups, id), messages.noGroup);
  }

  course(id: string): Course {
    return found(byId(this.state.courses, id), messages.noCourse);
  }

  /** A sheet that may still be written. */
  openCourse(id: string): Course {
    const course = this.course(id);
    if (course.locked) throw new BusinessError(messages.locked);
    return course;
  }

  presence(course: Course, studentId: string): Presence {
    return found(
      course.students.find((presence) => presence.studentId === studentId),
      messages.notInList,
    );
  }

  newPresence(studentId: string, origin: Presence['origin']): Presence {
    this.state.lastPresenceId += 1;
    return {
      id: this.state.lastPresenceId,
      studentId,
      origin,
      state: false,
      timestamp: null,
      signature: null,
      delay: 0,
      excluded: null,
      earlyDeparture: null,
      absenceId: null,
      comment: '',
    };
  }

  /** Groups of a student, archived ones left out. */
  groupsOf(studentId: string): Group[] {
    return this.state.groups.filter((group) => !group.archived && group.students.includes(studentId));
  }

  mail(to: 'professor' | 'student', person: { id: string; email: string }): void {
    this.state.mails.push({ at: this.now(), to, id: person.id, email: person.email });
  }
}

/** E-mail addresses are compared without regard to case (assumed). */
export function byEmail<T extends { email: string }>(people: readonly T[], email: string): T | undefined {
  const wanted = email.trim().toLowerCase();
  return people.find((person) => person.email.trim().toLowerCase() === wanted);
}

function byId<T extends { id: string }>(things: readonly T[], id: string): T | undefined {
  return things.find((thing) => thing.id === id);
}

function found<T>(thing: T | undefined, message: string): T {
  if (thing === undefined) throw new BusinessError(message);
  return thing;
}
