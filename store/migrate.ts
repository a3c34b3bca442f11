import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { RollcallError } from '../roster/errors.ts';
import type { Transaction } from './database.ts';

const folder = join(import.meta.dirname, 'migrations');

// Any number, the same in every process: one migration at a time in a database.
const migrationLock = 720_401_172;

// Roles belong to the whole PostgreSQL server, so two databases may race to make them.
const roles = `
do $$
declare name text;
begin
  foreach name in array array['rollcall_owner', 'rollcall_app', 'rollcall_loader'] loop
    if not exists (select from pg_roles where rolname = name) then
      begin
        execute format('create role %I nologin noinherit', name);
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
    begin
      execute format('grant %I to current_user', name);
    exception
      when unique_violation or duplicate_object then null;
      -- Somebody else made the role: enough that this login was let in.
      when insufficient_privilege then
        if not pg_has_role(current_user, name, 'member') then raise; end if;
    end;
  end loop;
end $$`;

/**
 * Brings a database to the newest version and makes the roles: `rollcall_owner` owns everything and is used for nothing
 * else, `rollcall_app` works under row-level security, `rollcall_loader` alone reaches staging.
 *
 * @param url The login of the database's owner. It may create roles, or was granted the three by who made them.
 * @returns The names of the migrations that were applied now.
 */
export async function migrate(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'rollcall migrate' });
  await client.connect().catch((cause: unknown) => {
    throw new RollcallError('STORE_UNAVAILABLE', 'PostgreSQL did not answer at DATABASE_URL.', { cause });
  });
  try {
    await client.query('select pg_advisory_lock($1)', [migrationLock]);
    await client.query(roles);
    await client.query(
      "do $$ begin execute format('grant create on database %I to rollcall_owner', current_database()); end $$",
    );
    await client.query('grant usage, create on schema public to rollcall_owner');
    await client.query('set role rollcall_owner');
    await client.query(`create table if not exists public.schema_migration (
      name text primary key, applied_at timestamptz not null default clock_timestamp())`);
    return await applyMissing(client);
  } finally {
    await client.end();
  }
}

/** How a database differs from this version of the code: migrations it lacks, and such that are not known here. */
export async function migrationsApart(tx: Transaction): Promise<{ missing: string[]; unknown: string[] }> {
  const rows = await tx.query<{ name: string }>('select name from public.schema_migration');
  const done = rows.map(({ name }) => name);
  const files = await migrationFiles();
  return {
    missing: files.filter((name) => !done.includes(name)),
    unknown: done.filter((name) => !files.includes(name)),
  };
}

async function migrationFiles(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort();
}

async function applyMissing(client: pg.Client): Promise<string[]> {
  const done = await client.query<{ name: string }>('select name from public.schema_migration');
  const known = new Set(done.rows.map((row) => row.name));
  const files = await migrationFiles();
  const applied: string[] = [];
  for (const name of files.filter((file) => !known.has(file))) {
    const sql = await readFile(join(folder, name), 'utf8');
    try {
      await client.query('begin');
      await client.query(sql);
      await client.query('insert into public.schema_migration (name) values ($1)', [name]);
      await client.query('commit');
    } catch (cause) {
      await client.query('rollback');
      throw new RollcallError('INTERNAL', `Migration ${name} failed; nothing of it was kept.`, { cause });
    }
    applied.push(name);
  }
  return applied;
}
