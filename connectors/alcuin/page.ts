import type { RawChunk } from '../../roster/contracts.ts';
import { decode, UndecodableBody } from './charset.ts';
import { answerInvalid } from './errors.ts';
import { type Item, pageShape } from './wire.ts';

export interface Page {
  readonly part: string;
  /** How many items the source says there are on all pages. */
  readonly total: number;
  readonly content: readonly Item[];
}

/** A raw page as a page of a list, or SOURCE_ANSWER_INVALID: an error page with status 200 is no empty list. */
export function readPage(chunk: RawChunk): Page {
  const parsed = pageShape.safeParse(parseJson(textOf(chunk), chunk.part));
  if (!parsed.success) throw answerInvalid(`Alcuin's ${chunk.part} is not a list.`, { part: chunk.part });
  return { part: chunk.part, ...parsed.data };
}

function textOf(chunk: RawChunk): string {
  try {
    return decode(chunk.body, chunk.mediaType);
  } catch (error) {
    if (!(error instanceof UndecodableBody)) throw error;
    throw answerInvalid(`Alcuin's ${chunk.part} is not written in the charset it declares.`, { part: chunk.part });
  }
}

function parseJson(text: string, part: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own words quote the text, which may name people.
    throw answerInvalid(`Alcuin's ${part} is not readable JSON.`, { part });
  }
}
