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
    .map(([name, count]) => `${count} ${count === 1 ? name.replace(/s$/, '') : name}`)
    .join(', ');
}
