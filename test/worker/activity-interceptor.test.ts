import type { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { RollcallError } from '../../roster/errors.ts';
import { StepInterceptor } from '../../worker/activity-interceptor.ts';

const secret = 'Protected Identity';

/** Runs a step in the interceptor, as a worker does; gives its end and everything it logged. */
async function run(step: () => Promise<unknown>): Promise<{ result: unknown; error: unknown; log: string }> {
  const lines: string[] = [];
  const log = pino({ level: 'trace' }, { write: (line: string) => void lines.push(line) });
  const environment = new MockActivityEnvironment(
    { activityType: 'fetch', attempt: 2 },
    {
      interceptors: [(context: Context) => ({ inbound: new StepInterceptor(context, log) })],
      // The SDK's own lines, which a worker sends to its log without what they say of errors.
      logger: new DefaultLogger('ERROR', () => {}),
    },
  );
  const [ended] = await Promise.allSettled([environment.run(step)]);
  return {
    result: ended.status === 'fulfilled' ? ended.value : undefined,
    error: ended.status === 'rejected' ? ended.reason : undefined,
    log: lines.join(''),
  };
}

const failing = (error: unknown) => run(() => Promise.reject(error));

describe('a step in a worker', () => {
  it('gives its result and logs that it is done, and no more than ids', async () => {
    const { result, error, log } = await run(async () => ({ records: 3, name: secret }));
    expect({ result, error }).toEqual({ result: { records: 3, name: secret }, error: undefined });
    expect(JSON.parse(log)).toMatchObject({ msg: 'step done', step: 'fetch', attempt: 2 });
    expect(log).not.toContain(secret);
  });

  it('fails with the code of our error, and may be retried where the code says so', async () => {
    const { error } = await failing(new RollcallError('SOURCE_UNREACHABLE', 'No answer.'));
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect(error).toMatchObject({ type: 'SOURCE_UNREACHABLE', message: 'No answer.', nonRetryable: false });
  });

  it('is not retried where the code says that a person must act first', async () => {
    const { error } = await failing(new RollcallError('SOURCE_AUTH_REFUSED', 'Wrong password.'));
    expect(error).toMatchObject({ type: 'SOURCE_AUTH_REFUSED', nonRetryable: true });
  });

  it('is retried after the time the outside system asked for', async () => {
    const { error } = await failing(new RollcallError('SOURCE_RATE_LIMITED', 'Slow down.', { retryAfterMs: 7_000 }));
    expect(error).toMatchObject({ type: 'SOURCE_RATE_LIMITED', nextRetryDelay: 7_000 });
  });

  it('fails as INTERNAL for what nobody foresaw', async () => {
    for (const fault of [new TypeError('x is undefined'), 'a string', undefined]) {
      expect((await failing(fault)).error).toMatchObject({ type: 'INTERNAL', nonRetryable: false });
    }
  });

  it('logs codes, facts and places of a failure, never what it says', async () => {
    const known = await failing(
      new RollcallError('SOURCE_ANSWER_INVALID', `${secret} is no number`, { facts: { page: 3 } }),
    );
    expect(JSON.parse(known.log)).toMatchObject({ code: 'SOURCE_ANSWER_INVALID', facts: { page: 3 } });
    const unknown = await failing(
      Object.assign(new Error(`duplicate key (${secret})\nof ${secret}`), { code: '23505' }),
    );
    expect(unknown.log).toContain('Error 23505');
    expect(unknown.log).toContain('activity-interceptor.test');
    for (const { log } of [known, unknown]) expect(log).not.toContain(secret);
  });
});
