import type { Finding } from './finding-codes.ts';
import type { Role } from './records.ts';

/** A person in one role, as far as sharing an e-mail address is concerned. */
export interface Claimant {
  readonly syncKey: string;
  readonly role: Role;
  readonly email: string;
  /** Whether the connection already has this person at the target in this role. */
  readonly linked: boolean;
}

/** Who may not use an address, and who has it. */
export interface LostClaim {
  readonly syncKey: string;
  readonly role: Role;
  readonly winner: string;
}

/** E-mail addresses are one when they differ in case or blanks only. */
export function emailKey(email: string): string {
  return email.trim().toLowerCase();
}

/**
 * Of several people of one role with one address one keeps it: whoever is linked at the target, else the lowest
 * identifier. Two who are linked already are not separated.
 */
export function decideDoubles(claimants: readonly Claimant[]): LostClaim[] {
  const byAddress = new Map<string, Claimant[]>();
  for (const claimant of claimants) {
    const address = `${claimant.role} ${emailKey(claimant.email)}`;
    byAddress.set(address, [...(byAddress.get(address) ?? []), claimant]);
  }
  return [...byAddress.values()].flatMap((group) => {
    const [winner, ...others] = [...group].sort(byClaim);
    if (winner === undefined) return [];
    return others
      .filter((other) => !other.linked && other.syncKey !== winner.syncKey)
      .map(({ syncKey, role }) => ({ syncKey, role, winner: winner.syncKey }));
  });
}

/** The finding of somebody who may not use an address. */
export function doubleFinding({ syncKey, role, winner }: LostClaim): Finding {
  const code = role === 'instructor' ? 'DUPLICATE_INSTRUCTOR_EMAIL' : 'DUPLICATE_LEARNER_EMAIL';
  return { code, kind: role, syncKey, detail: `The ${role} ${winner} has the same e-mail address and keeps it.` };
}

function byClaim(a: Claimant, b: Claimant): number {
  if (a.linked !== b.linked) return a.linked ? -1 : 1;
  return compareKeys(a.syncKey, b.syncKey);
}

/** Integers by value, then everything else by text: identifiers are integers wherever they were seen. */
function compareKeys(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  const [numericA, numericB] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (numericA !== numericB) return numericA ? -1 : 1;
  if (numericA && x !== y) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}
