import type { FaultRule } from '../kit/faults.ts';
import { seeded } from '../kit/seeded.ts';

/** Why one line of a presence list is not taken. */
export interface Rejection {
  readonly code: string;
  readonly message: string;
}

/** Share of the lines that the fault takes when the rule does not say. */
const usualShare = 0.3;

/**
 * The lines, by place, that the fault `reject-lines` refuses although nothing is wrong with them: somebody took the
 * learner off the lesson a moment ago. At least one is refused and, of several, at least one accepted.
 */
export function rejectedLines(
  fault: FaultRule | undefined,
  eventId: number,
  lines: number,
): ReadonlyMap<number, Rejection> {
  if (fault?.fault !== 'reject-lines' || lines === 0) return new Map();
  const rejection = {
    code: 'APPRENANT_NON_INSCRIT',
    message: fault.message ?? "Apprenant retiré de l'évènement entre-temps",
  };
  const chance = seeded((fault.seed ?? 1) + eventId);
  const share = fault.share ?? usualShare;
  const struck = Array.from({ length: lines }, (_, at) => at).filter(() => chance() < share);
  const some = struck.length === 0 ? [0] : struck;
  return new Map((some.length === lines && lines > 1 ? some.slice(1) : some).map((at) => [at, rejection]));
}
