import { answerInvalid } from './errors.ts';

interface Shape<T> {
  safeParse(value: unknown): { success: true; data: T } | { success: false };
}

/** The JSON of an answer when it has that shape. */
export function readJson<T>(body: Uint8Array, shape: Shape<T>): T | undefined {
  try {
    const parsed = shape.safeParse(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** The same, or SOURCE_ANSWER_INVALID: a page of the application with status 200 is no empty list. */
export function mustBe<T>(body: Uint8Array, shape: Shape<T>, what: string): T {
  const read = readJson(body, shape);
  if (read === undefined) throw answerInvalid(`Auriga's ${what} is not what it should be.`, { part: what });
  return read;
}
