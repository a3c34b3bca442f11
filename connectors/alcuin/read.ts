import type { RawChunk } from '../../roster/contracts.ts';
import type { LessonRecord, PersonRecord, Place, SourceRecord } from '../../roster/records.ts';
import { lessonKeys, localDate } from '../../roster/sync-key.ts';
import type { Window } from '../../roster/window.ts';
import { answerInvalid } from './errors.ts';
import { readPage } from './page.ts';
import { clean, readId } from './text.ts';
import { readInstant } from './times.ts';
import { eventShape, personShape, type RawEvent, resourceShape, roomType, stateOf } from './wire.ts';

/** A lesson before it has its key, which depends on all the others. */
type Occurrence = Omit<LessonRecord, 'syncKey'>;

/** The persons and lessons of a snapshot; the same snapshot gives the same records in the same order. */
export async function* readRecords(chunks: AsyncIterable<RawChunk>, window: Window): AsyncGenerator<SourceRecord> {
  const people = new People();
  const occurrences: Occurrence[] = [];
  for await (const chunk of wholeParts(chunks)) {
    const page = readPage(chunk);
    for (const [index, event] of page.content.entries()) {
      occurrences.push(readEvent(event, { part: page.part, line: index + 1 }, window.zone, people));
      yield* people.takeNew();
    }
  }
  const keys = lessonKeys(occurrences, window.zone);
  for (const occurrence of occurrences) yield { ...occurrence, syncKey: keys.get(occurrence) ?? unkeyed(occurrence) };
}

function unkeyed(occurrence: Occurrence): never {
  throw answerInvalid('An event of Alcuin has no key.', { ...occurrence.place });
}

/** Joins what a store cut into pieces. */
async function* wholeParts(chunks: AsyncIterable<RawChunk>): AsyncGenerator<RawChunk> {
  let pieces: RawChunk[] = [];
  for await (const chunk of chunks) {
    if (pieces[0] !== undefined && pieces[0].part !== chunk.part) {
      yield joined(pieces);
      pieces = [];
    }
    pieces.push(chunk);
  }
  if (pieces.length > 0) yield joined(pieces);
}

function joined(pieces: readonly RawChunk[]): RawChunk {
  const [first] = pieces;
  const body = Buffer.concat(pieces.map((piece) => piece.body));
  return { part: first?.part ?? '', mediaType: first?.mediaType ?? '', body };
}

function readEvent(raw: RawEvent, place: Place, zone: string, people: People): Occurrence {
  const parsed = eventShape.safeParse(raw);
  const event = parsed.success ? parsed.data : unreadable('shape', place);
  const startsAt = readInstant(event.debut, zone) ?? unreadable('start', place);
  return {
    kind: 'lesson',
    sourceId: readId(event.id) ?? unreadable('id', place),
    localDate: localDate(startsAt, zone),
    title: clean(event.nom),
    startsAt,
    endsAt: readInstant(event.fin, zone) ?? unreadable('end', place),
    room: roomsOf(event.ressources),
    state: stateOf(clean(event.etat)),
    instructorKeys: people.keysOf(event.formateurs, place),
    learnerKeys: people.keysOf(event.apprenants, place),
    place,
  };
}

/** Names the place and the field, never what stands there. */
function unreadable(field: string, place: Place): never {
  const where = `${place.part}, event ${place.line}`;
  throw answerInvalid(`Alcuin gave an event without a readable ${field} (${where}).`, { ...place, field });
}

function roomsOf(resources: readonly unknown[]): string {
  const names = resources.flatMap((resource) => {
    const parsed = resourceShape.safeParse(resource);
    const isRoom = parsed.success && clean(parsed.data.type).toUpperCase() === roomType;
    return isRoom ? [clean(parsed.data.nom)] : [];
  });
  return [...new Set(names)].filter((name) => name !== '').join(', ');
}

/** The persons seen so far. */
class People {
  readonly #seen = new Set<string>();
  #fresh: PersonRecord[] = [];

  /** The keys of those named in a lesson, each once, in the order of the source. */
  keysOf(persons: readonly unknown[], place: Place): string[] {
    const keys = persons.flatMap((person) => this.#meet(person, place));
    return [...new Set(keys)];
  }

  takeNew(): PersonRecord[] {
    const fresh = this.#fresh;
    this.#fresh = [];
    return fresh;
  }

  #meet(raw: unknown, place: Place): string[] {
    const parsed = personShape.safeParse(raw);
    const syncKey = parsed.success ? readId(parsed.data.id) : undefined;
    // Somebody without an identifier cannot be followed from one run to the next, so the lesson goes on without them.
    if (!parsed.success || syncKey === undefined) return [];
    const content = {
      givenName: clean(parsed.data.prenom),
      familyName: clean(parsed.data.nom),
      email: clean(parsed.data.email),
      phone: clean(parsed.data.telephone),
    };
    this.#remember(
      { kind: 'person', syncKey, ...content, place },
      JSON.stringify([syncKey, ...Object.values(content)]),
    );
    return [syncKey];
  }

  /** The same person in another lesson is nothing new; the same key with other content is, and the rules must see it. */
  #remember(person: PersonRecord, fingerprint: string): void {
    if (this.#seen.has(fingerprint)) return;
    this.#seen.add(fingerprint);
    this.#fresh.push(person);
  }
}
