import type { FoundObject, TargetChange } from '../../roster/contracts.ts';
import type { EdusignClient } from './client.ts';
import { whyFixed } from './course-state.ts';
import { findCourse } from './courses.ts';
import { dateOf, stretchesOf } from './days.ts';
import { LookRefused } from './errors.ts';
import { lessonContent } from './lessons.ts';
import { readList } from './lists.ts';
import { idShape, keyedShape, pageSizes } from './wire.ts';

/** The sheet that carries our key. */
export async function lookUpLesson(client: EdusignClient, change: TargetChange): Promise<string | undefined> {
  try {
    return await client.find({ path: ['course', 'get-id', change.foreignId] }, idShape);
  } catch (error) {
    // How a miss is worded is assumed: in doubt the list says it.
    if (!(error instanceof LookRefused)) throw error;
    const [first] = await idsWithKey(client, change);
    return first;
  }
}

/** Every sheet with our key on the days of the lesson: a look-up by key alone names only one of several. */
export async function findDoubles(
  client: EdusignClient,
  change: TargetChange,
  now: () => string,
): Promise<FoundObject[]> {
  const found: FoundObject[] = [];
  for (const id of await idsWithKey(client, change)) {
    const course = await findCourse(client, id);
    if (course === undefined) continue;
    found.push({ targetId: course.id, untouched: whyFixed(course, now()) === undefined });
  }
  return found;
}

async function idsWithKey(client: EdusignClient, change: TargetChange): Promise<string[]> {
  const date = dateOf(lessonContent.parse(change.after).startsAt);
  const ids = new Set<string>();
  for (const days of stretchesOf(date, date)) {
    const list = { path: 'course', query: { ...days }, entry: keyedShape, pageSize: pageSizes.course };
    for (const { id, apiId } of await readList(client, list)) if (apiId === change.foreignId) ids.add(id);
  }
  return [...ids];
}
