import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../../local/free-port.ts';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { isAlive } from '../../local/process-info.ts';
import { scratchFolder, until } from './support.ts';

// Not synchronous_commit: without it a crash of the server alone already loses what was committed last.
const FAST = { fsync: 'off', full_page_writes: 'off' };

async function world() {
  const folder = await scratchFolder();
  const dataDir = join(folder, 'data');
  const start = async (settings: Record<string, string> = FAST): Promise<LocalPostgres> => {
    const postgres = await startPostgres({ dataDir, port: await freePort(), settings });
    onTestFinished(() => postgres.stop());
    return postgres;
  };
  return { folder, dataDir, start };
}

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

const counts = (url: string) =>
  query(url, 'select (select count(*)::int from kept) kept, (select count(*)::int from staged) staged');

describe('startPostgres', () => {
  it('keeps everything over stop(), and empties UNLOGGED tables over crash()', async () => {
    const { start } = await world();
    const first = await start();
    await query(first.url, 'create table kept as select 1 n; create unlogged table staged as select 1 n');
    await first.stop();

    const second = await start();
    expect(await counts(second.url)).toEqual([{ kept: 1, staged: 1 }]);
    await query(second.url, 'insert into kept values (2)');
    await second.crash();
    expect(isAlive(second.pid)).toBe(false);

    const third = await start();
    expect(await counts(third.url)).toEqual([{ kept: 2, staged: 0 }]);
  });

  it('is UTF-8, ordered by bytes, on the loopback only, with the settings asked for', async () => {
    const { start } = await world();
    const { url } = await start({ ...FAST, work_mem: '9MB' });
    const [row] = await query(
      url,
      `select current_setting('server_encoding') encoding, current_setting('listen_addresses') listens,
        current_setting('max_connections') connections, current_setting('work_mem') work_mem,
        current_setting('unix_socket_directories') sockets, 'Z' < 'a' bytes, upper('é') upper`,
    );
    expect(row).toEqual({
      encoding: 'UTF8',
      listens: '127.0.0.1',
      connections: '200',
      work_mem: '9MB',
      sockets: '',
      bytes: true,
      upper: 'É',
    });
  });

  it('has a password of its own, in a file that only its owner reads', async () => {
    const { folder, dataDir, start } = await world();
    const { url } = await start();
    const file = `${dataDir}.password`;
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const password = await readFile(file, 'utf8');
    expect(password.length).toBeGreaterThan(40);
    expect(await readdir(folder)).not.toContain('data.handed-password');
    await expect(query(url.replace(password, 'guess'), 'select 1')).rejects.toMatchObject({ code: '28P01' });
  });

  it('says what to do when the password is lost or another one', async () => {
    const { dataDir, start } = await world();
    const { stop } = await start();
    await stop();
    await writeFile(`${dataDir}.password`, 'another');
    await expect(start()).rejects.toThrow(/is not the one of the local database/);
  });

  it('refuses a second start in the same folder while the first one runs', async () => {
    const { start } = await world();
    await start();
    await expect(start()).rejects.toThrow(`Process ${process.pid} already runs a PostgreSQL in`);
  });

  it('starts over the pid file of a dead server whose id another process has now', async () => {
    const { dataDir, start } = await world();
    const first = await start();
    const pidFile = join(dataDir, 'postmaster.pid');
    const text = await readFile(pidFile, 'utf8');
    await first.crash();
    await writeFile(pidFile, text.replace(/^\d+/, '1'));
    const second = await start();
    expect(await query(second.url, 'select 1 n')).toEqual([{ n: 1 }]);
  });

  it('replaces a server that outlived the process which started it', async () => {
    const { dataDir, start } = await world();
    const orphan = await start();
    await writeFile(`${dataDir}.lock`, '');
    const second = await start();
    await until(() => !isAlive(orphan.pid), 'the orphan is gone');
    expect(await query(second.url, 'select 1 n')).toEqual([{ n: 1 }]);
  });

  it('starts again after its server was killed', async () => {
    const { start } = await world();
    const first = await start();
    process.kill(first.pid, 'SIGKILL');
    await first.exited;
    await first.stop();
    const second = await start();
    expect(await query(second.url, 'select 1 n')).toEqual([{ n: 1 }]);
  });

  it('tells the last words of a server that does not start', async () => {
    const { start } = await world();
    await expect(start({ work_mem: 'much' })).rejects.toThrow(/invalid value for parameter "work_mem"/);
  });

  it('leaves a folder alone that holds something else', async () => {
    const { folder, dataDir, start } = await world();
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'letter.txt'), 'Dear');
    await expect(start()).rejects.toThrow(/holds something that is not a PostgreSQL cluster/);
    expect(await readdir(folder)).toEqual(['data']);
    expect(await readFile(join(dataDir, 'letter.txt'), 'utf8')).toBe('Dear');
  });
});
