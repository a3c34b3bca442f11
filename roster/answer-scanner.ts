import { AnswerNotes, type FieldNotes, type ObjectNotes } from './answer-notes.ts';
import type { SeenAnswers } from './answer-shape.ts';
import type { KnownAnswers, RawChunk } from './contracts.ts';

/**
 * Notes the shape of JSON answers while they pass, byte by byte and chunk by chunk: nothing is kept but names of fields,
 * counts, and words outside the closed lists that a connector names. What is no JSON (XML, CSV) passes unseen; what breaks
 * off or is malformed is looked at as far as that goes, since reading it is the connector's task.
 */
export class AnswerScanner {
  readonly #known: KnownAnswers;
  readonly #notes: AnswerNotes;
  #part: string | undefined;
  #document: JsonDocument | undefined;

  constructor(known: KnownAnswers = {}) {
    this.#known = known;
    this.#notes = new AnswerNotes(known.closedLists);
  }

  /** The next chunk, in the order of the snapshot: those of one part belong together. */
  add({ part, body }: Pick<RawChunk, 'part' | 'body'>): void {
    if (part !== this.#part || this.#document === undefined) {
      this.#part = part;
      this.#document = new JsonDocument(this.#notes, (this.#known.listOf ?? listOf)(part));
    }
    this.#document.read(body);
  }

  seen(): SeenAnswers {
    return this.#notes;
  }
}

