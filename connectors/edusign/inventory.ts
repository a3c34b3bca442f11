import type { HeldKind, HeldObject, InventoryAsk } from '../../roster/contracts.ts';
import type { EdusignClient } from './client.ts';
import { findCourse } from './courses.ts';
import { stretchesOf } from './days.ts';
import { heldGroup, heldLesson, heldPerson } from './held.ts';
import { readList } from './lists.ts';
import { groupShape, type PersonKind, pageSizes, personPath, personShape } from './wire.ts';
import { type Course, courseShape } from './wire-course.ts';

const dayMs = 86_400_000;

/** What the account holds. Each list is read whole before any of it is told: it may have to be read again. */
export async function* inventory(
  client: EdusignClient,
  now: () => string,
  ask: InventoryAsk,
): AsyncGenerator<HeldObject> {
  for (const kind of ask.kinds) {
    const held = kind === 'lesson' ? lessons(client, now, ask) : others(client, kind, ask);
    for await (const object of held) if (!object.archived) yield object;
  }
}

async function* others(
  client: EdusignClient,
  kind: Exclude<HeldKind, 'lesson'>,
  ask: InventoryAsk,
): AsyncGenerator<HeldObject> {
  if (kind === 'group') {
    const groups = await readList(client, { path: 'group', entry: groupShape, pageSize: pageSizes.group });
    yield* groups.map(heldGroup);
    return;
  }
  const path = personPath[kind];
  const list = { path, query: personQuery(kind, ask), entry: personShape, pageSize: pageSizes[path] };
  for (const person of await readList(client, list)) yield heldPerson(kind, person);
}

/** Only students can be asked for by the time of their last change (documented). */
function personQuery(kind: PersonKind, { changedSince }: InventoryAsk): Record<string, string> {
  if (kind === 'instructor') return {};
  const updatedAfter = changedSince === undefined ? {} : { updatedAfter: new Date(changedSince).toISOString() };
  return { limit: String(pageSizes.student), ...updatedAfter };
}

async function* lessons(client: EdusignClient, now: () => string, ask: InventoryAsk): AsyncGenerator<HeldObject> {
  const { fromDate, toDate, fromInstant, toInstant } = ask.window;
  const updated = updatedQuery(ask.changedSince, now());
  const told = new Set<string>();
  for (const days of stretchesOf(fromDate, toDate)) {
    const query = { ...days, ...updated };
    const courses = await readList(client, { path: 'course', query, entry: courseShape, pageSize: pageSizes.course });
    for (const listed of courses) {
      const start = Date.parse(listed.start);
      if (start < Date.parse(fromInstant) || start >= Date.parse(toInstant) || told.has(listed.id)) continue;
      told.add(listed.id);
      const course = await withRoster(client, listed);
      if (course !== undefined) yield heldLesson(course);
    }
  }
}

/** That the list tells rosters is seen in public client code; where it does not, nobody is taken for missing. */
async function withRoster(client: EdusignClient, listed: Course): Promise<Course | undefined> {
  return listed.tellsRoster ? listed : findCourse(client, listed.id);
}

/**
 * The filter takes a beginning and an end (documented; that it takes instants is assumed). The end lies ahead of every
 * clock: the changes are stamped by Edusign's, and ours may be moved.
 */
function updatedQuery(since: string | undefined, now: string): Record<string, string> {
  if (since === undefined) return {};
  const until = new Date(Math.max(Date.now(), Date.parse(now), Date.parse(since)) + dayMs);
  return { dateUpdated: `${new Date(since).toISOString()},${until.toISOString()}` };
}
