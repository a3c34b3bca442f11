import type { PersonContent } from '../../roster/changes.ts';
import type { EdusignPerson, PersonKind } from './wire.ts';

/* Which fields of a person a request carries: what differs, and what every patch must have. */

const fieldNames = { givenName: 'FIRSTNAME', familyName: 'LASTNAME', email: 'EMAIL', phone: 'PHONE' } as const;

export function fieldsOf(person: PersonContent): Record<(typeof fieldNames)[keyof PersonContent], string> {
  return { FIRSTNAME: person.givenName, LASTNAME: person.familyName, EMAIL: person.email, PHONE: person.phone };
}

/** Fields that the source has changed. What it has not may have been changed by hand at Edusign, and stays. */
export function changedFields(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fieldNames).flatMap(([ours, theirs]) => {
      const wanted = after[ours];
      return typeof wanted === 'string' && wanted !== before[ours] ? [[theirs, wanted]] : [];
    }),
  );
}

/** What of it differs from what is held; the case of an e-mail address alone is no difference, but goes with others. */
export function differing(
  wanted: Readonly<Record<string, string>>,
  { firstName, lastName, email, phone }: EdusignPerson,
): Record<string, string> {
  const held: Record<string, string> = { FIRSTNAME: firstName, LASTNAME: lastName, EMAIL: email, PHONE: phone };
  const changed = Object.entries(wanted).filter(([field, value]) => held[field] !== value.trim());
  const matters = changed.some(([field, value]) => field !== 'EMAIL' || !sameEmail(email, value));
  return matters ? Object.fromEntries(changed) : {};
}

/** E-mail addresses are compared without regard to case (assumed of Edusign). */
export function sameEmail(left: string, right: string): boolean {
  return left.trim().toLowerCase() === right.trim().toLowerCase();
}

/** A patch must carry these (documented): as they are held, so that it changes nothing by them. */
export function requiredFields(
  kind: PersonKind,
  { firstName, lastName, email }: EdusignPerson,
): Record<string, string> {
  return { FIRSTNAME: firstName, LASTNAME: lastName, ...(kind === 'instructor' ? { EMAIL: email } : {}) };
}
