import type { Place, UnreadableRecord } from '../../roster/records.ts';
import type { WantedColumn } from './auriga-wire.ts';
import { placesFor, type Row, rowOf } from './columns.ts';
import { answerInvalid } from './errors.ts';
import type { Page } from './page.ts';

/** A line of a favourite with its cells by name, and where it stood. */
export interface PlacedRow<Name extends string> {
  readonly row: Row<Name>;
  readonly place: Place;
}

/** The lines of a page by our own names for their cells. */
export function rowsOf<Name extends string>(
  page: Page,
  wanted: Readonly<Record<Name, WantedColumn>>,
  fits: (row: Row<Name>) => boolean,
): PlacedRow<Name>[] {
  const places = placesFor(page, wanted, fits);
  return page.lines.map((line, index) => ({
    row: rowOf(line, places),
    place: { part: page.part, line: index + 1 },
  }));
}

/** Single lines that nobody can read are told; when most are, it is the favourite that changed, and nothing can be said. */
export function refuseIfMostly(unreadable: readonly UnreadableRecord[], lines: number): void {
  const [first] = unreadable;
  if (first === undefined || unreadable.length * 2 <= lines) return;
  throw answerInvalid(
    `The favourite of Auriga's ${first.of}s has changed its format: of ${lines} lines ${unreadable.length} cannot be read ` +
      `(${first.field}).`,
    { lines, unreadable: unreadable.length },
  );
}
