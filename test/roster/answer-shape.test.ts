import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerScanner } from '../../roster/answer-scanner.ts';
import {
  acceptShape,
  judgeAnswers,
  type KnownShape,
  newsName,
  newsText,
  type SeenAnswers,
} from '../../roster/answer-shape.ts';
import type { KnownAnswers } from '../../roster/contracts.ts';

/** What one read of these answers shows, each part cut into pieces of so many bytes. */
function scan(parts: Record<string, unknown>, known: KnownAnswers = {}, pieceBytes = 7): SeenAnswers {
  const scanner = new AnswerScanner(known);
  for (const [part, answer] of Object.entries(parts)) {
    const body = Buffer.from(typeof answer === 'string' ? answer : JSON.stringify(answer));
    for (let start = 0; start === 0 || start < body.length; start += pieceBytes) {
      scanner.add({ part, body: body.subarray(start, start + pieceBytes) });
    }
  }
  return scanner.seen();
}

/** `field: answers that name it/with a value, kinds` of everything seen. */
function told({ objects }: SeenAnswers): Record<string, string> {
  return Object.fromEntries(
    [...objects].flatMap(([place, { fields }]) =>
      [...fields].map(([name, field]) => [
        `${place}.${name}`,
        `${field.named}/${field.filled} ${[...field.kinds.keys()].sort().join(' ')}`.trim(),
      ]),
    ),
  );
}

describe('what a read notes', () => {
  it('are fields, kinds and counts, through lists and objects', () => {
    const page = {
      total: 2,
      content: [
        { id: 1, title: 'Algèbre "A" \\', open: true, people: [{ name: 'Zoé' }, { name: '' }], tags: ['a', 'b'] },
        { id: 2, title: null, open: false, people: [], tags: [], room: { name: 'B {204]' } },
      ],
    };
    expect(told(scan({ 'events?page=1': page }))).toEqual({
      'events.total': '1/1 number',
      'events.content': '1/1 list object',
      'events.content.id': '2/2 number',
      'events.content.title': '2/1 text',
      'events.content.open': '2/2 yes-no',
      'events.content.people': '2/1 list object',
      'events.content.people.name': '2/1 text',
      'events.content.tags': '2/1 list text',
      'events.content.room': '1/1 object',
      'events.content.room.name': '1/1 text',
    });
  });

  it('is the same however the answers are cut, spaced or begin', () => {
    const value = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(fc.array(fc.record({ a: value, b: value })), fc.integer({ min: 1, max: 9 }), (answers, bytes) => {
        const whole = told(scan({ list: answers }, {}, 1_000_000));
        expect(told(scan({ list: answers }, {}, bytes))).toEqual(whole);
        expect(told(scan({ list: `\u{feff} ${JSON.stringify(answers, null, 3)}` }, {}, bytes))).toEqual(whole);
        if (answers.length > 0) expect(whole['list.a']).toMatch(new RegExp(`^${answers.length}/`));
      }),
    );
  });

  it('adds pages of a list up, and lines of JSON', () => {
    const seen = scan({
      'lists/14/people?page=1': [{ id: 1 }],
      'lists/15/people?page=2': [{ id: 2 }],
      lines: '{"a":1}\n{"a":2}',
    });
    expect(told(seen)).toEqual({ 'lists/*/people.id': '2/2 number', 'lines.a': '2/2 number' });
  });

  it('never keeps what is data: no value, no name that is a key', () => {
    const answer = {
      'zoe.martin@school.example': { mail: 'secret@school.example' },
      '1001': { mail: 'other' },
      'Zoé Martin': 1,
      '2026-11-03': 2,
      u12345: 3,
      ['x'.repeat(80)]: 4,
    };
    const seen = scan({ list: answer });
    expect(told(seen)).toEqual({ 'list.*': '1/1 number object', 'list.*.mail': '2/2 text' });
    expect(JSON.stringify([...seen.objects].map(([place, { fields }]) => [place, [...fields]]))).not.toMatch(
      /secret|Zo/,
    );
  });

  it('passes what is no JSON, and breaks off where JSON does', () => {
    expect(scan({ file: '<a b="{}">1</a>', csv: 'id,name\n1,{"a":1}', nothing: '' }).objects.size).toBe(0);
    expect(told(scan({ list: '{"a":1,"b":[{"c":2},{"c"' }))).toEqual({
      'list.a': '1/1 number',
      'list.b': '1/1 list object',
      'list.b.c': '2/1 number',
    });
    expect(told(scan({ list: '{"a":1}]}{"b":2}' }))).toEqual({ 'list.a': '1/1 number' });
  });

  it('keeps within bounds, and says so', () => {
    const many = Object.fromEntries(Array.from({ length: 700 }, (_, n) => [`f${n}`, n]));
    const seen = scan({ list: many });
    expect(seen.cut).toBe(true);
    expect(Object.keys(told(seen))).toHaveLength(500);
    let deep: unknown = { end: 1 };
    for (let level = 0; level < 200; level += 1) deep = { d: deep };
    expect(scan({ list: deep }).objects.size).toBe(12);
  });

  it('notes words outside a closed list; what may be data is never repeated', () => {
    const known = { closedLists: { 'list.state': ['ACT', 'NON'] } };
    const states = ['ACT', ' act ', 'NON', 'REP', 'rep', 'Zoé is ill', 'x'.repeat(90), '', 'R1', 'R2', 'R3', 'R4'];
    const seen = scan({ list: states.map((state) => ({ state, free: state })) }, known);
    expect([...(seen.objects.get('list')?.fields.get('state')?.others ?? [])]).toEqual([
      ['REP', 2],
      ['other', 2],
      ['R1', 1],
      ['R2', 1],
      ['R3', 1],
    ]);
    expect(seen.objects.get('list')?.fields.get('free')?.others.size).toBe(0);
  });
});

