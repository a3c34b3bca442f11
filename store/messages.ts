import { randomUUID } from 'node:crypto';
import type { Transaction } from './database.ts';

/** What people are told of: something is held, decided, or failed and needs somebody. */
export const messageKinds = ['held', 'decided', 'approval-expired', 'failed'] as const;
export type MessageKind = (typeof messageKinds)[number];

/** Something to be told, in counts, codes and names of connections; never of people. */
export interface NewMessage {
  readonly organisationId: string;
  readonly connectionId: string;
  readonly kind: MessageKind;
  /** The same thing is told once. */
  readonly onceKey: string;
  readonly runId?: string;
  readonly holdId?: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** Puts a message into the outbox, unless the same thing was told before. */
export async function tell(tx: Transaction, message: NewMessage): Promise<boolean> {
  const told = await tx.execute(
    `insert into message (message_id, organisation_id, connection_id, run_id, hold_id, kind, once_key, detail)
     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (organisation_id, once_key) do nothing`,
    [
      randomUUID(),
      message.organisationId,
      message.connectionId,
      message.runId ?? null,
      message.holdId ?? null,
      message.kind,
      message.onceKey,
      message.detail,
    ],
  );
  return told > 0;
}

/** A message as people see it. */
export interface Message {
  readonly kind: MessageKind;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly createdAt: string;
}

/** The newest messages of a connection. */
export function listMessages(tx: Transaction, connectionId: string, limit: number): Promise<Message[]> {
  return tx.query<Message>(
    `select kind, detail, created_at as "createdAt" from message where connection_id = $1
      order by created_at desc limit $2`,
    [connectionId, limit],
  );
}
