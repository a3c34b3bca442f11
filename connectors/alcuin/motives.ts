import type { AttendanceMark } from '../../roster/records.ts';
import { clean } from './text.ts';

/** The ERP's motive code for the reason of a mark; undefined when nobody said which it is. */
export type MotiveOf = (mark: AttendanceMark) => string | undefined;

/**
 * Looks reasons up in the option `motifs`, by the target's id and then by name. A code that is guessed would cost the
 * whole line: the ERP refuses lines with motives it does not know (assumed).
 */
export function motiveFinder(motifs: Readonly<Record<string, string>> = {}): MotiveOf {
  const codes = new Map(Object.entries(motifs).map(([reason, code]) => [normal(reason), code]));
  return ({ reason = '', reasonName = '' }) => codes.get(normal(reason)) ?? codes.get(normal(reasonName));
}

/** People write the names into a file by hand. */
function normal(reason: string): string {
  return clean(reason).toLowerCase();
}
