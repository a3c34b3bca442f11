import { hkdfSync } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import { RollcallError } from '../roster/errors.ts';
import { type MasterKeys, masterKey, open, seal } from '../store/envelope.ts';

const encoding = 'binary/rollcall-sealed';
const context = 'temporal-payload';

/**
 * Seals every payload that goes to Temporal: arguments, results, details, failures. Keys are derived from the master
 * keys, the current one seals and all configured ones open. A payload that is not sealed is refused, so that a process
 * without the codec is noticed at once.
 */
export class SealingCodec implements PayloadCodec {
  readonly #master: MasterKeys;
  readonly #keys = new Map<string, Uint8Array>();

  constructor(master: MasterKeys) {
    this.#master = master;
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    const name = this.#master.current;
    return payloads.map((payload) => ({
      metadata: { encoding: Buffer.from(encoding), 'key-id': Buffer.from(name) },
      data: seal(this.#key(name), proto.temporal.api.common.v1.Payload.encode(payload).finish(), context),
    }));
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      const name = text(payload.metadata?.['key-id']);
      if (!isSealed(payload) || !payload.data) {
        throw new RollcallError('KEY_MISSING', 'A Temporal payload was not sealed by Rollcall and is refused.');
      }
      return proto.temporal.api.common.v1.Payload.decode(open(this.#key(name), payload.data, context));
    });
  }

  #key(name: string): Uint8Array {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const derived = new Uint8Array(hkdfSync('sha256', masterKey(this.#master, name), '', 'temporal payloads', 32));
    this.#keys.set(name, derived);
    return derived;
  }
}

/** Whether a payload says that we sealed it. */
export function isSealed(payload: Payload): boolean {
  return text(payload.metadata?.['encoding']) === encoding;
}

function text(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}
