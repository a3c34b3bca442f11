import type { MessageKind } from '../roster/mail/kinds.ts';
import type { Language } from '../roster/why-texts.ts';
import type { Transaction } from './database.ts';

export type Channel = 'mail' | 'webhook';
export type DeliveryState = 'waiting' | 'sent' | 'failed' | 'given-up';

/** One delivery that an attempt has taken: nobody else tries it for some minutes. */
export interface Claimed {
  readonly deliveryId: string;
  readonly messageId: string;
  readonly subscriberId: string;
  readonly channel: Channel;
  readonly address: string;
  readonly language: Language;
  /** Counts this one. */
  readonly attempts: number;
  /** The morning whose mail it is part of; null for a mail of its own. */
  readonly digestAt: string | null;
  readonly createdAt: string;
}

/** Longer than any attempt may take: after a crash it is tried again then. */
const attemptMinutes = 5;

const isDue = `state in ('waiting', 'failed') and next_try_at <= clock_timestamp()
  and (digest_at is null or digest_at <= business_now())`;

/** Takes the oldest delivery that is due on one of the channels, or all that go into one daily mail; none: an empty list. */
export async function claimDue(tx: Transaction, channels: readonly Channel[]): Promise<Claimed[]> {
  // Claims of one organisation come one after the other, so that two workers never share a daily mail.
  await tx.query(`select pg_advisory_xact_lock(hashtext('deliver ' || current_organisation()))`);
  return tx.query<Claimed>(
    `with first as (
       select delivery_id, channel, address, digest_at from delivery where ${isDue} and channel = any($1)
        order by created_at, delivery_id limit 1
     ), taken as (
       update delivery d set attempts = attempts + 1, next_try_at = clock_timestamp() + make_interval(mins => $2)
         from first f
        where d.delivery_id = f.delivery_id
           or (d.channel, d.address, d.digest_at) = (f.channel, f.address, f.digest_at) and d.state in ('waiting', 'failed')
       returning d.*
     )
     select t.delivery_id as "deliveryId", t.message_id as "messageId", t.subscriber_id as "subscriberId", t.channel,
            t.address, s.language, t.attempts, t.digest_at as "digestAt", t.created_at as "createdAt"
       from taken t join subscriber s using (subscriber_id) order by t.created_at, t.delivery_id`,
    [channels, attemptMinutes],
  );
}

/** Whether anything is due on one of the channels. */
export async function anyDue(tx: Transaction, channels: readonly Channel[]): Promise<boolean> {
  const { due } = await tx.one<{ due: boolean }>(
    `select exists (select from delivery where ${isDue} and channel = any($1)) as due`,
    [channels],
  );
  return due;
}

/** Organisations with something due, of all. */
export async function organisationsWithDue(tx: Transaction): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `select distinct organisation_id as id from operator.delivery_index where ${isDue}`,
  );
  return rows.map(({ id }) => id);
}

export async function markSent(tx: Transaction, deliveryIds: readonly string[]): Promise<void> {
  await tx.execute(
    `update delivery set state = 'sent', sent_at = clock_timestamp(), last_error = '' where delivery_id = any($1)`,
    [deliveryIds],
  );
}

/** After an attempt in vain: tried again after a pause, or given up until a person sends it again. */
export async function markFailed(
  tx: Transaction,
  deliveryIds: readonly string[],
  { error, pauseMs }: { error: string; pauseMs: number | null },
): Promise<void> {
  await tx.execute(
    `update delivery set state = case when $3::bigint is null then 'given-up' else 'failed' end, last_error = $2,
            next_try_at = clock_timestamp() + coalesce($3::bigint, 0) * interval '1 millisecond'
      where delivery_id = any($1) and state <> 'sent'`,
    [deliveryIds, error, pauseMs],
  );
}

/** Says why deliveries of a channel wait that nobody can send now. */
export async function noteUnsendable(tx: Transaction, channel: Channel, why: string): Promise<void> {
  await tx.execute(
    `update delivery set last_error = $2 where channel = $1 and state in ('waiting', 'failed') and last_error <> $2`,
    [channel, why],
  );
}

/** Gives up what must not be sent any more: nobody of a connection in trial is told but its admins, nor who unsubscribed. */
export async function giveUpUnwanted(tx: Transaction): Promise<void> {
  await tx.execute(
    `update delivery d set state = 'given-up',
            last_error = case when s.removed_at is null then 'The connection is in trial: only its admins are told.'
                              else 'No longer subscribed.' end
       from subscriber s, message m left join connection c using (connection_id)
      where s.subscriber_id = d.subscriber_id and m.message_id = d.message_id and d.state in ('waiting', 'failed')
        and (s.removed_at is not null or c.mode = 'trial' and not s.admin)`,
  );
}

/** A delivery as people see it. */
export interface DeliveryRow {
  readonly deliveryId: string;
  readonly kind: MessageKind;
  readonly run: number | null;
  readonly hold: number | null;
  readonly toldAt: string;
  readonly channel: Channel;
  readonly address: string;
  readonly language: Language;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** When it is tried next; null once it is sent or given up. */
  readonly nextTryAt: string | null;
  readonly digestAt: string | null;
  readonly sentAt: string | null;
  readonly lastError: string;
}

/** What was told of a connection and to whom, newest first; or only what did not arrive. */
export function listDeliveries(
  tx: Transaction,
  connectionId: string,
  { failed, limit, messageId = null }: { failed: boolean; limit: number; messageId?: string | null },
): Promise<DeliveryRow[]> {
  return tx.query<DeliveryRow>(
    `select d.delivery_id as "deliveryId", m.kind, r.number as run, h.number as hold, m.created_at as "toldAt", d.channel,
            d.address, s.language, d.state, d.attempts, d.digest_at as "digestAt", d.sent_at as "sentAt",
            case when d.state in ('waiting', 'failed') then d.next_try_at end as "nextTryAt", d.last_error as "lastError"
       from delivery d join message m using (message_id) join subscriber s using (subscriber_id)
       left join run r on r.run_id = m.run_id left join hold h on h.hold_id = m.hold_id
      where (m.connection_id = $1 or m.connection_id is null) and ($2::boolean is false or d.state in ('failed', 'given-up'))
        and ($4::uuid is null or d.message_id = $4)
      order by m.created_at desc, d.channel, d.address limit $3`,
    [connectionId, failed, limit, messageId],
  );
}

/** Deliveries whose id begins so, of every organisation the caller may see. */
export function findDeliveries(
  tx: Transaction,
  beginning: string,
): Promise<{ organisationId: string; deliveryId: string; connectionId: string | null }[]> {
  return tx.query(
    `select organisation_id as "organisationId", delivery_id as "deliveryId", connection_id as "connectionId"
       from operator.delivery_index where starts_with(delivery_id::text, $1) limit 3`,
    [beginning],
  );
}

/** Has a delivery sent again, at once and in a mail of its own, whatever became of it. */
export async function resend(tx: Transaction, deliveryId: string): Promise<void> {
  await tx.execute(
    `update delivery set state = 'waiting', attempts = 0, next_try_at = clock_timestamp(), digest_at = null, last_error = '',
            sent_at = null
      where delivery_id = $1`,
    [deliveryId],
  );
}

/** The id of a message by the key under which it is told once. */
export async function messageIdOf(tx: Transaction, onceKey: string): Promise<string> {
  const { id } = await tx.one<{ id: string }>('select message_id as id from message where once_key = $1', [onceKey]);
  return id;
}
