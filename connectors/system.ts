import { z } from 'zod';
import type { Access, ApiTarget, Source } from '../roster/contracts.ts';

export type SystemRole = 'source' | 'target';

/** An outside system as the rest of the house sees it: what it needs to be set up, and how it is opened. */
export interface System {
  readonly code: string;
  readonly name: string;
  readonly roles: readonly SystemRole[];
  /** What an account of this system is configured with, secrets excepted. */
  readonly accountSettings: z.ZodType<object>;
  readonly secretNames: readonly string[];
  /** Options of a connection that reads from this system. */
  readonly sourceOptions?: z.ZodType<object>;
  /** Options of a connection that writes to this system. */
  readonly targetOptions?: z.ZodType<object>;
  /**
   * Names the outside data set that a connection with these options reads: when it changes, what the connection knows is of
   * another world, and it is in trial again.
   */
  sourceIdentity(settings: unknown, options: unknown): string;
  /** Codes of this system's reasons of absence that the options of a connection name, by the target's reason: id or name. */
  reasonsIn?(options: unknown): Readonly<Record<string, string>>;
  /** Requests a minute for each rate class, until the account says otherwise. */
  readonly defaultRates: Readonly<Record<string, number>>;
  /** Domains from which this system mails people, for a school's mail filter. */
  readonly mailDomains?: readonly string[];
  openSource?(access: Access): Source;
  openTarget?(access: Access): ApiTarget;
}

/** An address a school gives us. A password inside it would end up in logs and error texts. */
export const webAddress = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .refine((text) => !URL.canParse(text) || new URL(text).username + new URL(text).password === '', {
    error: 'must not hold a user name or password; set the secret instead',
  })
  .refine((text) => !URL.canParse(text) || new URL(text).search + new URL(text).hash === '', {
    error: 'must not hold a query or a fragment',
  });

/** The address with one slash at its end, so that relative paths are below it. */
export function baseOf(address: string): URL {
  return new URL(address.endsWith('/') ? address : `${address}/`);
}
