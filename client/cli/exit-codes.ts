/** What a command's exit status means, for scripts. Documented in the help of `rollcall`. */
export const exitCodes = {
  done: 0,
  /** The words of the command or the configuration are wrong; nothing was done. */
  usage: 2,
  /** Done, but something is held for a person's decision. */
  held: 3,
  /** Refused: another run at work, a connection in trial, a role that may not. */
  refused: 4,
  failed: 5,
} as const;

/** A mistake in what was asked: told in one line, with exit status 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Somebody may not do what was asked: told in one line, with exit status 4. */
export class Refused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Refused';
  }
}
