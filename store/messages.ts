import { randomUUID } from 'node:crypto';
import { cannotWait, type MessageKind, subscriptionOf } from '../roster/mail/kinds.ts';
import type { Transaction } from './database.ts';
import { named } from './named.ts';

export { type MessageKind, messageKinds } from '../roster/mail/kinds.ts';

/** Something to be told, in counts, codes and names of connections; never of people. */
export interface NewMessage {
  readonly organisationId: string;
  /** Null: it concerns the organisation as a whole, and its subscribers of every connection. */
  readonly connectionId: string | null;
  readonly kind: MessageKind;
  /** The same thing is told once. */
  readonly onceKey: string;
  readonly runId?: string;
  readonly holdId?: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/**
 * Puts a message into the outbox, with a delivery for everyone who wants to be told of it now; nothing when the same thing
 * was told before. Who subscribes later is not told of it.
 */
export async function tell(tx: Transaction, message: NewMessage): Promise<boolean> {
  const { told } = await tx.one<{ told: boolean }>(
    ...named(tellQuery, {
      messageId: randomUUID(),
      organisationId: message.organisationId,
      connectionId: message.connectionId,
      runId: message.runId ?? null,
      holdId: message.holdId ?? null,
      kind: message.kind,
      onceKey: message.onceKey,
      detail: message.detail,
      subscription: subscriptionOf(message.kind),
      atOnce: cannotWait(message.kind, message.detail),
    }),
  );
  return told;
}

// A connection in trial tells its own admins only; an organisation of which nothing is live likewise.
const mayBeTold = `(s.admin or exists (
  select from connection c where c.mode = 'live' and c.connection_id = coalesce(t.connection_id, s.connection_id, c.connection_id)))`;

// One mail a day goes out at seven in the morning, by the school's clock.
const nextMorning = `(date_trunc('day', business_now() at time zone o.time_zone - interval '7 hours')
  + interval '1 day 7 hours') at time zone o.time_zone`;

const tellQuery = `
with told as (
  insert into message (message_id, organisation_id, connection_id, run_id, hold_id, kind, once_key, detail)
  values (:messageId, :organisationId, :connectionId, :runId, :holdId, :kind, :onceKey, :detail)
  on conflict (organisation_id, once_key) do nothing returning message_id, organisation_id, connection_id
), deliveries as (
  insert into delivery (delivery_id, organisation_id, message_id, subscriber_id, channel, address, digest_at)
  select distinct on (s.channel, s.address) gen_random_uuid(), t.organisation_id, t.message_id, s.subscriber_id, s.channel,
         s.address, case when s.daily and not :atOnce::boolean then ${nextMorning} end
    from told t join organisation o using (organisation_id) join subscriber s using (organisation_id)
   where s.removed_at is null and ${mayBeTold}
     and (t.connection_id is null or s.connection_id is null or s.connection_id = t.connection_id)
     and (:subscription::text = 'everybody' or :subscription = any(s.kinds))
   -- Who is subscribed to the connection and to all of them is told as the connection's subscriber.
   order by s.channel, s.address, s.connection_id nulls last
)
select exists (select from told) as told`;

/** Whether a run's start or end is told to anybody. A preview of a live connection is not. */
export async function isToldOfRuns(
  tx: Transaction,
  connectionId: string,
  kind: 'started' | 'completed',
  planOnly: boolean,
): Promise<boolean> {
  const { wanted } = await tx.one<{ wanted: boolean }>(
    `select exists (
       select from subscriber s join connection c on c.connection_id = $1
        where s.removed_at is null and $2 = any(s.kinds) and (s.connection_id is null or s.connection_id = $1)
          and (c.mode = 'live' and not $3::boolean or c.mode = 'trial' and s.admin)) as wanted`,
    [connectionId, kind, planOnly],
  );
  return wanted;
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
