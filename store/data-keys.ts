import { randomBytes, randomUUID } from 'node:crypto';
import { RollcallError } from '../roster/errors.ts';
import type { Transaction } from './database.ts';
import { type MasterKeys, masterKey, open, seal } from './envelope.ts';

/** A key of an organisation, unwrapped for use. Never leaves the process. */
export interface DataKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** The organisation's newest key, made when there is none: the one that seals. */
export async function sealingKey(tx: Transaction, master: MasterKeys, organisationId: string): Promise<DataKey> {
  const [newest] = await tx.query<{ data_key_id: string }>(
    'select data_key_id from data_key where destroyed_at is null order by created_at desc limit 1',
  );
  if (newest !== undefined) return openingKey(tx, master, newest.data_key_id);
  return addDataKey(tx, master, organisationId);
}

/** A key by id, to open what was sealed with it. A destroyed key says that its data was erased. */
export async function openingKey(tx: Transaction, master: MasterKeys, dataKeyId: string): Promise<DataKey> {
  const [row] = await tx.query<{ master_key: string; wrapped: Buffer | null }>(
    'select master_key, wrapped from data_key where data_key_id = $1',
    [dataKeyId],
  );
  if (row === undefined || row.wrapped === null) {
    throw new RollcallError('KEY_MISSING', 'The key of this data was destroyed: the data was erased on purpose.');
  }
  return { id: dataKeyId, bytes: open(masterKey(master, row.master_key), row.wrapped, dataKeyId) };
}

/** Adds a key that seals from now on; older ones go on opening. */
export async function addDataKey(tx: Transaction, master: MasterKeys, organisationId: string): Promise<DataKey> {
  const key: DataKey = { id: randomUUID(), bytes: randomBytes(32) };
  const wrapped = seal(masterKey(master, master.current), key.bytes, key.id);
  await tx.execute('insert into data_key (data_key_id, organisation_id, master_key, wrapped) values ($1, $2, $3, $4)', [
    key.id,
    organisationId,
    master.current,
    wrapped,
  ]);
  return key;
}

/** Wraps every key of the organisation with the current master key, so that an older one can be retired. */
export async function rewrapDataKeys(tx: Transaction, master: MasterKeys): Promise<number> {
  const rows = await tx.query<{ data_key_id: string; master_key: string; wrapped: Buffer }>(
    'select data_key_id, master_key, wrapped from data_key where wrapped is not null and master_key <> $1 for update',
    [master.current],
  );
  for (const row of rows) {
    const bytes = open(masterKey(master, row.master_key), row.wrapped, row.data_key_id);
    const wrapped = seal(masterKey(master, master.current), bytes, row.data_key_id);
    await tx.execute('update data_key set master_key = $2, wrapped = $3 where data_key_id = $1', [
      row.data_key_id,
      master.current,
      wrapped,
    ]);
  }
  return rows.length;
}
