import type { AttendanceMark } from '../../roster/records.ts';
import { folded } from './text.ts';

/** The id of Auriga's absence reason for the reason of a mark; undefined when nobody said which it is. */
export type ReasonOf = (mark: AttendanceMark) => string | undefined;

/**
 * Looks reasons up in the option `motifs`, by the target's id and then by name. None is guessed: an unknown reason would
 * cost the whole line (assumed).
 */
export function reasonFinder(motifs: Readonly<Record<string, string>> = {}): ReasonOf {
  const ids = new Map(Object.entries(motifs).map(([reason, id]) => [folded(reason), id]));
  return ({ reason = '', reasonName = '' }) => ids.get(folded(reason)) ?? ids.get(folded(reasonName));
}
