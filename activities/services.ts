import type { Client } from '@temporalio/client';
import type { MailServer } from '../connectors/mail.ts';
import type { System } from '../connectors/system.ts';
import type { Database } from '../store/database.ts';
import type { MasterKeys } from '../store/envelope.ts';

/** What the worker gives to every step. */
export interface Services {
  readonly db: Database;
  readonly master: MasterKeys;
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly systems: ReadonlyMap<string, System>;
  /** Hosts in our own network that connectors may reach. */
  readonly allowHosts: readonly string[];
  /** The forward proxy for sources that are reached through one. */
  readonly proxy?: string;
  /** The mail server and our address there; without one mails wait. */
  readonly mail?: MailServer;
  /** Where people open Rollcall in a browser: links in mails lead there. */
  readonly publicUrl?: string;
  /** What a sweep that succeeded asks for: whoever watches from outside. */
  readonly heartbeatUrl?: string;
  /** Length of a slice of writing, in milliseconds. */
  readonly sliceMs: number;
}
