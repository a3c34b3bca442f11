import { stripVTControlCharacters, styleText } from 'node:util';

type Colour = 'green' | 'yellow' | 'red' | 'dim' | 'bold' | 'cyan';

/** Colours a text on a terminal that shows colours; leaves it alone elsewhere. */
export function paint(colour: Colour, text: string): string {
  const wanted = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
  return wanted ? styleText(colour, text) : text;
}

export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** The answer of a command for scripts: `schema` names its shape, times are UTC. */
export function printJson(thing: string, answer: object): void {
  print(JSON.stringify({ schema: `rollcall.${thing}/1`, ...answer }, null, 2));
}

/** A table with aligned columns; the last column is not padded. */
export function printTable(heads: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => visible(row[column] ?? ''))));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === cells.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - visible(cell)),
      )
      .join('  ')
      .trimEnd();
  print(paint('dim', line(heads)));
  for (const row of rows) print(line(row));
}

/** Columns of the terminal; elsewhere as wide as the text wants. */
export function columns(): number {
  return process.stdout.isTTY ? (process.stdout.columns ?? 80) : Number.POSITIVE_INFINITY;
}

/** Prints a text in one colour or none, broken between words, each line behind an indent. */
export function printWrapped(text: string, indent: number, colour?: Colour): void {
  const width = Math.max(30, columns() - indent);
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && visible(last) + 1 + visible(word) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  for (const line of lines) print(' '.repeat(indent) + (colour === undefined ? line : paint(colour, line)));
}

/** A text that takes no more than one line of so many columns. */
export function clip(text: string, width: number): string {
  const characters = [...text];
  return characters.length <= width ? text : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`;
}

function visible(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** An instant in the reader's own zone, to the second. */
export function localTime(instant: string | null): string {
  if (instant === null) return '';
  const moment = new Date(instant);
  const two = (value: number) => String(value).padStart(2, '0');
  return (
    `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())} ` +
    `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`
  );
}

/** A state in the colour of its meaning. */
export function paintState(state: string): string {
  if (state === 'completed' || state === 'live' || state === 'done') return paint('green', state);
  if (state === 'failed' || state === 'lost') return paint('red', state);
  return paint('yellow', state);
}

/** Counts of a step in words: what there was none of is left out. */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) =>
      name === 'bytes' ? bytesText(count) : `${count} ${count === 1 ? name.replace(/s$/, '') : name}`,
    )
    .join(', ');
}

function bytesText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} bytes`;
  return bytes < 1_000_000 ? `${(bytes / 1_000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
