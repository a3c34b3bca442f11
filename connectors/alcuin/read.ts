import type { RawChunk } from '../../roster/contracts.ts';
import type { GroupRecord, LessonRecord, Place, SourceRecord, UnreadableRecord } from '../../roster/records.ts';
import { lessonKeys, localDate } from '../../roster/sync-key.ts';
import type { Window } from '../../roster/window.ts';
import { answerInvalid } from './errors.ts';
import { type PartOf, partOf } from './lists.ts';
import { type Page, readPage } from './page.ts';
import { People } from './people.ts';
import { clean, readId } from './text.ts';
import { readInstant, readLocalDate } from './times.ts';
import { eventShape, groupShape, type Item, resourceShape, roomType, stateOf } from './wire.ts';

/** A lesson before it has its key, which depends on all the others. */
type Occurrence = Omit<LessonRecord, 'syncKey'>;

/** The records of a snapshot; the same snapshot gives the same records in the same order. Lessons come last. */
export async function* readRecords(chunks: AsyncIterable<RawChunk>, window: Window): AsyncGenerator<SourceRecord> {
  const events = new Events(window.zone);
  for await (const chunk of wholeParts(chunks)) {
    const page = readPage(chunk);
    const part = partOf(page.part);
    if (part.kind === 'groups') yield* readGroups(page, part.directory);
    else yield* events.read(page, part.range);
  }
  yield* events.lessons();
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

type Range = Extract<PartOf, { kind: 'events' }>['range'];

/** The events read so far. */
class Events {
  readonly #zone: string;
  readonly #people = new People();
  readonly #occurrences: Occurrence[] = [];
  /** In which of the two ranges an occurrence was first seen. */
  readonly #rangeOf = new Map<string, Range>();

  constructor(zone: string) {
    this.#zone = zone;
  }

  *read(page: Page, range: Range): Generator<SourceRecord> {
    for (const [index, item] of page.content.entries()) {
      const place = { part: page.part, line: index + 1 };
      const event = eventShape.parse(item);
      const sourceId = readId(event.id);
      const startsAt = readInstant(event.debut, this.#zone);
      if (sourceId === undefined || startsAt === undefined) {
        yield unreadable('lesson', sourceId === undefined ? 'id' : 'debut', place);
      } else if (this.#isFirst(`${sourceId}@${startsAt}`, range)) {
        this.#occurrences.push(this.#occurrence(event, sourceId, startsAt, place));
        yield* this.#people.takeNew();
      }
    }
  }

  *lessons(): Generator<LessonRecord> {
    const keys = lessonKeys(this.#occurrences, this.#zone);
    for (const occurrence of this.#occurrences) {
      yield { ...occurrence, syncKey: keys.get(occurrence) ?? unkeyed(occurrence) };
    }
  }

  /** A server may count the day between two ranges to both. What one range says twice is the source's own doubling. */
  #isFirst(occurrence: string, range: Range): boolean {
    const first = this.#rangeOf.get(occurrence) ?? range;
    this.#rangeOf.set(occurrence, first);
    return first === range;
  }

  #occurrence(event: EventShape, sourceId: string, startsAt: string, place: Place): Occurrence {
    return {
      kind: 'lesson',
      sourceId,
      localDate: localDate(startsAt, this.#zone),
      title: clean(event.nom),
      startsAt,
      endsAt: readInstant(event.fin, this.#zone) ?? '',
      createdOn: readLocalDate(event.dateCreation, this.#zone),
      room: roomsOf(event.ressources),
      state: stateOf(clean(event.etat)),
      instructorKeys: this.#people.keysOf(event.formateurs, place),
      learnerKeys: this.#people.keysOf(event.apprenants, place),
      groupKeys: readableIds(event.groupes).ids,
      place,
    };
  }
}

type EventShape = ReturnType<typeof eventShape.parse>;

function unkeyed(occurrence: Occurrence): never {
  throw answerInvalid('An event of Alcuin has no key.', { ...occurrence.place });
}

function* readGroups(page: Page, directory: string): Generator<GroupRecord | UnreadableRecord> {
  for (const [index, item] of page.content.entries()) {
    yield* readGroup(item, directory, { part: page.part, line: index + 1 });
  }
}

function* readGroup(item: Item, directory: string, place: Place): Generator<GroupRecord | UnreadableRecord> {
  const group = groupShape.parse(item);
  const syncKey = readId(group.id);
  if (syncKey === undefined) return yield unreadable('group', 'id', place);
  const { ids: memberKeys, isWhole } = readableIds(group.apprenants);
  yield {
    kind: 'group',
    syncKey,
    title: clean(group.nom),
    // A group that does not say where it is kept is where it was found.
    directory: readId(group.idAnnuaire) ?? directory,
    memberKeys,
    place,
  };
  if (!isWhole) yield unreadable('person', 'id', place);
}

/** The identifiers of a list of numbers, or of things that have one, each once and in the order of the source. */
function readableIds(list: readonly unknown[]): { ids: string[]; isWhole: boolean } {
  const ids = list.map((item) => readId(hasId(item) ? item.id : item));
  const readable = ids.filter((id) => id !== undefined);
  return { ids: [...new Set(readable)], isWhole: readable.length === ids.length };
}

function hasId(item: unknown): item is { id: unknown } {
  return typeof item === 'object' && item !== null && 'id' in item;
}

/** Names the field as the source does; its content is not repeated. */
function unreadable(of: UnreadableRecord['of'], field: string, place: Place): UnreadableRecord {
  return { kind: 'unreadable', of, field, place };
}

function roomsOf(resources: readonly unknown[]): string {
  const names = resources.flatMap((resource) => {
    const parsed = resourceShape.safeParse(resource);
    const isRoom = parsed.success && clean(parsed.data.type).toUpperCase() === roomType;
    return isRoom ? [clean(parsed.data.nom)] : [];
  });
  return [...new Set(names)].filter((name) => name !== '').join(', ');
}
