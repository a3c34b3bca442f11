/*
 * What shape a vendor's answers have, and whether it changed: which fields, of which kinds of value. Never the values.
 */

/** Kinds of a value. A list has also the kinds of what is in it: one that comes alone, without brackets, is no news. */
export const valueKinds = ['text', 'number', 'yes-no', 'object', 'list'] as const;
export type ValueKind = (typeof valueKinds)[number];

/** What one read saw of a field. */
export interface SeenField {
  /** Answers that name it, and those in which it is neither null nor empty. */
  readonly named: number;
  readonly filled: number;
  /** In how many answers it had which kind of value. */
  readonly kinds: ReadonlyMap<ValueKind, number>;
  /** Of a field with a closed list: words outside it, and in how many answers. */
  readonly others: ReadonlyMap<string, number>;
}

/** What one read saw of the objects in one place of the answers. */
export interface SeenObject {
  readonly items: number;
  readonly fields: ReadonlyMap<string, SeenField>;
}

/** What one read saw, by place: `evenements.contenu.apprenants` are the learners inside the items of a page of events. */
export interface SeenAnswers {
  readonly objects: ReadonlyMap<string, SeenObject>;
  /** There were more fields than are noted: what was not seen may be there all the same. */
  readonly cut: boolean;
}

/** When something came, as an ISO instant; null where it was learned, or a person took it as usual. */
export type Since = string | null;

/** What is known of a field. */
export interface KnownField {
  readonly since: Since;
  /** Answers that were looked at while the field was known, counted up to {@link enough}. */
  readonly items: number;
  /** What nearly all of them had: a value, at least the name, or neither. */
  readonly usual: 'filled' | 'named' | 'no';
  readonly kinds: Readonly<Partial<Record<ValueKind, Since>>>;
  readonly others: Readonly<Record<string, Since>>;
  /** Since when no answer has it any more; null while it is there. */
  readonly missingSince: Since;
}

export interface KnownObject {
  /** Counted up to {@link enough}. */
  readonly items: number;
  readonly fields: Readonly<Record<string, KnownField>>;
}

/** What is known of the answers of one source, by place. */
export type KnownShape = Readonly<Record<string, KnownObject>>;

/** One way in which answers differ from what is known. */
export interface ShapeNews {
  readonly field: string;
  /** `value`: a word outside a closed list. */
  readonly what: 'gone' | 'empty' | 'new' | 'kind' | 'value';
  /** The new kind of value, or the word; else empty. */
  readonly of: string;
  /** In how many answers of this read. */
  readonly answers: number;
  readonly since: string;
}

/** So many answers make a rule: fewer are too few to call a field new, or gone. */
export const enough = 10;

/** So long something that came is news. */
export const newsDays = 7;

/** More than so many fields of one source are not kept. */
const mostKept = 1_000;

/**
 * What is known after a read, and what is news in it. Something first seen where too little is known is learned without a
 * word; a read that says nothing of a field leaves what is known of it.
 */
export function judgeAnswers(
  known: KnownShape,
  seen: SeenAnswers,
  { at, optional = [] }: { at: string; optional?: readonly string[] },
): { known: KnownShape; news: ShapeNews[] } {
  const after: Record<string, KnownObject> = { ...known };
  let kept = Object.values(known).reduce((sum, { fields }) => sum + Object.keys(fields).length, 0);
  for (const [place, object] of seen.objects) {
    const before = ownOf(known, place) ?? { items: 0, fields: {} };
    const isLearned = before.items >= enough;
    const fields: Record<string, KnownField> = { ...before.fields };
    for (const [name, field] of object.fields) {
      const old = ownOf(before.fields, name);
      if (old === undefined && kept >= mostKept) continue;
      if (old === undefined) kept += 1;
      const came = isLearned && !optional.includes(`${place}.${name}`) ? at : null;
      fields[name] =
        old === undefined ? firstSeen(field, object.items, came, at) : seenAgain(old, field, object.items, at);
    }
    for (const [name, field] of Object.entries(before.fields)) {
      if (!object.fields.has(name) && !seen.cut) fields[name] = notSeen(field, object.items, at);
    }
    after[place] = { items: Math.min(enough, before.items + object.items), fields };
  }
  return { known: after, news: newsOf(after, seen, at) };
}

/** What a person took note of is as usual from now on: what came belongs to it, what is gone is not waited for. */
export function acceptShape(known: KnownShape): KnownShape {
  const learned = (of: Readonly<Record<string, Since>>) => allSince(Object.keys(of), null);
  const accepted = (field: KnownField): KnownField => ({
    ...field,
    since: null,
    usual: field.missingSince === null ? field.usual : 'no',
    kinds: learned(field.kinds),
    others: learned(field.others),
    missingSince: null,
  });
  return Object.fromEntries(
    Object.entries(known).map(([place, { items, fields }]) => [
      place,
      { items, fields: Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, accepted(field)])) },
    ]),
  );
}

