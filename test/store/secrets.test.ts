import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { admitRun } from '../../store/admission.ts';
import { findAccount } from '../../store/configuration.ts';
import type { Transaction } from '../../store/database.ts';
import { newMasterKey, parseMasterKeys } from '../../store/envelope.ts';
import { readSecrets, rotateKeys, secretNames, setSecret } from '../../store/secrets.ts';
import { readSnapshot, storeSnapshot } from '../../store/snapshots.ts';
import { beginStep, type RunRef } from '../../store/steps.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';

let database: TestDatabase;
let connection: Awaited<ReturnType<typeof makeOrganisation>>;
let accountId: string;

const oldKey = newMasterKey('old');
const newKey = newMasterKey('new');
const old = parseMasterKeys(oldKey);
const both = parseMasterKeys(`${newKey},${oldKey}`);
const fresh = parseMasterKeys(newKey);

const inOrganisation = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
  database.db.organisation(connection.organisationId, work);
const owner = () => ({ organisationId: connection.organisationId, accountId });
const set = (name: string, value: string) => inOrganisation((tx) => setSecret(tx, old, owner(), name, value));
const read = (master = old) => inOrganisation((tx) => readSecrets(tx, master, accountId));

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  connection = await makeOrganisation(database.db);
  accountId = (await inOrganisation((tx) => findAccount(tx, 'alcuin')))?.accountId ?? '';
});

async function dataKeysOfSecrets(): Promise<string[]> {
  const rows = await inOrganisation((tx) =>
    tx.query<{ data_key_id: string }>('select distinct data_key_id from account_secret'),
  );
  return rows.map((row) => row.data_key_id);
}

/** A committed snapshot of one page. */
async function storePage(text: string): Promise<RunRef> {
  const run = {
    organisationId: connection.organisationId,
    connectionId: connection.connectionId,
    runId: crypto.randomUUID(),
  };
  await inOrganisation((tx) =>
    admitRun(tx, { ...run, workflowId: 'w', kind: 'sync', trigger: 'person', planOnly: false, commandId: null }),
  );
  const begun = await beginStep(database.db, run, 'fetch');
  if (begun.done) throw new Error('A new run has no step that is done.');
  await storeSnapshot(database.db, old, begun.attempt, {
    scopes: [],
    window: { fromDate: '', toDate: '', fromInstant: '', toInstant: '', zone: 'UTC' },
    chunks: (async function* () {
      yield { part: 'page', mediaType: 'text/plain', body: Buffer.from(text) };
    })(),
  });
  return run;
}

async function pageOf(run: RunRef, master = old): Promise<string> {
  const bodies: Uint8Array[] = [];
  for await (const chunk of readSnapshot(database.db, master, run)) bodies.push(chunk.body);
  return Buffer.concat(bodies).toString();
}

describe('secrets of an account', () => {
  it('come back as they were given, whatever is in them', async () => {
    await set('password', 'pässwörd "with" \'quotes\' $1 \\ and  spaces ');
    await set('apiKey', 'k');
    expect(await read()).toEqual({ password: 'pässwörd "with" \'quotes\' $1 \\ and  spaces ', apiKey: 'k' });
    expect((await inOrganisation((tx) => secretNames(tx, accountId))).sort()).toEqual(['apiKey', 'password']);
  });

  it('are replaced by a newer value', async () => {
    await set('password', 'first');
    await set('password', 'second');
    expect(await read()).toEqual({ password: 'second' });
  });

  it('are nowhere in the database as plain text', async () => {
    await set('password', 'correct-horse-battery');
    const { rows } = await asSuperuser(database.url, (client) =>
      client.query<{ sealed: Buffer; row: string }>('select sealed, s::text as row from account_secret s'),
    );
    expect(rows.length).toBeGreaterThan(0);
    for (const { sealed, row } of rows) {
      expect(sealed.includes('correct-horse')).toBe(false);
      expect(row).not.toContain(Buffer.from('correct-horse').toString('hex'));
    }
  });

  it('do not open in the place of another secret, even of the same account', async () => {
    await set('password', 'one');
    await set('apiKey', 'two');
    await inOrganisation((tx) =>
      tx.execute(
        `update account_secret s set sealed = o.sealed from account_secret o
          where s.account_id = $1 and o.account_id = $1 and s.name = 'password' and o.name = 'apiKey'`,
        [accountId],
      ),
    );
    await expect(read()).rejects.toMatchObject({ code: 'KEY_MISSING' });
  });

  it('whose key was destroyed are erased, and the error says so', async () => {
    await set('password', 'one');
    await inOrganisation((tx) => tx.execute('update data_key set wrapped = null, destroyed_at = clock_timestamp()'));
    await expect(read()).rejects.toMatchObject({ code: 'KEY_MISSING', message: expect.stringContaining('erased') });
    await set('password', 'two');
    expect(await read()).toEqual({ password: 'two' });
  });
});

describe('a rotation of keys', () => {
  it('seals every secret with a new data key, and changes none of them', async () => {
    await set('password', 'one');
    await set('apiKey', 'two');
    const before = await dataKeysOfSecrets();
    expect(await inOrganisation((tx) => rotateKeys(tx, old, connection.organisationId))).toEqual({
      secrets: 2,
      rewrapped: 0,
    });
    const after = await dataKeysOfSecrets();
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    expect(await read()).toEqual({ password: 'one', apiKey: 'two' });
  });

  it('leaves older snapshots readable by the key they were sealed with', async () => {
    const run = await storePage('what the source said');
    await inOrganisation((tx) => rotateKeys(tx, old, connection.organisationId));
    expect(await pageOf(run)).toBe('what the source said');
  });

  it('lets the old master key be dropped: secrets and older snapshots open with the new one alone', async () => {
    await set('password', 'one');
    const run = await storePage('what the source said');
    await expect(read(fresh)).rejects.toMatchObject({ code: 'KEY_MISSING' });

    const rotated = await inOrganisation((tx) => rotateKeys(tx, both, connection.organisationId));
    expect(rotated).toEqual({ secrets: 1, rewrapped: 1 });
    expect(await read(fresh)).toEqual({ password: 'one' });
    expect(await pageOf(run, fresh)).toBe('what the source said');
    await expect(read(old)).rejects.toMatchObject({ code: 'KEY_MISSING' });
  });

  it('does not reach into another organisation', async () => {
    await set('password', 'one');
    const other = await makeOrganisation(database.db);
    const rotated = await database.db.organisation(other.organisationId, (tx) =>
      rotateKeys(tx, both, other.organisationId),
    );
    expect(rotated).toEqual({ secrets: 0, rewrapped: 0 });
    expect(await read(old)).toEqual({ password: 'one' });
  });

  it('keeps everything as it was when it fails half-way', async () => {
    await set('password', 'one');
    const before = await dataKeysOfSecrets();
    const failed = inOrganisation(async (tx) => {
      await rotateKeys(tx, both, connection.organisationId);
      throw new Error('the power went');
    });
    await expect(failed).rejects.toThrow('the power went');
    expect(await dataKeysOfSecrets()).toEqual(before);
    expect(await read(old)).toEqual({ password: 'one' });
  });
});