const day = (number: number) => new Date(Date.UTC(2026, 10, number)).toISOString();

/** A source that is read day after day. */
class Reads {
  known: KnownShape = {};
  readonly #answers: KnownAnswers;

  constructor(answers: KnownAnswers = {}) {
    this.#answers = answers;
  }

  /** So many items of one sort; gives the names of what is news. */
  read(at: number, item: object | undefined, count = 12): string[] {
    return this.#read(at, item === undefined ? [] : Array.from({ length: count }, () => item));
  }

  /** Ten times each of these items. */
  mixed(at: number, ...items: object[]): string[] {
    return this.#read(at, Array.from({ length: 10 }, () => items).flat());
  }

  #read(at: number, list: readonly object[]): string[] {
    const seen = scan({ list }, this.#answers, 1_000);
    const { known, news } = judgeAnswers(this.known, seen, { at: day(at), optional: this.#answers.optional ?? [] });
    // As the store gives it back.
    this.known = JSON.parse(JSON.stringify(known)) as KnownShape;
    for (const one of news) expect(newsText(one)).toMatch(/^[A-Z].*\.$/);
    return news.map(newsName);
  }
}

describe('what is news', () => {
  it('is nothing on the first read, nor when all is as before', () => {
    const reads = new Reads();
    expect(reads.read(1, { id: 1, name: 'a' })).toEqual([]);
    expect(reads.read(2, { id: 2, name: 'b' })).toEqual([]);
  });

  it('is a new field, for seven days', () => {
    const reads = new Reads();
    reads.read(1, { id: 1 });
    expect(reads.read(2, { id: 1, floor: 3 })).toEqual(['list.floor: new']);
    expect(reads.read(8, { id: 1, floor: 3 })).toEqual(['list.floor: new']);
    expect(reads.read(9, { id: 1, floor: 3 })).toEqual([]);
  });

  it('is a field that every item had and none has, until it is back', () => {
    const reads = new Reads();
    reads.read(1, { id: 1, name: 'a' });
    expect(reads.read(2, { id: 1 })).toEqual(['list.name: gone']);
    expect(reads.read(40, { id: 1 })).toEqual(['list.name: gone']);
    expect(reads.read(41, undefined)).toEqual(['list.name: gone']);
    expect(reads.read(42, { id: 1, name: 'a' })).toEqual([]);
  });

  it('is a field that always had a value and is empty now', () => {
    for (const empty of [null, '', []]) {
      const reads = new Reads();
      reads.read(1, { id: 1, name: 'a' });
      expect(reads.read(2, { id: 1, name: empty })).toEqual(['list.name: empty']);
      expect(reads.read(3, { id: 1 })).toEqual(['list.name: gone']);
    }
  });

  it('is another kind of value, for seven days', () => {
    const reads = new Reads();
    reads.read(1, { id: 1, room: 'A' });
    expect(reads.read(2, { id: '1', room: 'A' })).toEqual(['list.id: text']);
    expect(reads.read(3, { id: 1, room: ['A'] })).toEqual(['list.id: text', 'list.room: list']);
    expect(reads.read(11, { id: '1', room: ['A'] })).toEqual([]);
  });

  it('is not what comes alone that was a list, nor the first value of what was always empty', () => {
    const reads = new Reads();
    reads.read(1, { people: [{ id: 1 }], tags: [], note: null });
    expect(reads.read(2, { people: { id: 1 }, tags: ['a'], note: 'b' })).toEqual([]);
    expect(reads.read(3, { people: [{ id: 1 }], tags: [1], note: 'b' })).toEqual(['list.tags: number']);
  });

  it('is not a field that only some had', () => {
    const reads = new Reads();
    reads.mixed(1, { id: 1, phone: '1' }, { id: 1 });
    expect(reads.read(2, { id: 1 })).toEqual([]);
  });

  it('is a field that nearly all had, one in ten left out', () => {
    const reads = new Reads();
    reads.read(1, { id: 1, people: [1] }, 18);
    reads.mixed(2, ...Array.from({ length: 9 }, () => ({ id: 1, people: [1] })), { id: 1, people: [] });
    expect(reads.read(3, { id: 1, people: [] })).toEqual(['list.people: empty']);
    const others = new Reads();
    others.mixed(1, ...Array.from({ length: 8 }, () => ({ id: 1, people: [1] })), { id: 1, people: [] });
    expect(others.read(2, { id: 1, people: [] })).toEqual([]);
  });

  it('is not what is inside something never seen before', () => {
    const reads = new Reads();
    reads.read(1, { id: 1, rooms: [] });
    expect(reads.read(2, { id: 1, rooms: [{ name: 'A', floor: 1 }] })).toEqual([]);
    expect(reads.read(3, { id: 1, rooms: [{ name: 'A', floor: 1, seats: 20 }] })).toEqual(['list.rooms.seats: new']);
  });

  it('is nothing where there are too few items to say so', () => {
    const reads = new Reads();
    reads.read(1, { id: 1, name: 'a' }, 4);
    expect(reads.read(2, { id: '1', floor: 1 }, 4)).toEqual([]);
    const large = new Reads();
    large.read(1, { id: 1, name: 'a' });
    expect(large.read(2, { id: 1 }, 9)).toEqual([]);
    expect(large.read(3, { id: 1 }, 10)).toEqual(['list.name: gone']);
    expect(large.read(4, { id: 1 }, 2)).toEqual(['list.name: gone']);
  });

  it('leaves out what a connector knows to come and go, but not that it went for good', () => {
    const reads = new Reads({ optional: ['list.made'] });
    reads.read(1, { id: 1 });
    expect(reads.read(2, { id: 1, made: 'x' })).toEqual([]);
    expect(reads.read(3, { id: 1 })).toEqual(['list.made: gone']);
  });

  it('is an unknown word from the first read on, as long as it comes', () => {
    const reads = new Reads({ closedLists: { 'list.state': ['ACT'] } });
    expect(reads.read(1, { state: 'REP' }, 1)).toEqual(['list.state: REP']);
    expect(reads.read(20, { state: 'REP' }, 1)).toEqual(['list.state: REP']);
    expect(reads.read(21, { state: 'ACT' }, 1)).toEqual([]);
    expect(reads.read(22, { state: 'REP' }, 1)).toEqual(['list.state: REP']);
  });

  it('ends when a person takes it as usual, and what comes after is news again', () => {
    const reads = new Reads({ closedLists: { 'list.state': ['ACT'] } });
    reads.read(1, { id: 1, name: 'a', state: 'ACT' });
    const changed = { id: '1', floor: 3, state: 'REP' };
    expect(reads.read(2, changed)).toEqual(['list.id: text', 'list.name: gone', 'list.state: REP', 'list.floor: new']);
    reads.known = acceptShape(reads.known);
    expect(reads.read(3, changed)).toEqual([]);
    expect(reads.read(4, { ...changed, name: 'a' })).toEqual([]);
    expect(reads.read(5, { ...changed, floor: true, state: 'XYZ' })).toEqual(['list.state: XYZ', 'list.floor: yes-no']);
  });

  it('is not told of what was cut off', () => {
    const many = Object.fromEntries(Array.from({ length: 490 }, (_, n) => [`a${n}`, n]));
    const reads = new Reads();
    reads.read(1, { ...many, last: 1 });
    const more = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`b${n}`, n]));
    const news = reads.read(2, { ...many, ...more, last: 1 });
    expect(news.filter((name) => name.endsWith('gone'))).toEqual([]);
    expect(news.length).toBeGreaterThan(5);
  });

  it('is never more than is kept, whatever names a vendor makes up', () => {
    const reads = new Reads();
    for (let round = 0; round < 9; round += 1) {
      reads.read(round, Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`f${round}x${n}`, n])));
    }
    expect(Object.keys(reads.known['list']?.fields ?? {})).toHaveLength(1_000);
  });

  it('does not stumble over names that every object has', () => {
    const reads = new Reads();
    reads.read(1, { id: 1 });
    const odd = JSON.parse('{"id":1,"constructor":1,"toString":2,"__proto__":3}') as object;
    expect(reads.read(2, odd).sort()).toContain('list.constructor: new');
  });
});
