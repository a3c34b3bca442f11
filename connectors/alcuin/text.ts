/**
 * A text as people wrote it: the portal's texts are full of non-breaking and double spaces (seen in public client code).
 * Control characters and halves of surrogate pairs cannot be stored as text.
 */
export function clean(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value
    .replace(/\p{Cs}/gu, '\uFFFD')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .normalize('NFC');
}

/**
 * An identifier: an integer (seen in public client code), or a short text. The signs that separate the parts of our own
 * keys are refused, and so are numbers that JSON cannot carry exactly: two records would share one key.
 */
export function readId(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : undefined;
  const text = clean(value);
  return /^(?=.*[\p{L}\p{N}])[^\s@#|\uFFFD]{1,100}$/u.test(text) ? text : undefined;
}
