import type { SeenAnswers, SeenField, SeenObject, ValueKind } from './answer-shape.ts';
import type { KnownAnswers } from './contracts.ts';

/** More fields of one read are not noted. */
const mostFields = 500;

/** A longer word is not one of a closed list, and not repeated; nor are more than so many of a field. */
const longestWord = 20;
const mostWords = 5;

/** What is noted of the objects in one place. */
export interface ObjectNotes extends SeenObject {
  items: number;
  readonly fields: Map<string, FieldNotes>;
}

/** What is noted of one field. */
export class FieldNotes implements SeenField {
  named = 0;
  filled = 0;
  readonly kinds = new Map<ValueKind, number>();
  readonly others = new Map<string, number>();
  /** Where what is inside its value belongs. */
  readonly place: string;
  /** The words it may have, in capitals; undefined where any value will do. */
  readonly closedList: readonly string[] | undefined;
  /** The answer that named it last, and what was noted of that one: what a list holds counts once. */
  #item = 0;
  #isFilled = false;
  readonly #has = new Set<string>();

  constructor(place: string, closedList: readonly string[] | undefined) {
    this.place = place;
    this.closedList = closedList;
  }

  /** The answer with this number names it. */
  name(item: number): void {
    if (this.#item === item) return;
    this.#item = item;
    this.named += 1;
    this.#isFilled = false;
    this.#has.clear();
  }

  list(): void {
    this.#count(this.kinds, 'list');
  }

  /** A value that is not empty. */
  value(kind: ValueKind): void {
    this.#count(this.kinds, kind);
    if (this.#isFilled) return;
    this.#isFilled = true;
    this.filled += 1;
  }

  /** A text of a field with a closed list. What does not look like a word of a list is never repeated. */
  word(text: string): void {
    const word = text.trim().toUpperCase();
    if (word === '' || this.closedList === undefined || this.closedList.includes(word)) return;
    const told = word.length <= longestWord && /^[A-Z0-9_-]+$/.test(word) ? word : 'other';
    if (this.others.has(told) || this.others.size < mostWords) this.#count(this.others, told);
  }

  #count<Key extends string>(counts: Map<Key, number>, key: Key): void {
    if (this.#has.has(key)) return;
    this.#has.add(key);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
}

/** What is noted of the answers of one read: bounded, whatever a vendor sends. */
export class AnswerNotes implements SeenAnswers {
  readonly objects = new Map<string, ObjectNotes>();
  cut = false;
  readonly #closedLists: NonNullable<KnownAnswers['closedLists']>;
  #fields = 0;

  constructor(closedLists: KnownAnswers['closedLists'] = {}) {
    this.#closedLists = closedLists;
  }

  objectsAt(place: string): ObjectNotes {
    const found = this.objects.get(place) ?? { items: 0, fields: new Map() };
    this.objects.set(place, found);
    return found;
  }

  /** The field of that name, new or known; undefined where there is no room for it. */
  fieldOf(object: ObjectNotes, place: string, name: string): FieldNotes | undefined {
    const found = object.fields.get(name);
    if (found !== undefined) return found;
    if (this.#fields >= mostFields) {
      this.cut = true;
      return undefined;
    }
    this.#fields += 1;
    const path = `${place}.${name}`;
    const closed = Object.hasOwn(this.#closedLists, path) ? this.#closedLists[path] : undefined;
    const field = new FieldNotes(path, closed);
    object.fields.set(name, field);
    return field;
  }
}
