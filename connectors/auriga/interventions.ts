import { DateTime } from 'luxon';
import type { LessonRecord, Place, SourceRecord, UnreadableRecord } from '../../roster/records.ts';
import { lessonKeys, localDate } from '../../roster/sync-key.ts';
import type { Window } from '../../roster/window.ts';
import { interventionColumns as columns, type InterventionColumn, titleSeparator } from './auriga-wire.ts';
import { readLabel, segments } from './cells.ts';
import type { Row } from './columns.ts';
import { answerInvalid } from './errors.ts';
import type { Page } from './page.ts';
import { People } from './people.ts';
import { refuseIfMostly, rowsOf } from './table.ts';
import { cellText, readId } from './text.ts';
import { readInstant } from './times.ts';

/** One intervention while its lines come together: units and resources make several of one (seen). */
interface Draft {
  readonly sourceId: string;
  readonly startsAt: string;
  endsAt: string;
  description: string;
  readonly activities: Set<string>;
  readonly units: Set<string>;
  readonly rooms: Set<string>;
  readonly instructors: Set<string>;
  readonly learners: Set<string>;
  readonly groups: Set<string>;
  readonly place: Place;
}

/** The lines of the favourite "Interventions" read so far. */
export class Interventions {
  readonly #window: Window;
  readonly #lastDate: string;
  #zone: string;
  #drafts = new Map<string, Draft>();
  #people = new People();
  #persons: SourceRecord[] = [];
  #unreadable: UnreadableRecord[] = [];
  #lines = 0;

  constructor(window: Window, lookAheadDays: number) {
    this.#window = window;
    this.#zone = window.zone;
    const last = DateTime.fromISO(window.toDate, { zone: 'utc' }).plus({ days: lookAheadDays });
    this.#lastDate = last.toFormat('yyyy-MM-dd');
  }

  /** @param zone what the favourite's definition says; else times are those of the school. */
  begin(zone: string | undefined): void {
    this.#zone = zone ?? this.#window.zone;
    if (!DateTime.utc().setZone(this.#zone).isValid) {
      throw answerInvalid("The time zone of Auriga's interventions is none that we know.", { zone: this.#zone });
    }
    this.#drafts = new Map();
    this.#people = new People();
    this.#persons = [];
    this.#unreadable = [];
    this.#lines = 0;
  }

  add(page: Page): void {
    const fits = (row: Row<InterventionColumn>) =>
      readId(row.id) !== undefined && this.#instant(row.start) !== undefined;
    for (const { row, place } of rowsOf(page, columns, fits)) {
      this.#lines += 1;
      this.#take(row, place);
    }
  }

  *records(): Generator<SourceRecord> {
    refuseIfMostly(this.#unreadable, this.#lines);
    yield* this.#persons;
    yield* this.#unreadable;
    const drafts = [...this.#drafts.values()];
    const keys = lessonKeys(drafts, this.#window.zone);
    for (const draft of drafts) yield this.#lesson(draft, keys.get(draft) ?? unkeyed(draft));
  }

  #instant(cell: unknown): string | undefined {
    return readInstant(cell, this.#zone);
  }

  #take(row: Row<InterventionColumn>, place: Place): void {
    const sourceId = readId(row.id);
    const startsAt = this.#instant(row.start);
    if (sourceId === undefined || startsAt === undefined) {
      const { header } = sourceId === undefined ? columns.id : columns.start;
      this.#unreadable.push({ kind: 'unreadable', of: 'lesson', field: header, place });
      return;
    }
    if (!this.#isAsked(startsAt)) return;
    const name = `${sourceId}@${startsAt}`;
    const draft = this.#drafts.get(name) ?? emptyDraft(sourceId, startsAt, place);
    this.#drafts.set(name, draft);
    this.#fill(draft, row, place);
    this.#persons.push(...this.#people.takeNew());
  }

  /** The favourite's own filter may reach further than we do, or show what is over. */
  #isAsked(startsAt: string): boolean {
    const date = localDate(startsAt, this.#window.zone);
    return this.#window.fromDate <= date && date <= this.#lastDate;
  }

  #fill(draft: Draft, row: Row<InterventionColumn>, place: Place): void {
    draft.endsAt ||= this.#instant(row.end) ?? '';
    draft.description ||= readLabel(row.description);
    add(draft.activities, readLabel(row.activity));
    add(draft.units, readLabel(row.unit));
    add(draft.rooms, readLabel(row.roomLabel) || cellText(row.roomCode));
    add(draft.instructors, ...this.#people.keysOf(row.instructors, columns.instructors.header, place));
    add(draft.learners, ...this.#people.keysOf(row.learners, columns.learners.header, place));
    add(draft.groups, ...segments(row.groups).flatMap((segment) => readId(segment) ?? []));
  }

  #lesson(draft: Draft, syncKey: string): LessonRecord {
    return {
      kind: 'lesson',
      syncKey,
      sourceId: draft.sourceId,
      localDate: localDate(draft.startsAt, this.#window.zone),
      title: titleOf(draft),
      startsAt: draft.startsAt,
      endsAt: draft.endsAt,
      createdOn: null,
      room: listed(draft.rooms),
      state: 'active',
      instructorKeys: [...draft.instructors],
      learnerKeys: [...draft.learners],
      groupKeys: [...draft.groups],
      place: draft.place,
    };
  }
}

/** Activity type § unit; one of them alone; else the description; at last the id. */
export function titleOf({
  activities,
  units,
  description,
  sourceId,
}: Pick<Draft, 'activities' | 'units' | 'description' | 'sourceId'>): string {
  const named = [listed(activities), listed(units)].filter((text) => text !== '');
  return named.join(titleSeparator) || description || sourceId;
}

function listed(texts: ReadonlySet<string>): string {
  return [...texts].join(', ');
}

function add(set: Set<string>, ...texts: readonly string[]): void {
  for (const text of texts) if (text !== '') set.add(text);
}

function emptyDraft(sourceId: string, startsAt: string, place: Place): Draft {
  return {
    sourceId,
    startsAt,
    endsAt: '',
    description: '',
    activities: new Set(),
    units: new Set(),
    rooms: new Set(),
    instructors: new Set(),
    learners: new Set(),
    groups: new Set(),
    place,
  };
}

function unkeyed({ place }: Draft): never {
  throw answerInvalid('An intervention of Auriga has no key.', { ...place });
}
