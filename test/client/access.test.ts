import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { type Action, allowed, mayDo, roles } from '../../roster/roles.ts';
import { looksLikeToken } from '../../store/tokens.ts';
import { rollcallCommand } from '../support/command.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';
import { testMasterKey } from '../support/school-day.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await freshDatabase();
});
afterEach(() => database.drop());

/** A command as on a server: no local mode, and the token of whoever calls. */
function as(token: string): ReturnType<typeof rollcallCommand> {
  const { PATH, HOME } = process.env;
  return rollcallCommand({
    PATH,
    HOME,
    DATABASE_URL: database.url,
    ROLLCALL_MASTER_KEYS: testMasterKey,
    ROLLCALL_HOME: '/nonexistent',
    ROLLCALL_TOKEN: token,
  });
}

async function issue(by: string, name: string, ...options: string[]): Promise<string> {
  const { status, stdout, stderr } = await as(by)('token', 'issue', name, ...options);
  expect({ status, stderr: stderr.replace(/^Keep it.*\n/, '') }).toEqual({ status: 0, stderr: '' });
  return stdout.trim();
}

describe('tokens', () => {
  it('the first operator’s is issued by whoever reaches the database, the next ones by an operator only', async () => {
    const first = await issue('', 'ops', '--role', 'operator');
    expect(looksLikeToken(first)).toBe(true);
    expect(await as('')('token', 'issue', 'thief', '--role', 'operator')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('ROLLCALL_TOKEN'),
    });
    const support = await issue(first, 'help desk', '--role', 'support');
    expect(await as(support)('token', 'list')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('needs operator'),
    });
    const stored = await asSuperuser(
      database.url,
      async (client) => (await client.query('select * from operator.token')).rows,
    );
    expect(JSON.stringify(stored)).not.toContain(first.slice(4, 30));
  });

  it('that are mistyped, unknown, revoked or run out are told apart from each other, and refused', async () => {
    const operator = await issue('', 'ops', '--role', 'operator');
    const viewer = await issue(operator, 'intern', '--role', 'viewer');
    expect(await as(`${viewer.slice(0, -1)}x`)('connections')).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('mistyped'),
    });
    expect(await as(viewer)('connections')).toMatchObject({ status: 0 });
    await asSuperuser(database.url, (client) =>
      client.query(`update operator.token set expires_at = now() where name = 'intern'`),
    );
    expect(await as(viewer)('connections')).toMatchObject({ status: 4, stderr: expect.stringContaining('run out') });
    const another = await issue(operator, 'intern', '--role', 'viewer');
    expect((await as(operator)('token', 'revoke', 'intern')).stdout).toContain('2 tokens');
    expect(await as(another)('connections')).toMatchObject({ status: 4 });
  });

  it('of an operator do not run out, so that nobody is locked out', async () => {
    const limited = await as('')('token', 'issue', 'ops', '--role', 'operator', '--days', '1');
    expect(limited).toMatchObject({ status: 2, stderr: expect.stringContaining('revoke it instead') });
  });

  it('of an operator that ran out still guard: nobody becomes one by waiting', async () => {
    await issue('', 'ops', '--role', 'operator');
    await asSuperuser(database.url, (client) => client.query('update operator.token set expires_at = now()'));
    expect(await as('')('token', 'issue', 'thief', '--role', 'operator')).toMatchObject({ status: 4, stdout: '' });
    await asSuperuser(database.url, (client) => client.query('update operator.token set revoked_at = now()'));
    expect(looksLikeToken(await issue('', 'ops', '--role', 'operator'))).toBe(true);
  });

  it('of one organisation are refused, not failed, when a file is of another', async () => {
    await makeOrganisation(database.db, { code: 'north' });
    await makeOrganisation(database.db, { code: 'south' });
    const operator = await issue('', 'ops', '--role', 'operator');
    const north = await issue(operator, 'principal', '--role', 'admin', '--organisation', 'north');
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-access-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'south.yaml');
    await writeFile(file, 'organisation:\n  code: south\n  name: Taken over\n  timeZone: Europe/Paris\n');
    expect(await as(north)('config', 'apply', file)).toMatchObject({
      status: 4,
      stderr: expect.stringContaining('another organisation'),
    });
    const names = await asSuperuser(
      database.url,
      async (client) => (await client.query('select name from organisation')).rows,
    );
    expect(names.map(({ name }) => name)).not.toContain('Taken over');
  });

  it('of one organisation show and touch no other', async () => {
    await makeOrganisation(database.db, { code: 'north' });
    await makeOrganisation(database.db, { code: 'south' });
    const operator = await issue('', 'ops', '--role', 'operator');
    const north = await issue(operator, 'principal', '--role', 'admin', '--organisation', 'north');
    const listed = await as(north)('connections');
    expect(listed.stdout).toContain('north/timetable');
    expect(listed.stdout).not.toContain('south');
    expect(await as(north)('runs', 'south/timetable')).toMatchObject({
      status: 2,
      stderr: expect.not.stringContaining('south/timetable, '),
    });
    expect(await as(north)('holds')).toMatchObject({ status: 0 });
    expect(await as(north)('stop', '--all', '--reason', 'x')).toMatchObject({ status: 4 });
    expect((await as(operator)('connections')).stdout).toContain('south/timetable');
  });
});

describe('roles', () => {
  it('a viewer changes nothing', () => {
    const changes = (Object.keys(allowed) as Action[]).filter((action) => mayDo('viewer', action));
    expect(changes.sort()).toEqual(['find', 'look', 'why']);
  });

  it('an operator may do everything, and only operators what concerns every organisation', () => {
    for (const action of Object.keys(allowed) as Action[]) expect(mayDo('operator', action), action).toBe(true);
    for (const action of ['stop', 'go', 'token', 'clock', 'relink'] as const) {
      expect(
        roles.filter((role) => mayDo(role, action)),
        action,
      ).toEqual(['operator']);
    }
  });

  it('support decides nothing for a school', () => {
    for (const action of ['approve', 'reject', 'go-live', 'config-apply', 'secret-set'] as const)
      expect(mayDo('support', action)).toBe(false);
  });
});
