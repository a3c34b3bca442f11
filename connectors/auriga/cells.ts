import { languages, listSeparator } from './auriga-wire.ts';
import { cellText, clean } from './text.ts';

/**
 * A text in several languages: an object, the JSON of one in a string, or a plain string. French wins, then English, then
 * whichever is not empty.
 */
export function readLabel(value: unknown): string {
  const texts = textsByLanguage(value);
  if (texts === undefined) return cellText(value);
  const inOrder = [...languages.map((language) => texts[language]), ...Object.values(texts)];
  return inOrder.map(cellText).find((text) => text !== '') ?? '';
}

function textsByLanguage(value: unknown): Record<string, unknown> | undefined {
  const read = typeof value === 'string' && value.trim().startsWith('{') ? parsed(value) : value;
  const isObject = typeof read === 'object' && read !== null && !Array.isArray(read);
  return isObject ? (read as Record<string, unknown>) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What stands between the pipes of a cell. A single number may come as a number; a list may come as one. */
export function segments(value: unknown): string[] {
  const cells = Array.isArray(value) ? value : [value];
  return cells
    .flatMap((cell) =>
      (typeof cell === 'number' ? String(cell) : typeof cell === 'string' ? cell : '').split(listSeparator),
    )
    .map(clean)
    .filter((segment) => segment !== '');
}
