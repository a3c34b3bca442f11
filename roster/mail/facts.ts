import type { ChangeKind, Operation } from '../changes.ts';
import type { FindingCode } from '../finding-codes.ts';
import type { HoldReason } from '../safety-filter.ts';
import type { Contact, MailSubjects, MessageKind } from './kinds.ts';

/** What a message tells of, as the store knows it when it is sent. */
export interface Telling {
  readonly kind: MessageKind;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
  readonly organisation: { readonly code: string; readonly name: string; readonly timeZone: string };
  readonly connection: ToldConnection | null;
  readonly run: ToldRun | null;
  /** The open holds of the connection. */
  readonly holds: readonly ToldHold[];
}

export interface ToldConnection {
  readonly connectionId: string;
  readonly code: string;
  readonly name: string;
  readonly mode: 'trial' | 'live';
  readonly source: string;
  readonly target: string;
  readonly contact: Contact;
  readonly mailSubjects: MailSubjects;
}

export interface ToldRun {
  readonly number: number;
  readonly state: string;
  readonly code: string | null;
  readonly failedStep: string | null;
  readonly planOnly: boolean;
  readonly startedAt: string;
  readonly endedAt: string | null;
  /** Empty where the run has not ended. */
  readonly changes: readonly ToldChange[];
  /** Findings by code. */
  readonly findings: Readonly<Record<string, number>>;
  readonly held: number;
  /** How many records the target had of the connection before and after, by kind. */
  readonly before: Readonly<Record<string, number>>;
  readonly after: Readonly<Record<string, number>>;
}

export interface ToldChange {
  readonly kind: ChangeKind;
  readonly operation: Operation;
  readonly state: string;
  readonly count: number;
}

export interface ToldHold {
  readonly number: number;
  readonly kind: ChangeKind;
  readonly operation: Operation;
  readonly reason: HoldReason;
  readonly count: number;
  readonly base: number;
  readonly firstLessonAt: string | null;
}

/** An open finding as it may leave the house in a mail. */
export interface ToldFinding {
  readonly code: FindingCode;
  readonly kind: string;
  readonly syncKey: string;
  readonly label: string;
  readonly detail: string;
  readonly openedAt: string;
}
