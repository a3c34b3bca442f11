import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
const mine = randomUUID();
const theirs = randomUUID();

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

/** Every table that holds rows of an organisation, asked of the catalogue so that a new one cannot be forgotten. */
async function tables(): Promise<{ name: string; isolated: boolean; organisation: boolean }[]> {
  const { rows } = await asSuperuser(database.url, (client) =>
    client.query(`select c.oid::regclass::text as name, c.relrowsecurity as isolated,
        exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'organisation_id') as organisation
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname in ('public', 'directory') and c.relname <> 'schema_migration'
      order by 1`),
  );
  return rows;
}

describe('isolation of organisations', () => {
  it('has row-level security on every table', async () => {
    const all = await tables();
    expect(all.length).toBeGreaterThan(20);
    expect(all.filter((table) => !table.isolated || !table.organisation)).toEqual([]);
  });

  it('shows another organisation no row of any table, and lets it change none', async () => {
    for (const { name } of await tables()) {
      await plantRow(name);
      const seen = await database.db.organisation(theirs, (tx) => tx.query(`select 1 from ${name}`));
      expect(seen, name).toEqual([]);
      const own = await database.db.organisation(mine, (tx) => tx.query(`select 1 from ${name}`));
      expect(own, name).toHaveLength(1);
      const nobody = await database.db.operator((tx) => tx.query(`select 1 from ${name}`));
      expect(nobody, name).toEqual([]);
    }
  });

  it('refuses a row that is written in the name of another organisation', async () => {
    const write = database.db.organisation(theirs, (tx) =>
      tx.execute(
        `insert into organisation (organisation_id, code, name, time_zone) values ($1, 'other', 'Other', 'UTC')`,
        [randomUUID()],
      ),
    );
    await expect(write).rejects.toThrow(/row-level security/);
  });

  it('keeps staging from the application', async () => {
    const read = database.db.organisation(mine, (tx) => tx.query('select 1 from load.person'));
    await expect(read).rejects.toThrow(/permission denied/);
    await expect(database.db.loading(mine, (tx) => tx.query('select 1 from load.person'))).resolves.toEqual([]);
  });

  it('never lets anybody change a plan', async () => {
    const change = database.db.organisation(mine, (tx) => tx.execute(`update plan set digest = 'x'`));
    await expect(change).rejects.toThrow(/permission denied/);
  });
});

/** Puts one row of our organisation into a table, past every rule: values by type, constraints off. */
async function plantRow(table: string): Promise<void> {
  await asSuperuser(database.url, async (client) => {
    await client.query('set session_replication_role = replica');
    const { rows } = await client.query<{ name: string; type: string; check: string | null }>(
      `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
              (select pg_get_constraintdef(k.oid) from pg_constraint k
                where k.conrelid = a.attrelid and k.contype = 'c' and a.attnum = any(k.conkey) limit 1) as check
         from pg_attribute a
        where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attidentity = ''
          and a.attnotnull and not a.atthasdef`,
      [table],
    );
    const values = rows.map((column) => valueFor(column));
    await client.query(
      `insert into ${table} (${rows.map((column) => column.name).join(', ')})
       values (${values.map((_, index) => `$${index + 1}`).join(', ')}) on conflict do nothing`,
      values,
    );
  });
}

function valueFor(column: { name: string; type: string; check: string | null }): string | number {
  if (column.name === 'organisation_id') return mine;
  const [, allowed] = /'([a-z-]+)'::text/.exec(column.check ?? '') ?? [];
  if (allowed !== undefined) return allowed;
  switch (column.type) {
    case 'uuid':
      return randomUUID();
    case 'jsonb':
      return '{}';
    case 'boolean':
      return 'true';
    case 'timestamp with time zone':
      return '2026-09-01T00:00:00Z';
    case 'date':
      return '2026-09-01';
    case 'bytea':
      return '\\x00';
    case 'text':
      return 'a';
    default:
      return 1;
  }
}
