import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RollcallError } from '../../roster/errors.ts';
import { masterKey, newMasterKey, open, parseMasterKeys, seal } from '../../store/envelope.ts';

const key = randomBytes(32);
const keyMissing = expect.objectContaining({ code: 'KEY_MISSING' });
const anyBytes = fc.uint8Array({ maxLength: 300 });

/** The error a call ends with. */
function errorOf(work: () => unknown): RollcallError {
  try {
    work();
  } catch (error) {
    if (error instanceof RollcallError) return error;
    throw error;
  }
  throw new Error('It did not fail.');
}

describe('sealed bytes', () => {
  it('open again, any bytes under any context', () => {
    fc.assert(
      fc.property(anyBytes, fc.string(), (plain, context) => {
        expect(new Uint8Array(open(key, seal(key, plain, context), context))).toEqual(plain);
      }),
    );
  });

  it('open from a view into a larger buffer', () => {
    const sealed = seal(key, Buffer.from('plain'), 'here');
    const larger = new Uint8Array(sealed.length + 20);
    larger.set(sealed, 7);
    expect(open(key, larger.subarray(7, 7 + sealed.length), 'here').toString()).toBe('plain');
  });

  it('do not open with another key', () => {
    expect(() => open(randomBytes(32), seal(key, Buffer.from('plain'), 'here'), 'here')).toThrow(keyMissing);
  });

  it('do not open in another context', () => {
    fc.assert(
      fc.property(anyBytes, fc.string(), fc.string(), (plain, context, other) => {
        fc.pre(context !== other);
        expect(() => open(key, seal(key, plain, context), other)).toThrow(keyMissing);
      }),
    );
  });

  it('do not open with one bit changed, wherever it is', () => {
    const sealed = seal(key, Buffer.from('plain text'), 'here');
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => open(key, changed, 'here'), `bit ${bit}`).toThrow(keyMissing);
    }
  });

  it('do not open when they were cut short or made longer, also when nothing was in them', () => {
    for (const plain of ['', 'plain text']) {
      const sealed = seal(key, Buffer.from(plain), 'here');
      for (let length = 0; length < sealed.length; length += 1) {
        expect(() => open(key, sealed.subarray(0, length), 'here'), `${plain}: ${length} bytes`).toThrow(keyMissing);
      }
      expect(() => open(key, Buffer.concat([sealed, Buffer.from([0])]), 'here')).toThrow(keyMissing);
    }
  });

  it('never show what is in them, and never look alike twice', () => {
    const first = seal(key, Buffer.from('plain text'), 'here');
    expect(first.includes('plain')).toBe(false);
    expect(first.equals(seal(key, Buffer.from('plain text'), 'here'))).toBe(false);
  });

  it('tell in an error where they belong, and nothing of their content', () => {
    const error = errorOf(() => open(randomBytes(32), seal(key, Buffer.from('plain text'), 'secret:1'), 'secret:1'));
    expect(error.message).toContain('secret:1');
    expect(error.message).not.toContain('plain');
  });
});

describe('master keys', () => {
  it('are read from text, separated by commas or lines; the first one is current', () => {
    const text = `${newMasterKey('k2')}\n${newMasterKey('k1')},${newMasterKey('k0')}\n`;
    const { current, keys } = parseMasterKeys(text);
    expect(current).toBe('k2');
    expect([...keys.keys()]).toEqual(['k2', 'k1', 'k0']);
    expect([...keys.values()].map((bytes) => bytes.length)).toEqual([32, 32, 32]);
  });

  it('come back as they were made, each one different', () => {
    const text = newMasterKey('k1');
    const bytes = masterKey(parseMasterKeys(text), 'k1');
    expect(text).toBe(`k1:${Buffer.from(bytes).toString('base64')}`);
    expect(newMasterKey('k1')).not.toBe(text);
  });

  it.each(['', '  \n', ' , '])('must be there: "%s" holds none', (text) => {
    expect(() => parseMasterKeys(text)).toThrow('No master key is configured.');
  });

  it.each([
    ['is too short', `k1:${randomBytes(31).toString('base64')}`],
    ['is too long', `k1:${randomBytes(33).toString('base64')}`],
    ['is empty', 'k1:'],
    ['is missing', 'k1'],
    ['has a third part', `${newMasterKey('k1')}:x`],
    ['has a name in capitals', newMasterKey('K1')],
    ['has no name', newMasterKey('')],
  ])('are refused when one %s', (_, text) => {
    expect(errorOf(() => parseMasterKeys(text))).toMatchObject({ code: 'KEY_MISSING' });
  });

  it('are refused when two have one name, since one of them would be lost', () => {
    const text = `${newMasterKey('k1')},${newMasterKey('k1')}`;
    expect(() => parseMasterKeys(text)).toThrow('Master key "k1" is given more than once.');
  });

  it('are never quoted in an error, also when the name was forgotten', () => {
    const bare = randomBytes(32).toString('base64');
    const good = newMasterKey('k1');
    for (const text of [bare, `${bare}:k1`, `${good},${bare}`, `K1:${bare}`, `k1:x${bare}`, `${bare}:${bare}`]) {
      expect(errorOf(() => parseMasterKeys(text)).message, text).not.toContain(bare.slice(0, 10));
    }
    expect(() => parseMasterKeys(`${good},${bare}`)).toThrow('Master key number 2 is not "name:base64 of 32 bytes".');
  });

  it('that are not here are named', () => {
    expect(() => masterKey(parseMasterKeys(newMasterKey('k2')), 'k1')).toThrow(
      'Master key "k1" is not configured here.',
    );
  });
});
