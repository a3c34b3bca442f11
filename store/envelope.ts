import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { RollcallError } from '../roster/errors.ts';

const nonceBytes = 12;
const tagBytes = 16;

/** Seals bytes with AES-256-GCM, bound to a context: what was sealed for one place does not open in another. */
export function seal(key: Uint8Array, plain: Uint8Array, context: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), body]);
}

/** Opens what {@link seal} made. Throws `KEY_MISSING` when key, context or bytes do not belong together. */
export function open(key: Uint8Array, sealed: Uint8Array, context: string): Buffer {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  try {
    // Without the length Node would take a tag cut down to four bytes.
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes })
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    return Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
  } catch (cause) {
    throw new RollcallError('KEY_MISSING', `Sealed data (${context}) does not open with this key.`, { cause });
  }
}

/** The master keys of an installation, kept outside the database. The current one wraps, the others only unwrap. */
export interface MasterKeys {
  readonly current: string;
  readonly keys: ReadonlyMap<string, Uint8Array>;
}

/**
 * Reads master keys from text: `name:base64` of 32 bytes each, separated by commas or lines. The first one is current.
 */
export function parseMasterKeys(text: string): MasterKeys {
  const keys = new Map<string, Uint8Array>();
  const entries = text.split(/[\s,]+/).filter((part) => part !== '');
  for (const [index, entry] of entries.entries()) {
    const [, name, base64 = ''] = /^([a-z0-9-]{1,40}):([^:]*)$/.exec(entry) ?? [];
    const key = Buffer.from(base64, 'base64');
    if (name === undefined || key.length !== 32) {
      // What stands where a name should may be the key itself: it is never quoted.
      const which = name === undefined ? `number ${index + 1}` : `"${name}"`;
      throw new RollcallError('KEY_MISSING', `Master key ${which} is not "name:base64 of 32 bytes".`);
    }
    if (keys.has(name)) throw new RollcallError('KEY_MISSING', `Master key "${name}" is given more than once.`);
    keys.set(name, key);
  }
  const [current] = keys.keys();
  if (current === undefined) throw new RollcallError('KEY_MISSING', 'No master key is configured.');
  return { current, keys };
}

/** A new master key in the form that {@link parseMasterKeys} reads. */
export function newMasterKey(name: string): string {
  return `${name}:${randomBytes(32).toString('base64')}`;
}

/** A master key by name; the error names the key that is missing, never its bytes. */
export function masterKey(master: MasterKeys, name: string): Uint8Array {
  const key = master.keys.get(name);
  if (key === undefined) throw new RollcallError('KEY_MISSING', `Master key "${name}" is not configured here.`);
  return key;
}
