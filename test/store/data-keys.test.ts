import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addDataKey, openingKey, rewrapDataKeys, sealingKey } from '../../store/data-keys.ts';
import type { Transaction } from '../../store/database.ts';
import { type MasterKeys, newMasterKey, parseMasterKeys } from '../../store/envelope.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';

let database: TestDatabase;
let organisationId: string;

const oldKey = newMasterKey('old');
const newKey = newMasterKey('new');
const old = parseMasterKeys(oldKey);
/** Both are known, the new one wraps: the state of an installation in the middle of a rotation. */
const both = parseMasterKeys(`${newKey},${oldKey}`);
const fresh = parseMasterKeys(newKey);

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  ({ organisationId } = await makeOrganisation(database.db));
});

const inOrganisation = <T>(work: (tx: Transaction) => Promise<T>): Promise<T> =>
  database.db.organisation(organisationId, work);
const sealing = (master: MasterKeys) => inOrganisation((tx) => sealingKey(tx, master, organisationId));
const opening = (master: MasterKeys, id: string) => inOrganisation((tx) => openingKey(tx, master, id));

describe('the key of an organisation', () => {
  it('is made when it is first needed, and then stays', async () => {
    const first = await sealing(old);
    expect(first.bytes).toHaveLength(32);
    expect(await sealing(old)).toEqual(first);
    expect(await opening(old, first.id)).toEqual(first);
  });

  it('is of that organisation alone', async () => {
    const mine = await sealing(old);
    const other = await makeOrganisation(database.db);
    const theirs = await database.db.organisation(other.organisationId, (tx) =>
      sealingKey(tx, old, other.organisationId),
    );
    expect(theirs.id).not.toBe(mine.id);
    const foreign = database.db.organisation(other.organisationId, (tx) => openingKey(tx, old, mine.id));
    await expect(foreign).rejects.toThrow(/destroyed/);
  });

  it('is stored wrapped: its bytes are nowhere in the table', async () => {
    const { id, bytes } = await sealing(old);
    const { rows } = await asSuperuser(database.url, (client) =>
      client.query<{ wrapped: Buffer; row: string }>(
        'select wrapped, k::text as row from data_key k where data_key_id = $1',
        [id],
      ),
    );
    expect(rows[0]?.wrapped.includes(Buffer.from(bytes))).toBe(false);
    expect(rows[0]?.row).not.toContain(Buffer.from(bytes).toString('hex'));
  });

  it('that was added last seals, and the older ones go on opening', async () => {
    const first = await sealing(old);
    const second = await inOrganisation((tx) => addDataKey(tx, old, organisationId));
    expect(second.id).not.toBe(first.id);
    expect(await sealing(old)).toEqual(second);
    expect(await opening(old, first.id)).toEqual(first);
  });

  it('that was destroyed never seals again, and says that its data was erased', async () => {
    const { id } = await sealing(old);
    await inOrganisation((tx) =>
      tx.execute('update data_key set wrapped = null, destroyed_at = clock_timestamp() where data_key_id = $1', [id]),
    );
    await expect(opening(old, id)).rejects.toMatchObject({
      code: 'KEY_MISSING',
      message: 'The key of this data was destroyed: the data was erased on purpose.',
    });
    expect((await sealing(old)).id).not.toBe(id);
  });

  it('does not open with a master key of the same name that is another one', async () => {
    const { id } = await sealing(old);
    await expect(opening(parseMasterKeys(newMasterKey('old')), id)).rejects.toMatchObject({ code: 'KEY_MISSING' });
  });
});

describe('a new master key', () => {
  it('wraps every data key, so that the old one may be dropped', async () => {
    const first = await sealing(old);
    const second = await inOrganisation((tx) => addDataKey(tx, old, organisationId));
    await expect(opening(fresh, first.id)).rejects.toThrow('Master key "old" is not configured here.');

    expect(await inOrganisation((tx) => rewrapDataKeys(tx, both))).toBe(2);
    for (const key of [first, second]) expect(await opening(fresh, key.id)).toEqual(key);
    await expect(opening(old, first.id)).rejects.toThrow('Master key "new" is not configured here.');
    expect(await inOrganisation((tx) => rewrapDataKeys(tx, fresh))).toBe(0);
  });

  it('needs the old one beside it, and changes nothing without', async () => {
    const { id, bytes } = await sealing(old);
    await expect(inOrganisation((tx) => rewrapDataKeys(tx, fresh))).rejects.toMatchObject({ code: 'KEY_MISSING' });
    expect((await opening(old, id)).bytes).toEqual(bytes);
  });

  it('leaves destroyed keys destroyed', async () => {
    const { id } = await sealing(old);
    await inOrganisation((tx) =>
      tx.execute('update data_key set wrapped = null, destroyed_at = clock_timestamp() where data_key_id = $1', [id]),
    );
    expect(await inOrganisation((tx) => rewrapDataKeys(tx, both))).toBe(0);
    await expect(opening(both, id)).rejects.toThrow(/erased on purpose/);
  });
});
