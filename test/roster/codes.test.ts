import { describe, expect, it } from 'vitest';
import { errorMeanings, isErrorCode } from '../../roster/error-codes.ts';
import { findingMeanings } from '../../roster/finding-codes.ts';

const languages = ['en', 'fr', 'sv'];
const movers = ['operator', 'vendor', 'school', 'nobody'];
const all = { ...errorMeanings, ...findingMeanings };

describe('the closed list of codes', () => {
  it.each(Object.entries(all))('%s says what to do next in every language, and whose move it is', (_, meaning) => {
    expect(Object.keys(meaning.next).sort()).toEqual(languages);
    for (const text of Object.values<string>(meaning.next)) expect(text.trim().length).toBeGreaterThan(10);
    expect(movers).toContain(meaning.mover);
  });

  it.each(Object.entries(all))('%s is told in three languages, not thrice in one', (_, { next }) => {
    expect(new Set(Object.values<string>(next)).size).toBe(3);
  });

  it.each(Object.entries(all))('%s says what happened in every language', (_, { what }) => {
    expect(Object.keys(what).sort()).toEqual(languages);
    expect(new Set(Object.values<string>(what)).size).toBe(3);
    for (const text of Object.values<string>(what)) expect(text).toMatch(/^\p{Lu}.{9,}\.$/u);
  });

  it('names no problem of a system and of a record alike', () => {
    expect(Object.keys(errorMeanings).filter((code) => code in findingMeanings)).toEqual([]);
  });

  it('writes codes as CAPITALS_WITH_UNDERSCORES', () => {
    expect(Object.keys(all).filter((code) => !/^[A-Z]+(_[A-Z]+)*$/.test(code))).toEqual([]);
  });

  it('never retries by itself what a person must mend first', () => {
    for (const code of ['SOURCE_AUTH_REFUSED', 'SOURCE_FORBIDDEN', 'SOURCE_SETTING_WRONG', 'KEY_MISSING'] as const) {
      expect(errorMeanings[code].retry, code).toBe(false);
    }
  });

  it('tells its codes from other words, also from those every object knows', () => {
    expect(isErrorCode('SOURCE_UNREACHABLE')).toBe(true);
    for (const other of ['PERSON_INCOMPLETE', 'toString', '__proto__', '']) expect(isErrorCode(other)).toBe(false);
  });
});
