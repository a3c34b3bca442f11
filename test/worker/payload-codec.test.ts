import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newMasterKey, parseMasterKeys } from '../../store/envelope.ts';
import { SealingCodec } from '../../worker/payload-codec.ts';

const oldKey = newMasterKey('old');
const newKey = newMasterKey('new');
const codec = new SealingCodec(parseMasterKeys(oldKey));
const keyMissing = expect.objectContaining({ code: 'KEY_MISSING' });

const payloadOf = (value: unknown): Payload => defaultPayloadConverter.toPayload(value);
const jsonOf = (payload: Payload | undefined): unknown =>
  payload === undefined ? undefined : defaultPayloadConverter.fromPayload(payload);
const plain = (payloads: readonly Payload[]) =>
  payloads.map(({ metadata, data }) => ({
    metadata: Object.entries(metadata ?? {}).map(([name, bytes]) => [name, Buffer.from(bytes).toString('hex')]),
    data: Buffer.from(data ?? []).toString('hex'),
  }));

async function sealedOne(value: unknown, by = codec): Promise<Payload> {
  const [sealed] = await by.encode([payloadOf(value)]);
  if (sealed === undefined) throw new Error('The codec lost the payload.');
  return sealed;
}

describe('payloads on their way to Temporal', () => {
  it('come back as they were, each in its place', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 6 }), async (values) => {
        const decoded = await codec.decode(await codec.encode(values.map(payloadOf)));
        expect(plain(decoded)).toEqual(plain(values.map(payloadOf)));
      }),
      { numRuns: 50 },
    );
  });

  it('keep metadata, empty data and bytes that are no text', async () => {
    const payloads: Payload[] = [
      { metadata: { encoding: Buffer.from('binary/null') } },
      {
        metadata: { encoding: Buffer.from('binary/plain'), other: Buffer.from([0, 255]) },
        data: Buffer.from([0, 255]),
      },
      { metadata: {}, data: new Uint8Array() },
    ];
    expect(plain(await codec.decode(await codec.encode(payloads)))).toEqual(plain(payloads));
  });

  it('show nothing but that they are sealed and by which key', async () => {
    const sealed = await sealedOne({ name: 'Protected Identity', unit: 'Protected Identity' });
    expect(Object.keys(sealed.metadata ?? {}).sort()).toEqual(['encoding', 'key-id']);
    expect(Buffer.from(sealed.metadata?.['encoding'] ?? []).toString()).toBe('binary/rollcall-sealed');
    expect(Buffer.from(sealed.metadata?.['key-id'] ?? []).toString()).toBe('old');
    const data = Buffer.from(sealed.data ?? []);
    for (const word of ['Protected', 'name', 'json/plain']) expect(data.includes(word), word).toBe(false);
  });

  it('look different each time, so that equal ones cannot be told', async () => {
    expect(plain([await sealedOne('same')])).not.toEqual(plain([await sealedOne('same')]));
  });
});

describe('payloads that come from Temporal', () => {
  it('are refused when they are not sealed', async () => {
    for (const plainOne of [payloadOf('from a process without the codec'), { data: Buffer.from('no metadata') }]) {
      await expect(codec.decode([plainOne])).rejects.toMatchObject({
        code: 'KEY_MISSING',
        message: 'A Temporal payload was not sealed by Rollcall and is refused.',
      });
    }
  });

  it('are refused when they only say that they are sealed', async () => {
    const { metadata } = await sealedOne('value');
    if (metadata == null) throw new Error('A sealed payload has metadata.');
    await expect(codec.decode([{ metadata }])).rejects.toEqual(keyMissing);
    await expect(codec.decode([{ metadata, data: Buffer.from('plain') }])).rejects.toEqual(keyMissing);
  });

  it('are refused with a bit changed', async () => {
    const sealed = await sealedOne('value');
    const data = Buffer.from(sealed.data ?? []);
    for (const at of [0, 12, 28, data.length - 1]) {
      const changed = Buffer.from(data);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      await expect(codec.decode([{ ...sealed, data: changed }]), `byte ${at}`).rejects.toEqual(keyMissing);
    }
  });

  it('are refused one and all when one of them is not sealed', async () => {
    await expect(codec.decode([await sealedOne('sealed'), payloadOf('plain')])).rejects.toEqual(keyMissing);
  });
});

describe('a rotation of master keys', () => {
  const both = new SealingCodec(parseMasterKeys(`${newKey},${oldKey}`));

  it('seals with the new key and opens what the old one sealed', async () => {
    const before = await sealedOne('before');
    const after = await sealedOne('after', both);
    expect(Buffer.from(after.metadata?.['key-id'] ?? []).toString()).toBe('new');
    expect((await both.decode([before, after])).map(jsonOf)).toEqual(['before', 'after']);
  });

  it('lets the old key be dropped once nothing sealed with it is left', async () => {
    const fresh = new SealingCodec(parseMasterKeys(newKey));
    expect((await fresh.decode([await sealedOne('after', both)])).map(jsonOf)).toEqual(['after']);
    await expect(fresh.decode([await sealedOne('before')])).rejects.toThrow('Master key "old" is not configured here.');
  });

  it('does not take another key of the same name', async () => {
    const stranger = new SealingCodec(parseMasterKeys(newMasterKey('old')));
    await expect(stranger.decode([await sealedOne('value')])).rejects.toEqual(keyMissing);
  });
});
