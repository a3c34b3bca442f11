import type { Column, WantedColumn } from './auriga-wire.ts';
import { answerInvalid, settingWrong } from './errors.ts';
import { folded } from './text.ts';

/** The cells of a line by our names for them; a column that is not there gives none. */
export type Row<Name extends string> = Readonly<Partial<Record<Name, unknown>>>;

type Wanted<Name extends string> = Readonly<Record<Name, WantedColumn>>;

/** Where each wanted column stands in a line. */
export type Places<Name extends string> = ReadonlyMap<Name, number>;

/** Finds columns by what they mean: their place in the model, else their header in any language; never by position. */
export function placesOf<Name extends string>(columns: readonly Column[], wanted: Wanted<Name>): Places<Name> {
  const places = new Map<Name, number>();
  const taken = new Set<number>();
  const find = (test: (column: Column, want: WantedColumn) => boolean) => {
    for (const [name, want] of entriesOf(wanted)) {
      if (places.has(name)) continue;
      const at = columns.findIndex((column, index) => !taken.has(index) && test(column, want));
      if (at < 0) continue;
      places.set(name, at);
      taken.add(at);
    }
  };
  find(isOfModel);
  find(isLabelled);
  return places;
}

function isOfModel(column: Column, { model }: WantedColumn): boolean {
  return model !== undefined && column.field === model.field && model.path.test(column.path ?? '');
}

function isLabelled(column: Column, { labels }: WantedColumn): boolean {
  const known = new Set(labels.map(meaning));
  return [column.label, column.defaultLabel].flatMap(textsOf).some((text) => known.has(meaning(text)));
}

/** Libellé, Label and Caption are one word in three languages of the product; a plural in brackets says nothing. */
function meaning(label: string): string {
  return folded(label.replace(/\(s\)/gi, '')).replace(/(libelle|caption)$/, 'label');
}

/** A label is a text, or one for each language. */
function textsOf(label: unknown): string[] {
  if (typeof label === 'string') return [label];
  if (typeof label !== 'object' || label === null) return [];
  return Object.values(label).filter((text) => typeof text === 'string');
}

/** Headers of wanted columns that are not there. */
export function missing<Name extends string>(places: Places<Name>, wanted: Wanted<Name>, only: 'required' | 'all') {
  return entriesOf(wanted)
    .filter(([name, want]) => !places.has(name) && (only === 'all' || want.required))
    .map(([, want]) => want.header);
}

/**
 * The places for a whole page. Without columns the order of the set-up page is taken, if the first lines look like it:
 * `fits` judges one row.
 */
export function placesFor<Name extends string>(
  page: {
    readonly part: string;
    readonly columns: readonly Column[] | undefined;
    readonly lines: readonly (readonly unknown[])[];
  },
  wanted: Wanted<Name>,
  fits: (row: Row<Name>) => boolean,
): Places<Name> {
  if (page.columns === undefined) return documentedPlaces(page, wanted, fits);
  const places = placesOf(page.columns, wanted);
  const lacking = missing(places, wanted, 'required');
  if (lacking.length > 0) {
    throw settingWrong(`The favourite of Auriga's ${page.part} has no column ${lacking.map(quoted).join(', ')}.`, {
      part: page.part,
    });
  }
  if (page.lines.some((line) => line.length !== page.columns?.length)) {
    throw answerInvalid(`Auriga's ${page.part} has lines of another length than its columns.`, { part: page.part });
  }
  return places;
}

function documentedPlaces<Name extends string>(
  { part, lines }: { readonly part: string; readonly lines: readonly (readonly unknown[])[] },
  wanted: Wanted<Name>,
  fits: (row: Row<Name>) => boolean,
): Places<Name> {
  const places = new Map(entriesOf(wanted).map(([name], index) => [name, index]));
  if (lines.every((line) => line.length === places.size && fits(rowOf(line, places)))) return places;
  throw answerInvalid(`Auriga's ${part} names no columns, and is not in the order of the set-up page.`, { part });
}

export function rowOf<Name extends string>(line: readonly unknown[], places: Places<Name>): Row<Name> {
  const cells = [...places].map(([name, at]) => [name, line[at]] as const);
  return Object.fromEntries(cells) as Row<Name>;
}

export function quoted(header: string): string {
  return `"${header}"`;
}

function entriesOf<Name extends string>(wanted: Wanted<Name>): [Name, WantedColumn][] {
  return Object.entries(wanted) as [Name, WantedColumn][];
}