function firstSeen(field: SeenField, items: number, since: Since, at: string): KnownField {
  return {
    since,
    items: Math.min(enough, items),
    usual: usualIn(field, items),
    kinds: allSince([...field.kinds.keys()], null),
    others: allSince([...field.others.keys()], at),
    missingSince: null,
  };
}

function seenAgain(old: KnownField, field: SeenField, items: number, at: string): KnownField {
  const isEmptied = old.usual === 'filled' && field.filled === 0 && old.items >= enough;
  if (isEmptied) return items < enough ? old : { ...old, missingSince: old.missingSince ?? at };
  const fresh = [...field.kinds.keys()].filter((kind) => !Object.hasOwn(old.kinds, kind));
  // Of what was always empty the first value teaches what it is; so does the first thing in a list.
  const isNews = Object.keys(old.kinds).some((kind) => kind !== 'list') && old.items >= enough;
  // A few answers say little of what is usual.
  const isFew = items < enough && old.items >= enough;
  const others = [...field.others.keys()].filter((word) => !Object.hasOwn(old.others, word));
  return {
    ...old,
    items: Math.min(enough, old.items + items),
    usual: isFew ? old.usual : least(old.usual, usualIn(field, items)),
    kinds: { ...old.kinds, ...allSince(fresh, isNews ? at : null) },
    others: { ...old.others, ...allSince(others, at) },
    missingSince: null,
  };
}

function notSeen(old: KnownField, items: number, at: string): KnownField {
  if (old.usual === 'no') return old;
  if (old.items < enough) return { ...old, usual: 'no' };
  return items < enough ? old : { ...old, missingSince: old.missingSince ?? at };
}

/** Nearly all is nine of ten: there is always one lesson without a teacher. */
function usualIn({ named, filled }: SeenField, items: number): KnownField['usual'] {
  if (filled * 10 >= items * 9) return 'filled';
  return named * 10 >= items * 9 ? 'named' : 'no';
}

function least(one: KnownField['usual'], other: KnownField['usual']): KnownField['usual'] {
  return (['no', 'named', 'filled'] as const).find((each) => each === one || each === other) ?? 'no';
}

function allSince(keys: readonly string[], since: Since): Record<string, Since> {
  return Object.fromEntries(keys.map((key) => [key, since]));
}

/** A name of the vendor's may be one that every object of ours has. */
function ownOf<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function newsOf(known: KnownShape, seen: SeenAnswers, at: string): ShapeNews[] {
  const isFresh = (since: Since | undefined): since is string =>
    typeof since === 'string' && Date.parse(at) - Date.parse(since) < newsDays * 86_400_000;
  const news: ShapeNews[] = [];
  for (const [place, { fields }] of Object.entries(known)) {
    const object = seen.objects.get(place);
    for (const [name, field] of Object.entries(fields)) {
      const now = object?.fields.get(name);
      const add = (what: ShapeNews['what'], of: string, answers: number, since: string) =>
        news.push({ field: `${place}.${name}`, what, of, answers, since });
      if (field.missingSince !== null) {
        add((now?.named ?? 0) > 0 ? 'empty' : 'gone', '', object?.items ?? 0, field.missingSince);
      }
      if (isFresh(field.since)) add('new', '', now?.named ?? 0, field.since);
      for (const kind of valueKinds) {
        const since = field.kinds[kind];
        if (isFresh(since)) add('kind', kind, now?.kinds.get(kind) ?? 0, since);
      }
      // A word outside a closed list is understood by nobody as long as it comes.
      for (const [word, answers] of now?.others ?? []) {
        const since = ownOf(field.others, word);
        if (typeof since === 'string') add('value', word, answers, since);
      }
    }
  }
  return news;
}

/** What people call a piece of news: field and what is with it. Names its finding. */
export function newsName({ field, what, of }: Pick<ShapeNews, 'field' | 'what' | 'of'>): string {
  return `${field}: ${of === '' ? what : of}`;
}

/** A piece of news in a sentence. */
export function newsText({ what, of, answers }: ShapeNews): string {
  const count = `${answers} ${answers === 1 ? 'answer' : 'answers'}`;
  switch (what) {
    case 'gone':
      return `Nearly every answer had this field; of ${count} none has it.`;
    case 'empty':
      return `Nearly every answer had a value in this field; of ${count} none has one.`;
    case 'new':
      return `This field was never seen before; ${count} of the last read had it.`;
    case 'kind':
      return `The value was never of the kind "${of}" before; in ${count} of the last read it was.`;
    case 'value':
      return `Rollcall does not know the word "${of}" here; ${count} of the last read had it.`;
  }
}
