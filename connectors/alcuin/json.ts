import type { HttpAnswer } from '../http.ts';
import { decode } from './charset.ts';

/** The JSON of an answer when it has that shape. */
export function readJson<T>(
  answer: Pick<HttpAnswer, 'body' | 'mediaType'>,
  shape: { safeParse(value: unknown): { success: true; data: T } | { success: false } },
): T | undefined {
  try {
    const parsed = shape.safeParse(JSON.parse(decode(answer.body, answer.mediaType)));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
