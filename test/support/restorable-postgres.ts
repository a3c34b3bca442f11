import { execFile } from 'node:child_process';
import { appendFile, chown, mkdir, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../local/free-port.ts';
import { type LocalPostgres, startPostgres } from '../../local/postgres.ts';
import { asSuperuser } from './database.ts';
import { until } from './school-day.ts';

const run = promisify(execFile);

/**
 * A PostgreSQL that archives its log and can be put back to a moment, as docs/backup.md says. The binaries that come with npm have
 * no pg_basebackup: the base backup is made by the functions it uses.
 */
export class RestorablePostgres {
  readonly #options: Parameters<typeof startPostgres>[0];
  readonly #data: string;
  readonly #wal: string;
  readonly #base: string;
  #server: LocalPostgres;

  private constructor(options: Parameters<typeof startPostgres>[0], data: string, wal: string, server: LocalPostgres) {
    this.#options = options;
    this.#data = data;
    this.#wal = wal;
    this.#base = `${data}.base`;
    this.#server = server;
  }

  static async start(folder: string): Promise<RestorablePostgres> {
    const dataDir = join(folder, 'data');
    const plain = { dataDir, port: await freePort(), logFile: join(folder, 'postgres.log') };
    // Once without an archive, to learn where the data lies and whose it is.
    await (await startPostgres(plain)).stop();
    const data = await realpath(dataDir);
    const wal = `${data}.wal`;
    const { uid, gid } = await stat(data);
    await mkdir(wal);
    await chown(wal, uid, gid);
    const archive = `test ! -f ${wal}/%f && cp %p ${wal}/%f`;
    const options = { ...plain, settings: { archive_mode: 'on', archive_command: archive, wal_level: 'replica' } };
    return new RestorablePostgres(options, data, wal, await startPostgres(options));
  }

  get url(): string {
    return this.#server.url;
  }

  /** A copy of the cluster while it works. */
  async baseBackup(): Promise<void> {
    await asSuperuser(this.url, async (client) => {
      await client.query(`select pg_backup_start('drill', true)`);
      await run('cp', ['-a', this.#data, this.#base]);
      const { rows } = await client.query<{ labelfile: string }>('select labelfile from pg_backup_stop()');
      await this.#write('backup_label', rows[0]?.labelfile ?? '');
    });
    await rm(join(this.#base, 'postmaster.pid'));
    await rm(join(this.#base, 'pg_wal'), { recursive: true });
    await this.#mkdir('pg_wal');
  }

  /** The server's clock, to be put back to. */
  async now(): Promise<string> {
    return asSuperuser(this.url, async (client) => {
      const { rows } = await client.query<{ now: string }>('select clock_timestamp()::text as now');
      return rows[0]?.now ?? '';
    });
  }

  /** The cluster is lost, and comes back as it was at a moment. */
  async restoreTo(moment: string): Promise<void> {
    await asSuperuser(this.url, async (client) => {
      const { rows } = await client.query<{ file: string }>('select pg_walfile_name(pg_switch_wal()) as file');
      const last = rows[0]?.file ?? '';
      await until(() => stat(join(this.#wal, last)).catch(() => undefined));
    });
    await this.#server.crash();
    await rm(this.#data, { recursive: true });
    await run('mv', [this.#base, this.#data]);
    const recovery = [
      `restore_command = 'cp ${this.#wal}/%f "%p"'`,
      `recovery_target_time = '${moment}'`,
      `recovery_target_action = 'promote'`,
    ];
    await appendFile(join(this.#data, 'postgresql.auto.conf'), `${recovery.join('\n')}\n`);
    await this.#own(join(this.#data, 'recovery.signal'), '');
    this.#server = await startPostgres(this.#options);
    await until(() =>
      asSuperuser(this.url, async (client) => {
        const { rows } = await client.query<{ done: boolean }>('select not pg_is_in_recovery() as done');
        return rows[0]?.done || undefined;
      }).catch(() => undefined),
    );
  }

  async stop(): Promise<void> {
    await this.#server.stop();
    for (const folder of [this.#data, this.#wal, this.#base]) await rm(folder, { recursive: true, force: true });
    await rm(dirname(this.#options.dataDir), { recursive: true, force: true });
  }

  #write(name: string, content: string): Promise<void> {
    return this.#own(join(this.#base, name), content);
  }

  async #own(path: string, content: string): Promise<void> {
    await writeFile(path, content);
    const { uid, gid } = await stat(dirname(path));
    await chown(path, uid, gid);
  }

  async #mkdir(name: string): Promise<void> {
    const path = join(this.#base, name);
    await mkdir(path, { mode: 0o700 });
    const { uid, gid } = await stat(this.#base);
    await chown(path, uid, gid);
  }
}
