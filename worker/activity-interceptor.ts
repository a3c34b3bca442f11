import { activityInfo, type Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import type { Logger } from 'pino';
import { errorMeanings } from '../roster/error-codes.ts';
import { RollcallError } from '../roster/errors.ts';

// A fifth of the heartbeat time-out of workflows/steps.ts.
const heartbeatEveryMs = 2_000;

/** Hears of each attempt that ended, for metrics. */
export type StepEnded = (
  step: string,
  outcome: 'done' | 'failed' | 'cancelled',
  seconds: number,
  code?: string,
) => void;

/**
 * Around every activity: a heartbeat that proves life and brings cancellation, and the one place where our errors become
 * Temporal failures with a code. Log lines hold ids, codes and counts, never what an error says.
 */
export class StepInterceptor implements ActivityInboundCallsInterceptor {
  readonly #context: Context;
  readonly #log: Logger;
  readonly #ended: StepEnded;

  constructor(context: Context, log: Logger, ended: StepEnded = () => {}) {
    this.#context = context;
    this.#log = log;
    this.#ended = ended;
  }

  async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>): Promise<unknown> {
    const { activityType, attempt, workflowExecution } = activityInfo();
    const log = this.#log.child({ step: activityType, attempt, workflow: workflowExecution?.workflowId });
    const startedAt = performance.now();
    const ended = (outcome: 'done' | 'failed' | 'cancelled', code?: string) =>
      this.#ended(activityType, outcome, (performance.now() - startedAt) / 1_000, code);
    const heart = setInterval(() => this.#context.heartbeat(), heartbeatEveryMs);
    try {
      const result = await next(input);
      log.info('step done');
      ended('done');
      return result;
    } catch (error) {
      const { cancellationSignal } = this.#context;
      if (cancellationSignal.aborted) {
        log.warn('step cancelled');
        ended('cancelled');
        throw cancellationSignal.reason;
      }
      const failure = asFailure(error);
      ended('failed', failure.type ?? 'INTERNAL');
      log.warn({ code: failure.type, facts: error instanceof RollcallError ? error.facts : {} }, 'step failed');
      if (failure.type === 'INTERNAL') log.error({ stack: placesOf(error) }, 'a fault of ours');
      throw failure;
    } finally {
      clearInterval(heart);
    }
  }
}

function asFailure(error: unknown): ApplicationFailure {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof RollcallError) {
    return ApplicationFailure.create({
      type: error.code,
      message: error.message,
      nonRetryable: !errorMeanings[error.code].retry,
      ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
      cause: error,
    });
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  return ApplicationFailure.create({ type: 'INTERNAL', message: cause.message, nonRetryable: false, cause });
}

// The message of an unknown error may quote data; its class and the places it passed through do not.
function placesOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const places = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const code = 'code' in error && typeof error.code === 'string' ? ` ${error.code}` : '';
  return `${error.name}${code}\n${places.join('\n')}`;
}
