import type { ApiRequest } from '../kit/dispatch.ts';
import { cutPage } from '../kit/pages.ts';
import { BusinessError } from './envelope.ts';

/** Rows of a page: 40 and 100 by the reference; the sizes of students, groups and justifications are assumed. */
export const pageSizes = { course: 40, professor: 100, student: 100, group: 100, justification: 100 } as const;

/**
 * One page of a list, counted from 0; without `page`, the whole set (assumed: public clients rely on it).
 *
 * @param absent page that is meant when the request names none.
 */
export function paged<T>(request: ApiRequest, items: readonly T[], size: number, absent?: string): readonly T[] {
  const page = request.query['page'] || absent;
  if (page === undefined) return items;
  if (!/^\d{1,6}$/.test(page)) throw new BusinessError(['page must be a number']);
  return cutPage(items, Number(page), size, request.fault).items;
}

/** The values of a comma list; undefined when the filter is not set. */
export function commaList(text: string | undefined): ReadonlySet<string> | undefined {
  if (text === undefined || text === '') return undefined;
  return new Set(text.split(',').map((value) => value.trim()));
}

/** The oldest of those that carry this foreign id: it is not unique (assumed). Creation order is the array's. */
export function oldestByApiId<T extends { apiId: string }>(things: readonly T[], apiId: string): T | undefined {
  return things.find((thing) => thing.apiId !== '' && thing.apiId === apiId);
}
