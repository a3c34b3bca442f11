import type { RawChunk } from '../../roster/contracts.ts';
import type { SourceRecord } from '../../roster/records.ts';
import type { Window } from '../../roster/window.ts';
import { Groups } from './groups.ts';
import { Interventions } from './interventions.ts';
import { partOf, readPage, zoneOf } from './page.ts';

/** The records of a snapshot; the same snapshot gives the same records in the same order. Lessons come last. */
export async function* readRecords(
  chunks: AsyncIterable<RawChunk>,
  window: Window,
  lookAheadDays: number,
): AsyncGenerator<SourceRecord> {
  const interventions = new Interventions(window, lookAheadDays);
  const groups = new Groups();
  for await (const chunk of wholeParts(chunks)) {
    const { favourite, isPage } = partOf(chunk.part);
    const table = favourite === 'groups' ? groups : interventions;
    // A read that was begun again stands behind the one it replaces.
    if (isPage) table.add(readPage(chunk));
    else table.begin(zoneOf(chunk));
  }
  yield* groups.records();
  yield* interventions.records();
}

/** Joins what a store cut into pieces. */
async function* wholeParts(chunks: AsyncIterable<RawChunk>): AsyncGenerator<RawChunk> {
  let pieces: RawChunk[] = [];
  for await (const chunk of chunks) {
    if (pieces[0] !== undefined && pieces[0].part !== chunk.part) {
      yield joined(pieces);
      pieces = [];
    }
    pieces.push(chunk);
  }
  if (pieces.length > 0) yield joined(pieces);
}

function joined(pieces: readonly RawChunk[]): RawChunk {
  const [first] = pieces;
  const body = Buffer.concat(pieces.map((piece) => piece.body));
  return { part: first?.part ?? '', mediaType: first?.mediaType ?? '', body };
}
