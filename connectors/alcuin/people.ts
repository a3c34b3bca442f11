import type { PersonRecord, Place, UnreadableRecord } from '../../roster/records.ts';
import { clean, readId } from './text.ts';
import { personShape } from './wire.ts';

/** The persons seen so far: they come inside the events that name them. */
export class People {
  readonly #seen = new Set<string>();
  #fresh: (PersonRecord | UnreadableRecord)[] = [];

  /** The keys of those named in a lesson, each once, in the order of the source. */
  keysOf(persons: readonly unknown[], place: Place): string[] {
    const keys = persons.flatMap((person) => this.#meet(person, place));
    return [...new Set(keys)];
  }

  takeNew(): (PersonRecord | UnreadableRecord)[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  #meet(raw: unknown, place: Place): string[] {
    const parsed = personShape.safeParse(raw);
    const syncKey = parsed.success ? readId(parsed.data.id) : undefined;
    // Somebody without an identifier cannot be followed from one run to the next: the lesson goes on without them.
    if (!parsed.success || syncKey === undefined) {
      this.#remember({ kind: 'unreadable', of: 'person', field: 'id', place }, `${place.part}:${place.line}`);
      return [];
    }
    const content = {
      givenName: clean(parsed.data.prenom),
      familyName: clean(parsed.data.nom),
      email: clean(parsed.data.email),
      phone: clean(parsed.data.telephone),
      directory: readId(parsed.data.idAnnuaire) ?? '',
    };
    this.#remember(
      { kind: 'person', syncKey, ...content, place },
      JSON.stringify([syncKey, ...Object.values(content)]),
    );
    return [syncKey];
  }

  /** The same person in another lesson is nothing new; the same key with other content is, and the rules must see it. */
  #remember(record: PersonRecord | UnreadableRecord, fingerprint: string): void {
    if (this.#seen.has(fingerprint)) return;
    this.#seen.add(fingerprint);
    this.#fresh.push(record);
  }
}
