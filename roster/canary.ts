import type { Operation } from './changes.ts';
import type { HeldObject } from './contracts.ts';
import { emailKey } from './doubles.ts';

/** Plans of more changes than this begin with a canary: so many are applied and read back before the rest. */
export const canary = { from: 100, size: 5 };

/** A change as it was sent, and what it names at the target. */
export interface SentChange {
  readonly operation: Operation;
  readonly after: Readonly<Record<string, unknown>>;
  readonly instructorIds: readonly string[];
}

const compared = ['givenName', 'familyName', 'email', 'title', 'room', 'startsAt', 'endsAt'] as const;

/**
 * What of an applied change is not so when the target is asked for the object again: the name of a field, or that it is
 * not there, or still there. Undefined where all is as sent. Blanks and the case of an e-mail address are not looked at.
 */
export function surpriseOf(change: SentChange, held: HeldObject | undefined): string | undefined {
  const shouldBeThere = change.operation !== 'delete' && change.operation !== 'archive';
  const isThere = held !== undefined && !held.archived;
  if (shouldBeThere !== isThere) return shouldBeThere ? 'it is not there' : 'it is still there';
  if (held === undefined || !shouldBeThere) return undefined;
  const seen: Readonly<Record<string, unknown>> = { ...held.content };
  for (const field of compared) {
    if (field in change.after && field in seen && !alike(field, change.after[field], seen[field])) return field;
  }
  const instructors = change.instructorIds.filter((id) => !held.instructorIds.includes(id));
  return instructors.length > 0 ? 'instructors' : undefined;
}

function alike(field: string, wanted: unknown, seen: unknown): boolean {
  if (typeof wanted !== 'string' || typeof seen !== 'string') return wanted === seen;
  if (field === 'email') return emailKey(wanted) === emailKey(seen);
  if (field === 'startsAt' || field === 'endsAt') return Date.parse(wanted) === Date.parse(seen);
  return plain(wanted) === plain(seen);
}

function plain(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}
