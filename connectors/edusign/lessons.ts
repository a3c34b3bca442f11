import { z } from 'zod';
import type { FoundObject, TargetChange, TargetOutcome } from '../../roster/contracts.ts';
import { type EdusignClient, readResult, routeOf } from './client.ts';
import { whyFixed } from './course-state.ts';
import { applied, gone, notCovered, refused, rejected, stale } from './outcomes.ts';
import { belongsToOther } from './ownership.ts';
import {
  apiType,
  type Course,
  coursePageSize,
  courseShape,
  idShape,
  professorFields,
  saysLocked,
  saysNotFound,
  wireInstant,
} from './wire.ts';

/** The instructors are in the change as ids of the target. */
const content = z.object({ title: z.string(), startsAt: z.string(), endsAt: z.string(), room: z.string().default('') });
type Content = z.infer<typeof content>;

/** Only the name of a list's entries is needed: what they are like is read one by one. */
const listShape = z.array(z.looseObject({ ID: z.string(), API_ID: z.unknown().optional() }));

/** More courses than one school has in three days: a list that never ends is not read for ever. */
const maxPages = 200;

const hourMs = 3_600_000;

/** Attendance sheets: Edusign calls them courses. */
export class Lessons {
  readonly #client: EdusignClient;
  readonly #now: () => string;

  constructor(client: EdusignClient, now: () => string) {
    this.#client = client;
    this.#now = now;
  }

  async apply(change: TargetChange): Promise<TargetOutcome> {
    switch (change.operation) {
      case 'insert':
        return this.#insert(change, content.parse(change.after));
      case 'update':
      case 'rekey':
        return this.#update(change, content.parse(change.after));
      case 'delete':
        return this.#delete(change);
      default:
        return notCovered(`the operation "${change.operation}" of a lesson`);
    }
  }

  find(id: string): Promise<Course | undefined> {
    return this.#client.find({ path: ['course', id] }, courseShape);
  }

  lookUp(change: TargetChange): Promise<string | undefined> {
    return this.#client.find({ path: ['course', 'get-id', change.foreignId] }, idShape);
  }

  /** Every sheet with our key on the days of the lesson: a look-up by key alone names only one of several. */
  async findAll(change: TargetChange): Promise<FoundObject[]> {
    const ids = await this.#idsAround(content.parse(change.after).startsAt, change.foreignId);
    const courses = await inTurn(ids, (id) => this.find(id));
    return courses.flatMap((course) => {
      if (course === undefined) return [];
      return [{ targetId: course.id, untouched: whyFixed(course, this.#now()) === undefined }];
    });
  }

  async #insert(change: TargetChange, lesson: Content): Promise<TargetOutcome> {
    if (Date.parse(lesson.startsAt) <= Date.parse(this.#now())) return stale('The lesson has started.');
    if (change.instructorIds.length === 0) return rejected('A sheet at Edusign needs an instructor.');
    if (change.learnerIds.length === 0) return rejected('A sheet at Edusign needs a learner.');
    const course = {
      ...fieldsOf(lesson),
      ...professorFields(change.instructorIds),
      STUDENTS: change.learnerIds.map((studentId) => ({ studentId })),
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

  /**
   * Sends only what differs. The roster is never among it: a sheet that is patched with students loses what they have
   * signed (seen in public client code).
   */
  async #update(change: TargetChange, lesson: Content): Promise<TargetOutcome> {
    const found = await this.#open(change);
    if ('state' in found) return found;
    const changed = {
      ...differing(fieldsOf(lesson), fieldsAt(found)),
      ...(sameList(change.instructorIds, found.professors)
        ? {}
        : professorFields(change.instructorIds, found.professors.length)),
      ...(change.operation === 'rekey' && found.apiId !== change.foreignId
        ? { API_ID: change.foreignId, API_TYPE: apiType }
        : {}),
    };
    if (Object.keys(changed).length === 0) return applied(found.id);
    const course = { ID: found.id, ...changed, NEED_STUDENTS_SIGNATURE: found.needStudentsSignature };
    const said = await this.#client.call({ method: 'PATCH', path: ['course'], json: { course, editSurveys: false } });
    return said.ok ? applied(found.id) : refusedChange(said.message);
  }

  async #delete(change: TargetChange): Promise<TargetOutcome> {
    const found = await this.#open(change);
    // What we would take away is away already.
    if ('state' in found) return found.state === 'gone' ? applied(change.targetId ?? '') : found;
    const said = await this.#client.call({ method: 'DELETE', path: ['course', found.id] });
    if (said.ok || saysNoCourse(said.message)) return applied(found.id);
    return refusedChange(said.message);
  }

  /** The sheet while it may still be changed, or why it may not. */
  async #open(change: TargetChange): Promise<Course | TargetOutcome> {
    const course = await this.find(change.targetId ?? '');
    if (course === undefined) return gone('The sheet is not at Edusign any more.');
    if (belongsToOther(course, change.foreignId)) return stale('The sheet carries the key of another system now.');
    const fixed = whyFixed(course, this.#now());
    return fixed === undefined ? course : stale(fixed);
  }

  /**
   * The zone in which the list cuts its days is not known, so the days of every zone are asked for; a page that brings
   * nothing new is the last one, in case the page number is not read.
   */
  async #idsAround(startsAt: string, foreignId: string): Promise<string[]> {
    const days = { start: dayOf(startsAt, -12 * hourMs), end: dayOf(startsAt, 14 * hourMs) };
    const seen = new Map<string, boolean>();
    for (let page = 0; page < maxPages; page += 1) {
      const call = {
        method: 'GET',
        path: ['course'],
        query: { ...days, page: String(page) },
        rateClass: 'heavy',
      } as const;
      const listed = (await this.#client.find(call, listShape)) ?? [];
      const before = seen.size;
      for (const entry of listed) seen.set(entry.ID, String(entry.API_ID) === foreignId);
      if (listed.length < coursePageSize || seen.size === before) break;
    }
    return [...seen].filter(([, ours]) => ours).map(([id]) => id);
  }
}

function refusedChange(message: string): TargetOutcome {
  if (saysLocked(message)) return stale('The sheet is locked at Edusign.');
  return saysNoCourse(message) ? gone('The sheet is not at Edusign any more.') : refused(message);
}

/** A refusal can also name an unknown professor, which says nothing about the sheet. */
function saysNoCourse(message: string): boolean {
  return saysNotFound(message) && /course/i.test(message);
}

function fieldsOf(lesson: Content): Record<string, string> {
  return {
    NAME: lesson.title,
    START: wireInstant(lesson.startsAt),
    END: wireInstant(lesson.endsAt),
    CLASSROOM: lesson.room,
  };
}

function fieldsAt(course: Course): Record<string, string> {
  return { NAME: course.name, START: course.start, END: course.end, CLASSROOM: course.classroom };
}

function differing(wanted: Record<string, string>, held: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(wanted).filter(([field, value]) => held[field] !== value));
}

function sameList(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}

function dayOf(instant: string, shiftMs: number): string {
  return new Date(Date.parse(instant) + shiftMs).toISOString().slice(0, 10);
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