/** The list a part belongs to where no connector says it: pages and numbers are left out. */
function listOf(part: string): string {
  return part.replace(/[?#].*$/s, '').replace(/\d+/g, '*');
}

/** An object or list that is open, and what the next value in it belongs to; undefined where nothing is noted. */
interface Frame {
  readonly isObject: boolean;
  /** A list of whole answers. */
  readonly isOfAnswers: boolean;
  readonly object: ObjectNotes | undefined;
  readonly place: string;
  field: FieldNotes | undefined;
}

const code = (character: string) => character.charCodeAt(0);
const quote = code('"');
const backslash = code('\\');
const comma = code(',');
const colon = code(':');
const openBrace = code('{');
const closeBrace = code('}');
const openBracket = code('[');
const closeBracket = code(']');
const isSpace = (byte: number) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isMark = (byte: number) => byte === 0xef || byte === 0xbb || byte === 0xbf;
const isDigit = (byte: number) => byte === code('-') || (byte >= code('0') && byte <= code('9'));

/** What is neither an object nor a list is no answer in JSON. */
const canBegin = (byte: number) => byte === openBrace || byte === openBracket;

/** Deeper objects are not noted. */
const deepest = 12;

/** Of names, and of words of closed lists, so many bytes are looked at. */
const longest = 64;

const mostNames = 1_000;

/** One part on its way through. */
class JsonDocument {
  readonly #notes: AnswerNotes;
  readonly #place: string;
  readonly #stack: Frame[] = [];
  #state: 'start' | 'between' | 'name' | 'text' | 'literal' | 'over' = 'start';
  #expectsName = false;
  #isEscaped = false;
  /** The string at hand: how long it is, and its first bytes where they are needed. */
  #length = 0;
  #isKept = false;
  /** What fields are called, by their names as they stand: the same ones come again and again. */
  readonly #names = new Map<string, string>();
  readonly #bytes = Buffer.alloc(longest);

  constructor(notes: AnswerNotes, place: string) {
    this.#notes = notes;
    this.#place = place;
  }

  read(body: Uint8Array): void {
    for (let index = 0; index < body.length && this.#state !== 'over'; index += 1) {
      if (this.#state === 'text' && !this.#isKept && !this.#isEscaped) {
        const end = endOfText(body, index);
        this.#length += end - index;
        index = end;
      }
      const byte = body[index];
      if (byte === undefined) return;
      if (this.#state === 'text' || this.#state === 'name') this.#inString(byte);
      else if (this.#state === 'literal') this.#inLiteral(byte);
      else if (!isSpace(byte)) this.#between(byte);
    }
  }

  #between(byte: number): void {
    if (this.#state === 'start' && !isMark(byte)) this.#state = canBegin(byte) ? 'between' : 'over';
    if (this.#state !== 'between') return;
    switch (byte) {
      case quote:
        this.#beginString();
        break;
      case colon:
        this.#expectsName = false;
        break;
      case comma:
        this.#expectsName = this.#stack.at(-1)?.isObject ?? false;
        break;
      case openBrace:
        this.#openObject();
        break;
      case openBracket:
        this.#openList();
        break;
      case closeBrace:
      case closeBracket:
        this.#expectsName = false;
        if (this.#stack.pop() === undefined) this.#end();
        break;
      default:
        this.#beginLiteral(byte);
    }
  }

  /** Nothing more is to be looked at in this part. */
  #end(): void {
    this.#state = 'over';
  }

  #openObject(): void {
    const top = this.#stack.at(-1);
    top?.field?.value('object');
    this.#expectsName = true;
    const place = top === undefined || top.isOfAnswers ? this.#place : top.field?.place;
    const object = place === undefined || this.#stack.length >= deepest ? undefined : this.#notes.objectsAt(place);
    if (object !== undefined) object.items += 1;
    this.#stack.push({ isObject: true, isOfAnswers: false, object, place: place ?? '', field: undefined });
  }

  #openList(): void {
    const top = this.#stack.at(-1);
    top?.field?.list();
    this.#expectsName = false;
    const isOfAnswers = top === undefined || top.isOfAnswers;
    this.#stack.push({ isObject: false, isOfAnswers, object: undefined, place: '', field: top?.field });
  }

  #beginString(): void {
    const top = this.#stack.at(-1);
    const isName = this.#expectsName && top?.isObject === true;
    this.#state = isName ? 'name' : 'text';
    this.#isKept = isName ? top?.object !== undefined : top?.field?.closedList !== undefined;
    this.#length = 0;
  }

  #inString(byte: number): void {
    if (byte === quote && !this.#isEscaped) {
      if (this.#state === 'name') this.#endName();
      else this.#endText();
      this.#state = 'between';
      return;
    }
    this.#isEscaped = byte === backslash && !this.#isEscaped;
    if (this.#isKept && this.#length < longest) this.#bytes[this.#length] = byte;
    this.#length += 1;
  }

  #endName(): void {
    const top = this.#stack.at(-1);
    if (top?.object === undefined) return;
    top.field = this.#notes.fieldOf(top.object, top.place, this.#name());
    top.field?.name(top.object.items);
  }

  #name(): string {
    if (this.#length >= longest) return unnamed;
    const written = this.#bytes.toString('latin1', 0, this.#length);
    const known = this.#names.get(written);
    if (known !== undefined) return known;
    const name = nameOf(this.#bytes.toString('utf8', 0, this.#length));
    if (this.#names.size < mostNames) this.#names.set(written, name);
    return name;
  }

  #endText(): void {
    const field = this.#stack.at(-1)?.field;
    if (field === undefined || this.#length === 0) return;
    field.value('text');
    if (this.#isKept) field.word(this.#length < longest ? this.#bytes.toString('latin1', 0, this.#length) : unnamed);
  }

  #beginLiteral(byte: number): void {
    const field = this.#stack.at(-1)?.field;
    this.#state = 'literal';
    if (byte === code('t') || byte === code('f')) field?.value('yes-no');
    else if (isDigit(byte)) field?.value('number');
    else if (byte !== code('n')) this.#end();
  }

  #inLiteral(byte: number): void {
    const isOver = isSpace(byte) || byte === comma || byte === closeBrace || byte === closeBracket;
    if (!isOver) return;
    this.#state = 'between';
    if (!isSpace(byte)) this.#between(byte);
  }
}

/** Most of an answer is text that nobody looks at: where it ends, or something is escaped, or the chunk ends. */
function endOfText(body: Uint8Array, from: number): number {
  let index = from;
  while (index < body.length && body[index] !== quote && body[index] !== backslash) index += 1;
  return index;
}

const unnamed = '*';

/**
 * The name of a field; `*` for what is no name but data: a number, a date, an address, or the name of somebody, as in an
 * object that holds records by their key.
 */
function nameOf(name: string): string {
  return /^[\p{L}_@$][\p{L}\p{N}_.:$-]*$/u.test(name) && !/\d{4}|^__proto__$/.test(name) ? name : unnamed;
}
