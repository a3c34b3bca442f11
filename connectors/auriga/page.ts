import type { RawChunk } from '../../roster/contracts.ts';
import { type Column, definitionShape, type Favourite, pageShape } from './auriga-wire.ts';
import { mustBe } from './json.ts';

export interface Page {
  readonly part: string;
  /** Columns of the cells, where the server says them. */
  readonly columns: readonly Column[] | undefined;
  readonly lines: readonly (readonly unknown[])[];
  readonly totalPages: number;
  /** Lines on all pages, where the server says it. */
  readonly totalLines: number | undefined;
}

/** A raw page as lines of a query, or SOURCE_ANSWER_INVALID: an error page with status 200 is no empty list. */
export function readPage(chunk: RawChunk): Page {
  const { content, totalPages, totalElements } = mustBe(chunk.body, pageShape, chunk.part);
  return {
    part: chunk.part,
    columns: content.columns ?? undefined,
    lines: content.lines,
    totalPages,
    totalLines: totalElements ?? undefined,
  };
}

/** In which zone the query writes times without an offset, where its definition says so. */
export function zoneOf(chunk: RawChunk): string | undefined {
  const { queryDefinition } = mustBe(chunk.body, definitionShape, chunk.part);
  return queryDefinition.searchResultGlobal?.timezone?.trim() || undefined;
}

/** What a part of a snapshot holds, by its name; without `page` it is the definition. */
export function partOf(part: string): { favourite: Favourite; isPage: boolean } {
  return { favourite: part.startsWith('groups') ? 'groups' : 'interventions', isPage: part.includes('?page=') };
}
