import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.drop());

/** A statement that PostgreSQL refuses with this state, as it would in real trouble. */
function refusedWith(state: string): Promise<unknown> {
  return database.db.operator((tx) =>
    tx.execute(`do $$ begin raise exception 'trouble' using errcode = '${state}'; end $$`),
  );
}

describe('trouble of PostgreSQL', () => {
  it.each([
    ['53100', 'PostgreSQL has no space left on its disk. Make room there.'],
    ['53300', 'PostgreSQL did not answer (53300).'],
    ['57P03', 'PostgreSQL did not answer (57P03).'],
    ['08006', 'PostgreSQL did not answer (08006).'],
  ])('with state %s is STORE_UNAVAILABLE, to be tried again, and says what it is', async (state, message) => {
    await expect(refusedWith(state)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', message });
  });

  it('leaves nothing half done: what a transaction wrote before it is gone', async () => {
    const write = database.db.operator(async (tx) => {
      await tx.execute('update operator.clock set offset_ms = 77');
      await tx.execute(`do $$ begin raise exception 'full' using errcode = '53100'; end $$`);
    });
    await expect(write).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const rows = await database.db.operator((tx) => tx.query('select offset_ms::int as offset from operator.clock'));
    expect(rows).toEqual([{ offset: 0 }]);
  });

  it('is not made of a mistake in a statement', async () => {
    await expect(refusedWith('22012')).rejects.not.toHaveProperty('code', 'STORE_UNAVAILABLE');
  });
});
