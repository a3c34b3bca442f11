import { readRecords } from '../../../connectors/auriga/read.ts';
import type { RawChunk } from '../../../roster/contracts.ts';
import type { LessonRecord, SourceRecord } from '../../../roster/records.ts';
import { lessonWindow } from '../../../roster/window.ts';
import { collect, streamOf } from '../doubles/access.ts';
import { groupHeaders, interventionHeaders } from '../doubles/auriga-double.ts';

export const window = lessonWindow('2026-11-02T08:00:00.000Z', 14, 'Europe/Paris');

export function chunkOf(part: string, body: unknown): RawChunk {
  return { part, mediaType: 'application/json', body: Buffer.from(JSON.stringify(body)) };
}

export function definition(timezone: string | null = null, of = 'interventions'): RawChunk {
  return chunkOf(`${of}/definition`, { queryDefinition: { queryId: 945, searchResultGlobal: { timezone } } });
}

/** A page with the headers of the set-up page, unless a test says what columns there are; null: none are named. */
export function pageOf(lines: readonly unknown[][], columns?: readonly unknown[] | null, number = 1): RawChunk {
  return chunkOf(`interventions?page=${number}`, body(lines, columns, interventionHeaders));
}

export function groupsPage(lines: readonly unknown[][], columns?: readonly unknown[] | null): RawChunk {
  return chunkOf('groups?page=1', body(lines, columns, groupHeaders));
}

function body(lines: readonly unknown[][], columns: readonly unknown[] | null | undefined, headers: readonly string[]) {
  const named = columns === undefined ? headers.map((en) => ({ label: { en } })) : columns;
  return { content: { ...(named === null ? {} : { columns: named }), lines }, totalPages: 1 };
}

export function records(...chunks: RawChunk[]): Promise<SourceRecord[]> {
  return collect(readRecords(streamOf(...chunks), window, 14));
}

export async function lessons(...chunks: RawChunk[]): Promise<LessonRecord[]> {
  return (await records(...chunks)).filter((record) => record.kind === 'lesson');
}

/** The only lesson of one line. */
export async function lessonOf(line: unknown[]): Promise<LessonRecord> {
  const [lesson, ...more] = await lessons(definition(), pageOf([line]));
  if (lesson === undefined || more.length > 0) throw new Error(`${more.length + 1} lessons in place of one`);
  return lesson;
}
