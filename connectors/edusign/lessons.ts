import { z } from 'zod';
import type { TargetChange, TargetOutcome } from '../../roster/contracts.ts';
import { type EdusignClient, readResult, routeOf } from './client.ts';
import { whyFixed } from './course-state.ts';
import type { CourseLooks } from './courses.ts';
import { saysLocked, saysNoCourse } from './messages.ts';
import { applied, gone, leftAsItIs, notCovered, refused, rejected, stale, targetIdOf } from './outcomes.ts';
import { keyFields, type Ownership } from './ownership.ts';
import { apiType, idShape, wireInstant } from './wire.ts';
import { type Course, professorFields } from './wire-course.ts';

/** The instructors are in the change as ids of the target. */
export const lessonContent = z.object({
  title: z.string(),
  startsAt: z.string(),
  endsAt: z.string(),
  room: z.string().default(''),
});
type Content = z.infer<typeof lessonContent>;

const otherKey = 'The sheet carries the key of another system.';
const notThere = 'The sheet is not at Edusign any more.';

/** Attendance sheets: Edusign calls them courses. */
export class Lessons {
  readonly #client: EdusignClient;
  readonly #looks: CourseLooks;
  readonly #ownership: Ownership;
  readonly #now: () => string;

  constructor(client: EdusignClient, looks: CourseLooks, ownership: Ownership, now: () => string) {
    this.#client = client;
    this.#looks = looks;
    this.#ownership = ownership;
    this.#now = now;
  }

  async apply(change: TargetChange): Promise<TargetOutcome> {
    switch (change.operation) {
      case 'insert':
        return this.#insert(change, lessonContent.parse(change.after));
      case 'adopt':
        return this.#adopt(change, lessonContent.parse(change.after));
      // A lesson that moved to another day has another key: it goes along with what differs.
      case 'update':
      case 'rekey':
        return this.#update(change, lessonContent.parse(change.after));
      case 'delete':
        return this.#delete(change);
      default:
        return notCovered(`the operation "${change.operation}" of a lesson`);
    }
  }

  async #insert(change: TargetChange, lesson: Content): Promise<TargetOutcome> {
    if (Date.parse(lesson.startsAt) <= Date.parse(this.#now())) return stale('The lesson has started.');
    if (change.instructorIds.length === 0) return rejected('A sheet at Edusign needs an instructor.');
    if (change.learnerIds.length === 0) return rejected('A sheet at Edusign needs a learner.');
    const course = {
      ...fieldsOf(lesson),
      ...professorFields(change.instructorIds),
      STUDENTS: change.learnerIds.map((studentId) => ({ studentId })),
      ...(change.groupIds.length === 0 ? {} : { SCHOOL_GROUP: change.groupIds }),
      NEED_STUDENTS_SIGNATURE: true,
      API_ID: change.foreignId,
      API_TYPE: apiType,
    };
    // Without this parameter the roster of the body is not read (seen in public client code).
    const query = { fromStudents: 'true' };
    const call = { method: 'POST', path: ['course'], query, json: { course } } as const;
    const said = await this.#client.call(call);
    return said.ok ? applied(readResult(said.result, idShape, routeOf(call))) : refused(said.message);
  }

  /** Its roster is brought to ours by changes of its own, learner by learner. */
  async #adopt(change: TargetChange, lesson: Content): Promise<TargetOutcome> {
    const found = await this.#looks.now(targetIdOf(change));
    if (found === undefined) return gone(notThere);
    if (!this.#ownership.isAdoptable(found, change.foreignId)) return stale(otherKey);
    if (whyFixed(found, this.#now()) !== undefined) return leftAsItIs(found.id);
    const instructors = instructorFields(change.instructorIds, found);
    return this.#patch(found, { ...differing(fieldsOf(lesson), found), ...instructors }, change.foreignId);
  }

  async #update(change: TargetChange, lesson: Content): Promise<TargetOutcome> {
    const found = await this.#open(change);
    if ('state' in found) return found;
    const { before } = change;
    const instructors = sameNames(before['instructors'], change.after['instructors'])
      ? {}
      : instructorFields(change.instructorIds, found);
    const fields = differing(changedFields(before, lesson), found);
    return this.#patch(found, { ...fields, ...instructors }, change.foreignId);
  }

  /**
   * Sends only what differs. The roster is never among it: a sheet that is patched with students loses what they have
   * signed (seen in public client code).
   */
  async #patch(found: Course, fields: Readonly<Record<string, string>>, foreignId: string): Promise<TargetOutcome> {
    const changed = { ...fields, ...keyFields(found, foreignId) };
    if (Object.keys(changed).length === 0) return applied(found.id);
    const course = { ID: found.id, ...changed, NEED_STUDENTS_SIGNATURE: found.needStudentsSignature };
    const said = await this.#client.call({ method: 'PATCH', path: ['course'], json: { course, editSurveys: false } });
    this.#looks.forget(found.id);
    return said.ok ? applied(found.id) : refusedChange(said.message);
  }

  async #delete(change: TargetChange): Promise<TargetOutcome> {
    const found = await this.#open(change);
    // What we would take away is away already.
    if ('state' in found) return found.state === 'gone' ? applied(targetIdOf(change)) : found;
    const said = await this.#client.call({ method: 'DELETE', path: ['course', found.id] });
    this.#looks.forget(found.id);
    if (said.ok || saysNoCourse(said.message)) return applied(found.id);
    return refusedChange(said.message);
  }

  /** The sheet while it may still be changed, or why it may not. */
  async #open(change: TargetChange): Promise<Course | TargetOutcome> {
    const course = await this.#looks.now(targetIdOf(change));
    if (course === undefined) return gone(notThere);
    if (this.#ownership.belongsToOther(course, change.foreignId)) return stale(otherKey);
    const fixed = whyFixed(course, this.#now());
    return fixed === undefined ? course : stale(fixed);
  }
}

function refusedChange(message: string): TargetOutcome {
  if (saysLocked(message)) return stale('The sheet is locked at Edusign.');
  return saysNoCourse(message) ? gone(notThere) : refused(message);
}

function fieldsOf(lesson: Content): Record<string, string> {
  return {
    NAME: lesson.title,
    START: wireInstant(lesson.startsAt),
    END: wireInstant(lesson.endsAt),
    CLASSROOM: lesson.room,
  };
}

/** Fields that the source has changed. What it has not may have been changed by hand at Edusign, and stays. */
function changedFields(before: Readonly<Record<string, unknown>>, lesson: Content): Record<string, string> {
  const known = lessonContent.safeParse(before);
  const earlier = known.success ? fieldsOf(known.data) : {};
  return Object.fromEntries(Object.entries(fieldsOf(lesson)).filter(([field, value]) => earlier[field] !== value));
}

function differing(wanted: Readonly<Record<string, string>>, course: Course): Record<string, string> {
  const held: Record<string, string> = {
    NAME: course.name,
    START: course.start,
    END: course.end,
    CLASSROOM: course.classroom,
  };
  return Object.fromEntries(Object.entries(wanted).filter(([field, value]) => held[field] !== value.trim()));
}

/** All of them, or none: one public program says that a patch must name every instructor. */
function instructorFields(ids: readonly string[], { professors }: Course): Record<string, string> {
  const same = ids.length === professors.length && ids.every((id, index) => id === professors[index]);
  return same ? {} : professorFields(ids, professors.length);
}

/** Whether the source named the same instructors before; what cannot be compared counts as changed. */
function sameNames(before: unknown, after: unknown): boolean {
  return Array.isArray(before) && JSON.stringify(before) === JSON.stringify(after);
}
