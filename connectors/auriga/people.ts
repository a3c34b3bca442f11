import type { PersonRecord, Place, UnreadableRecord } from '../../roster/records.ts';
import { partSeparator } from './auriga-wire.ts';
import { segments } from './cells.ts';
import { clean, readId } from './text.ts';

/** What one segment of a people cell says; without a readable id it names nobody. */
export interface NamedPerson {
  readonly id: string;
  readonly familyName: string;
  readonly givenName: string;
  readonly email: string;
}

/**
 * `id/LASTNAME/Firstname/mail`. First part is the id, last the e-mail, second the last name; a first name may hold the
 * separator. With parts missing the person stays nameable, and the rules say what is missing.
 */
export function readPerson(segment: string): NamedPerson | undefined {
  const parts = segment.split(partSeparator).map(clean);
  const id = readId(parts[0]);
  if (id === undefined) return undefined;
  // Somebody without a first name and an e-mail is never taken for somebody called like an address.
  const hasEmail = parts.length >= 4 || (parts.length > 1 && (parts.at(-1) ?? '').includes('@'));
  const names = parts.slice(1, hasEmail ? -1 : undefined);
  return {
    id,
    familyName: names[0] ?? '',
    givenName: names.slice(1).join(partSeparator),
    email: hasEmail ? (parts.at(-1) ?? '') : '',
  };
}

/** The persons seen so far: they come inside the lines that name them. */
export class People {
  readonly #seen = new Set<string>();
  #fresh: (PersonRecord | UnreadableRecord)[] = [];

  /** The keys of those named in a cell, each once, in the order of the source. */
  keysOf(cell: unknown, column: string, place: Place): string[] {
    const keys = segments(cell).flatMap((segment) => this.#meet(segment, column, place));
    return [...new Set(keys)];
  }

  takeNew(): (PersonRecord | UnreadableRecord)[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  #meet(segment: string, column: string, place: Place): string[] {
    const person = readPerson(segment);
    // Somebody without an identifier cannot be followed from one run to the next: the lesson goes on without them.
    if (person === undefined) {
      this.#remember({ kind: 'unreadable', of: 'person', field: column, place }, `${place.part}:${place.line}`);
      return [];
    }
    const { id: syncKey, familyName, givenName, email } = person;
    this.#remember(
      { kind: 'person', syncKey, givenName, familyName, email, phone: '', directory: '', place },
      JSON.stringify(person),
    );
    return [syncKey];
  }

  /** The same person in another line is nothing new; the same key with other content is, and the rules must see it. */
  #remember(record: PersonRecord | UnreadableRecord, fingerprint: string): void {
    if (this.#seen.has(fingerprint)) return;
    this.#seen.add(fingerprint);
    this.#fresh.push(record);
  }
}
