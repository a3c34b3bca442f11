import { openingKey, sealingKey } from './data-keys.ts';
import type { Transaction } from './database.ts';
import { type MasterKeys, open, seal } from './envelope.ts';

const context = (organisationId: string, url: string) => `webhook:${organisationId}:${url}`;

/** Keeps what the requests to a webhook are signed with, sealed with the organisation's newest key. */
export async function setWebhookSecret(
  tx: Transaction,
  master: MasterKeys,
  { organisationId, url }: { organisationId: string; url: string },
  value: string,
): Promise<void> {
  const key = await sealingKey(tx, master, organisationId);
  const sealed = seal(key.bytes, Buffer.from(value), context(organisationId, url));
  await tx.execute(
    `insert into webhook_secret (organisation_id, url, data_key_id, sealed) values ($1, $2, $3, $4)
     on conflict (organisation_id, url) do update set
       data_key_id = excluded.data_key_id, sealed = excluded.sealed, changed_at = clock_timestamp()`,
    [organisationId, url, key.id, sealed],
  );
  // What waited for it is due.
  await tx.execute(
    `update delivery set next_try_at = clock_timestamp() where channel = 'webhook' and address = $1 and state = 'failed'`,
    [url],
  );
}

/** What the requests to a webhook are signed with; undefined where nothing was set. Keep it in memory only. */
export async function readWebhookSecret(
  tx: Transaction,
  master: MasterKeys,
  { organisationId, url }: { organisationId: string; url: string },
): Promise<string | undefined> {
  const [row] = await tx.query<{ data_key_id: string; sealed: Buffer }>(
    'select data_key_id, sealed from webhook_secret where organisation_id = $1 and url = $2',
    [organisationId, url],
  );
  if (row === undefined) return undefined;
  const key = await openingKey(tx, master, row.data_key_id);
  return open(key.bytes, row.sealed, context(organisationId, url)).toString();
}

/** Seals every secret of the organisation's webhooks again, with its newest key. Gives their number. */
export async function resealWebhookSecrets(
  tx: Transaction,
  master: MasterKeys,
  organisationId: string,
): Promise<number> {
  const rows = await tx.query<{ url: string }>(
    // What was sealed with a destroyed key was erased on purpose.
    `select url from webhook_secret w join data_key k using (data_key_id) where k.wrapped is not null for update of w`,
  );
  for (const { url } of rows) {
    const value = await readWebhookSecret(tx, master, { organisationId, url });
    if (value !== undefined) await setWebhookSecret(tx, master, { organisationId, url }, value);
  }
  return rows.length;
}
