import fc from 'fast-check';
import iconv from 'iconv-lite';
import { describe, expect, it } from 'vitest';
import { decode, UndecodableBody } from '../../../connectors/alcuin/charset.ts';

const word = 'Agnès Cœur, 12 €';

describe('the charset of a body', () => {
  it.each([
    ['utf-8, declared', iconv.encode(word, 'utf-8'), 'application/json; charset=utf-8'],
    ['utf-8, declared in quotes and capitals', iconv.encode(word, 'utf-8'), 'application/json;Charset="UTF-8"'],
    ['utf-8, undeclared', iconv.encode(word, 'utf-8'), 'application/json'],
    ['utf-8 with a mark at its start', iconv.encode(word, 'utf-8', { addBOM: true }), ''],
    ['windows-1252, declared', iconv.encode(word, 'windows-1252'), 'application/json; charset=windows-1252'],
    ['windows-1252, declared as latin1', iconv.encode(word, 'windows-1252'), 'text/json; charset=ISO-8859-1'],
    ['windows-1252, undeclared', iconv.encode(word, 'windows-1252'), ''],
    ['windows-1252, declared as nobody knows what', iconv.encode(word, 'windows-1252'), 'text/json; charset=ansi-fr'],
    ['iso-8859-15, declared', iconv.encode(word, 'iso-8859-15'), 'application/json; charset=iso-8859-15'],
  ])('reads %s', (_, body, mediaType) => {
    expect(decode(body, mediaType)).toBe(word);
  });

  it('refuses a body that is not in the UTF-8 it declares', () => {
    const body = iconv.encode(word, 'windows-1252');
    expect(() => decode(body, 'application/json; charset=utf-8')).toThrow(UndecodableBody);
  });

  it('never fails on any bytes that were declared as nothing or as a single-byte charset', () => {
    const mediaTypes = ['', 'application/json', 'a/b; charset=windows-1252', 'a/b; charset=latin1', 'a/b; charset=??'];
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom(...mediaTypes), (body, mediaType) => {
        expect(typeof decode(body, mediaType)).toBe('string');
      }),
    );
  });

  it('gives back any text in UTF-8, declared or not', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, declared) => {
        fc.pre(!text.startsWith('\uFEFF'));
        expect(decode(Buffer.from(text), declared ? 'a/b; charset=utf-8' : '')).toBe(text);
      }),
    );
  });
});
