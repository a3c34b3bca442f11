import type { ErrorCode } from './error-codes.ts';

/** Facts of an error that are safe anywhere: ids, codes, counts, host names. Never a person's data. */
export type ErrorFacts = Readonly<Record<string, string | number>>;

/**
 * A system's problem, with a code of the closed list. The message says what happened, to which system, in words that
 * hold no personal data.
 */
export class RollcallError extends Error {
  readonly code: ErrorCode;
  readonly facts: ErrorFacts;
  /** How long the outside system asked us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { facts?: ErrorFacts; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'RollcallError';
    this.code = code;
    this.facts = options.facts ?? {};
    this.retryAfterMs = options.retryAfterMs;
  }
}
