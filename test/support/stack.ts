import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { freePort } from '../../local/free-port.ts';
import { startPostgres } from '../../local/postgres.ts';
import { buildTemporal } from '../../local/temporal-build.ts';
import { findTemporal } from '../../local/temporal-finder.ts';
import { startTemporal } from '../../local/temporal-server-process.ts';
import { searchAttributes } from '../../roster/search-attributes.ts';
import { migrate } from '../../store/migrate.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A superuser's URL of the PostgreSQL of this test run. */
    databaseServer: string;
    /** Name of a migrated, empty database to copy. */
    databaseTemplate: string;
    temporalAddress: string;
    /** The Temporal binary, for tests that restart a server of their own. */
    temporalBinary: string;
  }
}

const template = 'rollcall_template';

/** One PostgreSQL and one Temporal for the whole test run, on ports and in a folder of their own. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-test-'));
  const found = await findTemporal({
    // A server that somebody uses is never a test's: its namespaces would be shared.
    env: { ...process.env, TEMPORAL_ADDRESS: undefined },
    say: (line) => process.stderr.write(`Temporal: ${line}\n`),
    // What is built at all is built in one go with the server that the tests of production run.
    build: (options) => buildTemporal({ ...options, withServer: true }),
  });
  if (found.kind !== 'binary') throw new Error('The tests need a Temporal binary of their own.');
  const postgres = await startPostgres({
    dataDir: join(folder, 'postgres'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    settings: { fsync: 'off', full_page_writes: 'off', max_connections: '300' },
  });
  const temporal = await startTemporal({
    binary: found.path,
    port: await freePort(),
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    searchAttributes: Object.values(searchAttributes),
  });
  const url = new URL(postgres.url);
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`create database ${template}`);
  await client.end();
  url.pathname = `/${template}`;
  await migrate(url.href);

  project.provide('databaseServer', postgres.url);
  project.provide('databaseTemplate', template);
  project.provide('temporalAddress', temporal.address);
  project.provide('temporalBinary', found.path);
  return async () => {
    await temporal.stop();
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  };
}
