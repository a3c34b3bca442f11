import type { Access } from '../../../roster/contracts.ts';

/** An access as a step would make it, with a short time-out and our own address allowed. */
export function testAccess(changes: Partial<Access> = {}): Access {
  return {
    settings: {},
    options: {},
    secrets: { password: 'open-sesame-42', apiKey: 'open-sesame-42', clientSecret: 'open-sesame-42' },
    requestTimeoutMs: 2_000,
    allowHosts: ['127.0.0.1'],
    signal: new AbortController().signal,
    pace: async () => {},
    now: () => '2026-11-02T06:00:00.000Z',
    ...changes,
  };
}

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error('It did not fail.');
    },
    (error: unknown) => error,
  );
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export async function* streamOf<T>(...items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
