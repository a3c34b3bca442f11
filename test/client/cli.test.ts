import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import { readConfigurationFile } from '../../client/configuration-file.ts';
import { applyConfiguration, findAccount, organisationIdOf } from '../../store/configuration.ts';
import { listConnectionNames } from '../../store/connections.ts';
import { newMasterKey, parseMasterKeys } from '../../store/envelope.ts';
import { readSecrets } from '../../store/secrets.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';

const repository = join(import.meta.dirname, '..', '..');
const masterKey = newMasterKey('k1');

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  database = await freshDatabase();
  return () => database.drop();
});

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command as a user would, with the store and the keys set and nothing else of ours. */
async function rollcall(
  args: readonly string[],
  given: { input?: string; env?: Record<string, string> } = {},
): Promise<Ended> {
  const { PATH, HOME } = process.env;
  const child: ChildProcess = spawn(process.execPath, [join(repository, 'bin', 'rollcall.js'), ...args], {
    cwd: folder,
    env: {
      PATH,
      HOME,
      DATABASE_URL: database.url,
      ROLLCALL_MASTER_KEYS: masterKey,
      ROLLCALL_HOME: join(folder, 'home'),
      ROLLCALL_LOCAL: '1',
      ...given.env,
    },
    stdio: [given.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const { stdin, stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('The command has no output.');
  stdin?.end(given.input);
  const [status, out, err] = await Promise.all([
    new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    }),
    textOf(stdout),
    textOf(stderr),
  ]);
  return { status, stdout: out, stderr: err };
}

async function done(args: readonly string[], given: Parameters<typeof rollcall>[1] = {}): Promise<string> {
  const { status, stdout, stderr } = await rollcall(args, given);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

const school = (given: { url?: string; name?: string; more?: string } = {}) => `organisation:
  code: north
  name: ${given.name ?? 'North'}
  timeZone: Europe/Paris
accounts:
  erp:
    system: alcuin
    settings: { url: '${given.url ?? 'https://erp.school.example/api/'}' }
  sheets: { system: edusign }
connections:
  timetable:
    name: Timetable
    source: { account: erp }
    target: { account: sheets }
${given.more ?? ''}`;

async function file(text: string): Promise<string> {
  const path = join(folder, 'school.yaml');
  await writeFile(path, text);
  return path;
}

/** What `rollcall config apply` does, without its process: for tests of what comes after. */
async function setUp(text = school()): Promise<void> {
  const configuration = readConfigurationFile('school.yaml', text);
  const { id } = await database.db.operator((tx) => organisationIdOf(tx, configuration.organisation.code));
  await database.db.organisation(id, (tx) => applyConfiguration(tx, id, configuration));
}

interface Change {
  readonly thing: string;
  readonly code: string;
  readonly action: string;
  readonly fields: readonly string[];
  readonly backToTrial: boolean;
}

const applied = async (args: readonly string[], text: string): Promise<Change[]> => {
  const answer = JSON.parse(await done(['config', 'apply', await file(text), '--json', ...args]));
  expect(answer.schema).toBe('rollcall.config-apply/1');
  return answer.changes;
};
const actions = (changes: readonly Change[]) => changes.map(({ thing, code, action }) => `${thing} ${code} ${action}`);
const modes = async () => (await database.db.operator(listConnectionNames)).map(({ mode }) => mode);
const audit = () =>
  asSuperuser(database.url, async (client) => {
    const { rows } = await client.query<{ action: string; row: string }>(
      'select action, c::text as row from command c order by created_at',
    );
    return rows;
  });

/** A plan of every connection was made and shown, as "rollcall trial" does with a worker. */
async function planShown(): Promise<void> {
  await asSuperuser(database.url, async (client) => {
    await client.query(`insert into run (run_id, organisation_id, connection_id, number, kind, trigger, plan_only, as_of, state, workflow_id, started_at)
      select gen_random_uuid(), organisation_id, connection_id, 1000, 'sync', 'person', true, now(), 'completed', 'test', clock_timestamp() from connection`);
    await client.query(
      `insert into plan (run_id, organisation_id, cells, source_size, digest) select run_id, organisation_id, '[]', '{}', '' from run`,
    );
  });
}

describe('rollcall config apply', () => {
  it('makes what the file names, in trial, and says how to go on', async () => {
    const said = await done(['config', 'apply', await file(school())]);
    expect(said.split('\n')).toEqual([
      'organisation north created',
      'account erp created',
      'account sheets created',
      'connection timetable created',
      'timetable is in trial: it plans and never writes. Look with "rollcall trial north/timetable", then "rollcall go-live".',
      '',
    ]);
    expect(await modes()).toEqual(['trial']);
  });

  it('changes nothing the second time, and says so', async () => {
    await applied([], school());
    const second = await applied([], school());
    expect(new Set(second.map(({ action }) => action))).toEqual(new Set(['unchanged']));
    expect((await audit()).map(({ action }) => action)).toEqual(['config-apply']);
  });

  it('names the fields that differ, and changes only those', async () => {
    await applied([], school());
    const changes = await applied([], school({ name: 'North and South' }));
    expect(changes.filter(({ action }) => action !== 'unchanged')).toEqual([
      { thing: 'organisation', code: 'north', action: 'changed', fields: ['name'], backToTrial: false },
    ]);
  });

  it('shows in a preview what it would do, and does nothing of it', async () => {
    const preview = await applied(['--preview'], school());
    expect(actions(preview)).toContain('connection timetable created');
    expect(await database.db.operator(listConnectionNames)).toEqual([]);
    expect(await audit()).toEqual([]);

    await applied([], school());
    const before = await everything();
    expect(actions(await applied(['--preview'], school({ name: 'Other' })))).toContain('organisation north changed');
    expect(await everything()).toEqual(before);
  });

  it('puts a live connection back into trial when its source is another one, and only then', async () => {
    await setUp();
    await planShown();
    await done(['go-live', 'north/timetable', '--reason', 'test']);
    expect(await modes()).toEqual(['live']);
    await applied([], school({ name: 'Other name' }));
    expect(await modes()).toEqual(['live']);

    const said = await done(['config', 'apply', await file(school({ url: 'https://test.school.example/api/' }))]);
    expect(said).toContain('connection timetable changed: sourceIdentity (another source: back into trial)');
    expect(await modes()).toEqual(['trial']);
  });

  it('puts it back into trial as well when the file names only the account', async () => {
    await setUp();
    await planShown();
    await done(['go-live', 'north/timetable']);
    const [accounts = ''] = school({ url: 'https://test.school.example/api/' }).split('connections:');
    const changes = await applied([], accounts);
    expect(changes.find(({ thing }) => thing === 'connection')).toEqual({
      thing: 'connection',
      code: 'timetable',
      action: 'changed',
      fields: ['sourceIdentity'],
      backToTrial: true,
    });
    expect(await modes()).toEqual(['trial']);
  });

  it('leaves alone what the file does not name', async () => {
    await applied([], school());
    const [organisation = ''] = school().split('accounts:');
    expect(actions(await applied([], organisation))).toEqual(['organisation north unchanged']);
    expect(await modes()).toEqual(['trial']);
  });

  it('ends with 2 and every problem when the file is wrong, and applies nothing of it', async () => {
    const path = await file(school().replace('alcuin', 'aurion').replace('Europe/Paris', 'Mars'));
    const { status, stdout, stderr } = await rollcall(['config', 'apply', path]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      `${path}:4: organisation.timeZone: must be an IANA zone, as in "Europe/Paris"\n` +
        `${path}:7: accounts.erp.system: allowed: alcuin, auriga, edusign\n`,
    );
    expect(await database.db.operator(listConnectionNames)).toEqual([]);
  });

  it('ends with 2 when there is no such file', async () => {
    const { status, stderr } = await rollcall(['config', 'apply', join(folder, 'missing.yaml')]);
    expect(status).toBe(2);
    expect(stderr).toContain('missing.yaml cannot be read');
  });
});

/** Every row of what a configuration can touch. */
const everything = () =>
  asSuperuser(database.url, async (client) => {
    const { rows } = await client.query(
      `select o::text from organisation o union all select a::text from account a union all select r::text from account_rate r
       union all select c::text from connection c union all select c::text from command c order by 1`,
    );
    return rows;
  });

describe('rollcall secret set', () => {
  const secrets = () =>
    database.db
      .operator((tx) => organisationIdOf(tx, 'north'))
      .then(({ id }) =>
        database.db.organisation(id, async (tx) => {
          const account = await findAccount(tx, 'erp');
          return readSecrets(tx, parseMasterKeys(masterKey), account?.accountId ?? '');
        }),
      );

  it('keeps what is piped in, without the line end, and never says or logs it', async () => {
    await setUp();
    const said = await done(['secret', 'set', 'north/erp', 'password'], { input: 'hunter2 é \n' });
    expect(said).toBe('The password of north/erp is set.\n');
    expect(await secrets()).toEqual({ password: 'hunter2 é ' });
    const rows = await audit();
    expect(rows.map(({ action }) => action)).toEqual(['secret-set']);
    expect(rows.map(({ row }) => row).join()).not.toContain('hunter2');
  });

  it('takes it from a variable that is named', async () => {
    await setUp();
    const given = { env: { ERP_PASSWORD: 'from the environment' } };
    const said = await done(['secret', 'set', 'north/erp', 'password', '--from-env', 'ERP_PASSWORD', '--json'], given);
    expect(JSON.parse(said)).toEqual({
      schema: 'rollcall.secret-set/1',
      account: 'north/erp',
      name: 'password',
      retried: 0,
    });
    expect(await secrets()).toEqual({ password: 'from the environment' });
  });

  it.each([
    ['nothing is piped in', ['north/erp', 'password'], 'No value for password'],
    ['the account is not there', ['north/erb', 'password'], 'There is no account "north/erb"'],
    ['the organisation is left out', ['erp', 'password'], 'organisation/account'],
    ['the system has no such secret', ['north/erp', 'apiKey'], 'allowed: password'],
  ])('ends with 2 when %s, and keeps nothing', async (_, args, words) => {
    await setUp();
    const { status, stderr } = await rollcall(['secret', 'set', ...args], { input: '' });
    expect(stderr).toContain(words);
    expect(status).toBe(2);
    expect(await secrets()).toEqual({});
  });
});

describe('rollcall connections', () => {
  it('lists them for scripts, with the schema of the answer', async () => {
    expect(JSON.parse(await done(['connections', '--json']))).toEqual({
      schema: 'rollcall.connections/1',
      connections: [],
    });
    await setUp();
    expect(JSON.parse(await done(['connections', '--json']))).toMatchObject({
      schema: 'rollcall.connections/1',
      connections: [
        { organisationCode: 'north', connectionCode: 'timetable', mode: 'trial', source: 'alcuin', target: 'edusign' },
      ],
    });
  });

  it('lists them for people, without colours where there is no terminal', async () => {
    expect(await done(['connections'])).toContain('No connection yet.');
    await setUp();
    const [heads, row] = (await done(['connections'])).split('\n');
    expect(heads).toMatch(/^CONNECTION +MODE +FROM +TO +LAST RUN +STARTED +NEXT RUN$/);
    expect(row).toMatch(/^north\/timetable +trial +alcuin +edusign +none +when asked$/);
  });
});

describe('a command that was called wrongly', () => {
  it('ends with 2 and the list, when the connection is unknown', async () => {
    await setUp();
    for (const args of [
      ['go-live', 'north/timetabel'],
      ['runs', 'north/timetabel'],
      ['run', 'north/timetabel#1'],
    ]) {
      const { status, stderr } = await rollcall(args);
      expect(stderr).toBe('There is no connection "north/timetabel". There are: north/timetable.\n');
      expect(status).toBe(2);
    }
  });

  it('ends with 2 when a connection’s code alone could mean two', async () => {
    await setUp();
    await setUp(school().replace('code: north', 'code: south'));
    const { status, stderr } = await rollcall(['go-live', 'timetable']);
    expect(stderr).toContain('more than one connection: north/timetable, south/timetable');
    expect(status).toBe(2);
    expect(await modes()).toEqual(['trial', 'trial']);
  });

  it.each([
    ['an option that is none', ['connections', '--jsn'], /unknown option '--jsn'/],
    ['a command that is none', ['conections'], /unknown command 'conections'/],
    ['an argument that is missing', ['config', 'apply'], /missing required argument 'file'/],
    ['a limit that is no number', ['runs', '--limit', 'all'], /"all" is not a whole number/],
  ])('ends with 2 for %s', async (_, args, words) => {
    const { status, stdout, stderr } = await rollcall(args);
    expect(stderr).toMatch(words);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  it('ends with 2 and the name of the variable when a setting is missing', async () => {
    const noStore = await rollcall(['connections'], { env: { DATABASE_URL: '' } });
    expect(noStore.stderr).toContain('DATABASE_URL is not set');
    expect(noStore.status).toBe(2);
    await setUp();
    const noTemporal = await rollcall(['sync', 'north/timetable']);
    expect(noTemporal.stderr).toContain('TEMPORAL_ADDRESS is not set');
    expect(noTemporal.status).toBe(2);
  });

  it('ends with 2 when the clock is set outside local mode', async () => {
    const token =
      (await done(['token', 'issue', 'ops', '--role', 'operator', '--json'])).match(/rct_[\w-]+/)?.[0] ?? '';
    const elsewhere = { env: { ROLLCALL_LOCAL: '', ROLLCALL_TOKEN: token } };
    const { status, stderr } = await rollcall(['clock', 'set', '2026-12-01T08:00:00+01:00'], elsewhere);
    expect(stderr).toContain('local mode only');
    expect(status).toBe(2);
  });
});

describe('a command that fails', () => {
  it('ends with 5, its code and what to do, when the database does not answer', async () => {
    const { status, stderr } = await rollcall(['connections'], {
      env: { DATABASE_URL: 'postgres://nobody:hunter2@127.0.0.1:1/none' },
    });
    expect(status).toBe(5);
    expect(stderr).toMatch(/^STORE_UNAVAILABLE: .*\n.*Check that it runs/);
    expect(stderr).not.toContain('hunter2');
  });

  it('ends with 5 when there is no master key, and makes none', async () => {
    const { status, stderr } = await rollcall(['connections'], {
      env: { ROLLCALL_LOCAL: '', ROLLCALL_MASTER_KEYS: '' },
    });
    expect(status).toBe(5);
    expect(stderr).toMatch(/^KEY_MISSING: .*ROLLCALL_MASTER_KEYS/);
  });
});

describe('rollcall migrate', () => {
  it('makes everything in an empty database, and says what it applied', async () => {
    const server = inject('databaseServer');
    const name = `empty_${randomBytes(6).toString('hex')}`;
    await asSuperuser(server, (client) => client.query(`create database ${name}`));
    onTestFinished(async () => {
      await asSuperuser(server, (client) => client.query(`drop database ${name} with (force)`));
    });
    const url = new URL(server);
    url.pathname = `/${name}`;
    const given = { env: { DATABASE_URL: url.href } };
    expect(await done(['migrate'], given)).toMatch(/^Applied: 0001-foundation\.sql, 0002-run\.sql, .*\.sql\.\n/);
    expect(await done(['connections'], given)).toContain('No connection yet.');
  });

  it('finds nothing to do in a database that is up to date', async () => {
    expect(await done(['migrate'])).toMatch(/^The database is up to date\.\n/);
    expect(JSON.parse(await done(['migrate', '--json']))).toEqual({
      schema: 'rollcall.migrate/1',
      applied: [],
      searchAttributes: null,
    });
  });

  it('ends with 2 when it is not told which database', async () => {
    const { status, stderr } = await rollcall(['migrate'], { env: { DATABASE_URL: '' } });
    expect(stderr).toContain('DATABASE_URL');
    expect(status).toBe(2);
  });
});

describe('rollcall keys rotate', () => {
  it('gives an organisation a new key, and ends with 2 for one that is not there', async () => {
    await setUp();
    await done(['secret', 'set', 'north/erp', 'password'], { input: 'hunter2' });
    expect(JSON.parse(await done(['keys', 'rotate', 'north', '--json']))).toEqual({
      schema: 'rollcall.keys-rotate/1',
      organisation: 'north',
      secrets: 1,
      rewrapped: 0,
    });
    expect((await rollcall(['keys', 'rotate', 'south'])).status).toBe(2);
  });
});

describe('rollcall --help', () => {
  it('lists the commands and what every exit status means', async () => {
    const said = await done(['--help']);
    for (const command of [
      'start',
      'worker',
      'migrate',
      'config',
      'secret',
      'keys',
      'connections',
      'go-live',
      'sync',
    ]) {
      expect(said).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    }
    for (const status of ['0  done', '2  ', '3  ', '4  refused', '5  failed']) expect(said).toContain(`  ${status}`);
  });

  it('needs neither database nor keys', async () => {
    const nothing = { env: { DATABASE_URL: '', ROLLCALL_MASTER_KEYS: '' } };
    expect(await done(['sync', '--help'], nothing)).toContain('Exit status:');
    expect(await done(['--version'], nothing)).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
