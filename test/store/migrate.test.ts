import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../local/free-port.ts';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { applyConfiguration } from '../../store/configuration.ts';
import { listConnectionNames } from '../../store/connections.ts';
import { Database } from '../../store/database.ts';
import { migrate } from '../../store/migrate.ts';
import { asSuperuser } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';

// Roles belong to a whole server: only one of its own shows what the first migration finds.
let folder: string;
let server: LocalPostgres;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-migrate-'));
  server = await startPostgres({
    dataDir: join(folder, 'postgres'),
    port: await freePort(),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
});
afterAll(async () => {
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

const names = readdirSync(join(import.meta.dirname, '../../store/migrations')).sort();
const roles = ['rollcall_app', 'rollcall_loader', 'rollcall_owner'];

/** A server as new: none of our databases, roles and logins. */
beforeEach(() =>
  asSuperuser(server.url, async (client) => {
    for (const database of ['one', 'two']) await client.query(`drop database if exists ${database} with (force)`);
    for (const role of [...roles, 'school_a', 'school_b']) await client.query(`drop role if exists ${role}`);
  }),
);

async function makeDatabase(name: string, login = ''): Promise<string> {
  await asSuperuser(server.url, (client) =>
    client.query(`create database ${name} ${login === '' ? '' : `owner ${login}`}`),
  );
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  if (login !== '') [url.username, url.password] = [login, 'pw'];
  return url.href;
}

const makeLogin = (name: string, rights: string) =>
  asSuperuser(server.url, (client) => client.query(`create role ${name} login password 'pw' ${rights}`));

const versions = (url: string) =>
  asSuperuser(url, async (client) => {
    const { rows } = await client.query<{ name: string }>('select name from schema_migration order by name');
    return rows.map((row) => row.name);
  });

/** Goes through everything the login of a worker needs: both roles and the operator's views. */
async function works(url: string): Promise<void> {
  const db = new Database(url);
  try {
    const { organisationId, configuration } = await makeOrganisation(db);
    expect(await db.operator(listConnectionNames)).toHaveLength(1);
    await db.organisation(organisationId, (tx) => applyConfiguration(tx, organisationId, configuration));
    expect(await db.loading(organisationId, (tx) => tx.query('select 1 from load.person'))).toEqual([]);
  } finally {
    await db.close();
  }
}

describe('a migration', () => {
  it('applies every file in order, and nothing the second time', async () => {
    const url = await makeDatabase('one');
    expect(await migrate(url)).toEqual(names);
    const before = await catalogue(url);
    expect(await migrate(url)).toEqual([]);
    expect(await catalogue(url)).toEqual(before);
    expect(await versions(url)).toEqual(names);
    await works(url);
  });

  it('happens once when several processes begin it at once', async () => {
    const url = await makeDatabase('one');
    const applied = await Promise.all([migrate(url), migrate(url), migrate(url)]);
    expect(applied.flat().sort()).toEqual(names);
    expect(await versions(url)).toEqual(names);
  });

  it('works in two databases of a new server at once, though the roles are shared', async () => {
    const urls = [await makeDatabase('one'), await makeDatabase('two')];
    expect(await Promise.all(urls.map(migrate))).toEqual([names, names]);
    for (const url of urls) await works(url);
  });

  it('gives the tables to an owner that nobody works as', async () => {
    const url = await makeDatabase('one');
    await migrate(url);
    const { rows } = await asSuperuser(url, (client) =>
      client.query<{ owner: string }>(
        `select distinct pg_get_userbyid(relowner) as owner from pg_class c join pg_namespace n on n.oid = relnamespace
          where nspname in ('public', 'load', 'directory', 'operator')`,
      ),
    );
    expect(rows).toEqual([{ owner: 'rollcall_owner' }]);
    const logins = await asSuperuser(url, (client) =>
      client.query(
        'select rolname from pg_roles where rolname = any($1) and (rolcanlogin or rolsuper or rolbypassrls)',
        [roles],
      ),
    );
    expect(logins.rows).toEqual([]);
  });

  it('says which address variable to look at when no server answers', async () => {
    const url = `postgres://nobody@127.0.0.1:${await freePort()}/none`;
    await expect(migrate(url)).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
      message: expect.stringContaining('DATABASE_URL'),
    });
  });
});

describe('a login that is no superuser', () => {
  it('migrates its own database on a new server when it may create roles', async () => {
    await makeLogin('school_a', 'createrole');
    const url = await makeDatabase('one', 'school_a');
    expect(await migrate(url)).toEqual(names);
    expect(await migrate(url)).toEqual([]);
    await works(url);
  });

  it('migrates a second database of its own', async () => {
    await makeLogin('school_a', 'createrole createdb');
    for (const name of ['one', 'two']) {
      const url = await makeDatabase(name, 'school_a');
      expect(await migrate(url)).toEqual(names);
      await works(url);
    }
  });

  it('needs no right to create roles where an administrator made them and let it in', async () => {
    await makeLogin('school_b', '');
    await asSuperuser(server.url, async (client) => {
      for (const role of roles) await client.query(`create role ${role} nologin noinherit`);
      await client.query(`grant ${roles.join(', ')} to school_b`);
    });
    const url = await makeDatabase('one', 'school_b');
    expect(await migrate(url)).toEqual(names);
    await works(url);
  });

  it('migrates beside a database that another login migrated, once it was let into the roles', async () => {
    await makeLogin('school_a', 'createrole');
    await makeLogin('school_b', 'createrole');
    await migrate(await makeDatabase('one', 'school_a'));
    await asSuperuser(server.url, (client) => client.query(`grant ${roles.join(', ')} to school_b`));
    const url = await makeDatabase('two', 'school_b');
    expect(await migrate(url)).toEqual(names);
    await works(url);
  });
});

/** What a database is made of, to see that a second migration changes nothing. */
const catalogue = (url: string) =>
  asSuperuser(url, async (client) => {
    const { rows } = await client.query(
      `select c.oid, c.relname, c.relacl::text, c.xmin::text from pg_class c join pg_namespace n on n.oid = relnamespace
        where nspname in ('public', 'load', 'directory', 'operator') order by 1`,
    );
    return rows;
  });
