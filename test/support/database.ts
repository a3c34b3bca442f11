import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { Database } from '../../store/database.ts';

/** A database of one test, as new, with the login of a superuser. */
export interface TestDatabase {
  readonly url: string;
  readonly db: Database;
  drop(): Promise<void>;
}

/** Makes a database from the migrated template of this test run. */
export async function freshDatabase(): Promise<TestDatabase> {
  const server = inject('databaseServer');
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asSuperuser(server, (client) => client.query(`create database ${name} template ${inject('databaseTemplate')}`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  const db = new Database(url.href);
  return {
    url: url.href,
    db,
    drop: async () => {
      await db.close();
      await asSuperuser(server, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

/** One connection as the superuser: for what no role of ours may do. */
export async function asSuperuser<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
