import { z } from 'zod';
import { RollcallError } from '../../roster/errors.ts';
import { type EdusignClient, routeOf, type Shape } from './client.ts';
import { personPath, type RateClass } from './wire.ts';

/** A list to be read whole. */
export interface List<T extends { readonly id: string }> {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly entry: z.ZodType<T>;
  /** Entries on a full page; where it is not known, the first page tells. */
  readonly pageSize: number | undefined;
}

/** More than any school has; a list that does not end is an error, and not read for ever. */
const mostPages = 2_000;

/** How often a list is read again that shifted while it was read. */
const rereads = 3;

/** Assumed: these lists are heavy, those of groups and justifications are not. */
const heavyLists: readonly string[] = [...Object.values(personPath), 'course'];

export function rateClassOf(path: string): RateClass {
  return heavyLists.includes(path) ? 'heavy' : 'normal';
}

/**
 * A whole list. It has no total, so that it ends at a short page, or where pages bring nothing new. An entry that comes on
 * two pages shows that the list shifted while it was read: then another one was missed, and it is read again.
 */
export async function readList<T extends { readonly id: string }>(
  client: EdusignClient,
  list: List<T>,
): Promise<readonly T[]> {
  for (let left = rereads; left >= 0; left -= 1) {
    const entries = await readOnce(client, list);
    if (entries !== undefined) return entries;
  }
  throw unreadable(list.path, 'shifted each time it was read');
}

/** Undefined when it shifted. */
async function readOnce<T extends { readonly id: string }>(
  client: EdusignClient,
  list: List<T>,
): Promise<readonly T[] | undefined> {
  const seen = new Map<string, T>();
  let size = list.pageSize;
  let idle = false;
  for (let page = 0; page < mostPages; page += 1) {
    const entries = await readPage(client, list, page);
    size ??= entries.length;
    const byId = new Map(entries.map((entry) => [entry.id, entry]));
    const fresh = [...byId].filter(([id]) => !seen.has(id));
    const isLast = entries.length === 0 || entries.length < size;
    if (fresh.length === 0 && entries.length > 0) {
      // The first page three times: the page number is not read, and everything was on it. After two times it may still be
      // that a page came in place of another, which the next one shows.
      if (idle) return [...seen.values()];
      if (isLast || page > 1) return undefined;
      idle = true;
      continue;
    }
    if (idle || fresh.length < byId.size) return undefined;
    for (const [id, entry] of fresh) seen.set(id, entry);
    if (isLast) return [...seen.values()];
  }
  throw unreadable(list.path, 'does not end');
}

/** One page, counted from 0. */
export async function readPage<T extends { readonly id: string }>(
  client: EdusignClient,
  { path, query, entry }: Omit<List<T>, 'pageSize'>,
  page: number,
): Promise<readonly T[]> {
  const look = { path: [path], query: { ...query, page: String(page) }, rateClass: rateClassOf(path) };
  const shape: Shape<T[]> = z.array(entry);
  return (await client.find(look, shape)) ?? [];
}

function unreadable(path: string, words: string): RollcallError {
  const route = routeOf({ method: 'GET', path: [path] });
  return new RollcallError('TARGET_ANSWER_INVALID', `A list at Edusign ${words} (${route}).`, { facts: { route } });
}
