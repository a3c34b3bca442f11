/** A text as people wrote it, fit to be stored and compared: single spaces, no control characters, composed accents. */
export function clean(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value
    .replace(/\p{Cs}/gu, '\uFFFD')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .normalize('NFC');
}

/** A cell that holds one text; numbers are texts too. */
export function cellText(value: unknown): string {
  return clean(typeof value === 'number' ? String(value) : value);
}

/**
 * An identifier: an integer of the product's, as a number or as text. One without a digit is a piece of something else,
 * such as a name with a pipe in it; the signs that separate the parts of our own keys are refused, and so are numbers that
 * JSON cannot carry exactly.
 */
export function readId(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? String(value) : undefined;
  const text = clean(value);
  return /^(?=.*\d)[\p{L}\p{N}_.:-]{1,100}$/u.test(text) ? text : undefined;
}

/** Text without what differs between two hands that mean the same: case, accents, spaces, punctuation. */
export function folded(text: string): string {
  return clean(text)
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}
