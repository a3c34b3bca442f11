import { ControlError } from '../kit/control.ts';
import { renderCourse } from './render.ts';
import { byEmail, type School } from './school.ts';
import type { Course, Group, Presence, Professor, Student } from './state.ts';
import { readInstant } from './time.ts';

/** Finds what an edit means by the names people have at hand: identifier, API_ID, e-mail address. */
export class Desk {
  readonly #school: School;

  constructor(school: School) {
    this.#school = school;
  }

  course(name: string): Course {
    return this.#found('course', name, byName(this.#school.state.courses, name));
  }

  group(name: string): Group {
    return this.#found('group', name, byName(this.#school.state.groups, name));
  }

  student(name: string): Student {
    const { students } = this.#school.state;
    return this.#found('student', name, byName(students, name) ?? byEmail(students, name));
  }

  professor(name: string): Professor {
    const { professors } = this.#school.state;
    return this.#found('professor', name, byName(professors, name) ?? byEmail(professors, name));
  }

  /** Any ISO time as a UTC instant; absent, now. */
  time(text: string | undefined): string {
    return text === undefined ? this.#school.now() : readInstant(text, this.#school.state.school.timezone, 'time');
  }

  /** The span of a named sheet, or the given one. */
  span(edit: { course?: string | undefined; start?: string | undefined; end?: string | undefined }) {
    if (edit.course !== undefined) {
      const { start, end } = this.course(edit.course);
      return { start, end };
    }
    if (edit.start === undefined || edit.end === undefined) throw new ControlError('give a course, or start and end');
    return { start: this.time(edit.start), end: this.time(edit.end) };
  }

  /** Acts on a sheet and shows it as the API would. */
  onCourse(name: string, act: (course: Course) => unknown): unknown {
    const course = this.course(name);
    act(course);
    return renderCourse(this.#school, course);
  }

  /** Acts on one learner's line of a sheet. */
  onPresence(
    names: { course: string; student: string },
    act: (course: Course, presence: Presence) => unknown,
  ): unknown {
    const { id } = this.student(names.student);
    return this.onCourse(names.course, (course) => act(course, this.#school.presence(course, id)));
  }

  #found<T>(kind: string, name: string, thing: T | undefined): T {
    if (thing === undefined) throw new ControlError(`no ${kind} '${name}'`, 404);
    return thing;
  }
}

function byName<T extends { id: string; apiId: string }>(things: readonly T[], name: string): T | undefined {
  return (
    things.find((thing) => thing.id === name) ?? things.find((thing) => thing.apiId !== '' && thing.apiId === name)
  );
}
