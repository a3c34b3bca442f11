import { addDataKey, openingKey, rewrapDataKeys, sealingKey } from './data-keys.ts';
import type { Transaction } from './database.ts';
import { type MasterKeys, open, seal } from './envelope.ts';
import { resealWebhookSecrets } from './webhook-secrets.ts';

const context = (accountId: string, name: string) => `secret:${accountId}:${name}`;

/** Keeps a secret of an account, sealed with the organisation's newest key. */
export async function setSecret(
  tx: Transaction,
  master: MasterKeys,
  owner: { organisationId: string; accountId: string },
  name: string,
  value: string,
): Promise<void> {
  const key = await sealingKey(tx, master, owner.organisationId);
  const sealed = seal(key.bytes, Buffer.from(value), context(owner.accountId, name));
  await tx.execute(
    `insert into account_secret (account_id, organisation_id, name, data_key_id, sealed) values ($1, $2, $3, $4, $5)
     on conflict (account_id, name) do update set
       data_key_id = excluded.data_key_id, sealed = excluded.sealed, changed_at = clock_timestamp()`,
    [owner.accountId, owner.organisationId, name, key.id, sealed],
  );
}

/** All secrets of an account, opened. Keep them in memory only. */
export async function readSecrets(
  tx: Transaction,
  master: MasterKeys,
  accountId: string,
): Promise<Record<string, string>> {
  const rows = await tx.query<{ name: string; data_key_id: string; sealed: Buffer }>(
    'select name, data_key_id, sealed from account_secret where account_id = $1',
    [accountId],
  );
  const secrets: Record<string, string> = {};
  for (const row of rows) {
    const key = await openingKey(tx, master, row.data_key_id);
    secrets[row.name] = open(key.bytes, row.sealed, context(accountId, row.name)).toString();
  }
  return secrets;
}

/** The names of the secrets an account has, for screens. */
export async function secretNames(tx: Transaction, accountId: string): Promise<string[]> {
  const rows = await tx.query<{ name: string }>('select name from account_secret where account_id = $1', [accountId]);
  return rows.map((row) => row.name);
}

/**
 * Rotates the keys of an organisation: a new data key seals from now on, every secret is sealed again with it, and all
 * data keys are wrapped by the current master key. Snapshots keep their key until they are purged.
 */
export async function rotateKeys(
  tx: Transaction,
  master: MasterKeys,
  organisationId: string,
): Promise<{ secrets: number; rewrapped: number }> {
  const rewrapped = await rewrapDataKeys(tx, master);
  const rows = await tx.query<{ account_id: string; name: string; data_key_id: string; sealed: Buffer }>(
    // What was sealed with a destroyed key was erased on purpose: there is nothing left to seal again.
    `select account_id, name, data_key_id, sealed from account_secret
      where exists (select from data_key k where k.data_key_id = account_secret.data_key_id and k.wrapped is not null)
        for update`,
  );
  await addDataKey(tx, master, organisationId);
  for (const row of rows) {
    const key = await openingKey(tx, master, row.data_key_id);
    const value = open(key.bytes, row.sealed, context(row.account_id, row.name)).toString();
    await setSecret(tx, master, { organisationId, accountId: row.account_id }, row.name, value);
  }
  const webhooks = await resealWebhookSecrets(tx, master, organisationId);
  return { secrets: rows.length + webhooks, rewrapped };
}
