import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Contact, MailSubjects, SubscriptionKind } from '../roster/mail/kinds.ts';
import type { Language } from '../roster/why-texts.ts';
import type { Transaction } from './database.ts';

/** Somebody, or some program, that wants to be told; as the configuration file says. */
export interface ConfiguredSubscriber {
  readonly channel: 'mail' | 'webhook';
  /** Mail address or URL. */
  readonly address: string;
  readonly kinds: readonly SubscriptionKind[];
  readonly language: Language;
  /** One mail a day, but for what cannot wait. */
  readonly daily: boolean;
  /** An admin of the school: is told of connections in trial too. */
  readonly admin: boolean;
}

/** What a connection says of being told; what is left out stays as it is. */
export interface ConfiguredTelling {
  readonly subscribers?: readonly ConfiguredSubscriber[] | undefined;
  readonly contact?: Contact | undefined;
  readonly mailSubjects?: MailSubjects | undefined;
}

/** Makes the subscribers of a connection, or of the organisation (null), the given ones. Says whether any differs. */
export async function applySubscribers(
  tx: Transaction,
  organisationId: string,
  connectionId: string | null,
  wanted: readonly ConfiguredSubscriber[] | undefined,
): Promise<boolean> {
  if (wanted === undefined) return false;
  const known = await tx.query<ConfiguredSubscriber>(
    `select channel, address, kinds, language, daily, admin from subscriber
      where connection_id is not distinct from $1 and removed_at is null`,
    [connectionId],
  );
  const differs = !isDeepStrictEqual(inOrder(known), inOrder(wanted));
  if (!differs) return false;
  await tx.execute(
    `update subscriber set removed_at = clock_timestamp()
      where connection_id is not distinct from $1 and removed_at is null
        and not (channel, address) in (select channel, address from jsonb_to_recordset($2::jsonb) as w(channel text, address text))`,
    [connectionId, JSON.stringify(wanted)],
  );
  for (const { channel, address, kinds, language, daily, admin } of wanted) {
    await tx.execute(
      `insert into subscriber (subscriber_id, organisation_id, connection_id, channel, address, kinds, language, daily, admin)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
       on conflict (organisation_id, connection_id, channel, address) do update set kinds = excluded.kinds,
         language = excluded.language, daily = excluded.daily, admin = excluded.admin, removed_at = null`,
      [randomUUID(), organisationId, connectionId, channel, address, kinds, language, daily, admin],
    );
  }
  return true;
}

function inOrder(subscribers: readonly ConfiguredSubscriber[]): readonly ConfiguredSubscriber[] {
  const nameOf = ({ channel, address }: ConfiguredSubscriber) => `${channel} ${address}`;
  return [...subscribers].sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
}

/** Makes what a connection says of being told so. Gives the fields that differ; they leave a trial's plan as good as it was. */
export async function applyTelling(
  tx: Transaction,
  organisationId: string,
  connectionId: string,
  { subscribers, contact, mailSubjects }: ConfiguredTelling,
): Promise<string[]> {
  const known = await tx.one<{ contact: Contact; mailSubjects: MailSubjects }>(
    'select contact, mail_subjects as "mailSubjects" from connection where connection_id = $1',
    [connectionId],
  );
  const fields = (await applySubscribers(tx, organisationId, connectionId, subscribers)) ? ['subscribers'] : [];
  if (contact !== undefined && !isDeepStrictEqual(known.contact, contact)) fields.push('contact');
  if (mailSubjects !== undefined && known.mailSubjects !== mailSubjects) fields.push('mailSubjects');
  await tx.execute(
    `update connection set contact = coalesce($2, contact), mail_subjects = coalesce($3, mail_subjects)
      where connection_id = $1`,
    [connectionId, contact ?? null, mailSubjects ?? null],
  );
  return fields;
}

/** A subscriber, for screens. */
export interface SubscriberRow extends ConfiguredSubscriber {
  /** Whether it is subscribed to every connection of the organisation. */
  readonly ofAll: boolean;
}

/** Who is told of a connection. */
export function subscribersOf(tx: Transaction, connectionId: string): Promise<SubscriberRow[]> {
  return tx.query(
    `select channel, address, kinds, language, daily, admin, connection_id is null as "ofAll" from subscriber
      where removed_at is null and (connection_id is null or connection_id = $1) order by channel, address`,
    [connectionId],
  );
}

/** Whether a URL is a webhook that an organisation is told by. */
export async function isWebhook(tx: Transaction, url: string): Promise<boolean> {
  const { known } = await tx.one<{ known: boolean }>(
    `select exists (select from subscriber where channel = 'webhook' and address = $1 and removed_at is null) as known`,
    [url],
  );
  return known;
}
