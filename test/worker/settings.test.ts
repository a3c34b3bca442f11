import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newMasterKey } from '../../store/envelope.ts';
import { homeOf, readMasterKeys, readSettings, readStackFile, type StackFile } from '../../worker/settings.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'rollcall-settings-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const stack: StackFile = {
  databaseUrl: 'postgres://stack.example/rollcall',
  temporalAddress: 'stack.example:7233',
  temporalUi: null,
  allowHosts: ['127.0.0.1'],
  pid: 1,
};
const writeStack = (text = JSON.stringify(stack)) => writeFile(join(home, 'stack.json'), text);
const environment = (given: Record<string, string> = {}) => ({ ROLLCALL_HOME: home, ...given });
const both = { DATABASE_URL: 'postgres://env.example/rollcall', TEMPORAL_ADDRESS: 'env.example:7233' };

describe('settings', () => {
  it('come from the environment alone where no local stack runs', () => {
    expect(
      readSettings(
        environment({
          ...both,
          TEMPORAL_NAMESPACE: 'schools',
          ROLLCALL_TASK_QUEUE: 'mine',
          ROLLCALL_ALLOW_HOSTS: 'ERP.school.example, 10.0.0.7\n',
          ROLLCALL_SLICE_MS: '500',
          ROLLCALL_SWEEP_MS: '7000',
          ROLLCALL_PROXY_URL: 'http://user:word@proxy.example:3128',
          ROLLCALL_PUBLIC_ADDRESSES: '203.0.113.7',
          ROLLCALL_SMTP_URL: 'smtp://user:word@mail.example:587',
          ROLLCALL_MAIL_FROM: 'rollcall@sync.example',
          ROLLCALL_PUBLIC_URL: 'https://rollcall.example',
        }),
      ),
    ).toEqual({
      home,
      databaseUrl: both.DATABASE_URL,
      temporalAddress: both.TEMPORAL_ADDRESS,
      temporalNamespace: 'schools',
      taskQueue: 'mine',
      allowHosts: ['erp.school.example', '10.0.0.7'],
      proxy: 'http://user:word@proxy.example:3128',
      publicAddresses: ['203.0.113.7'],
      mail: { smtpUrl: 'smtp://user:word@mail.example:587', from: 'rollcall@sync.example' },
      publicUrl: 'https://rollcall.example',
      local: false,
      sliceMs: 500,
      sweepEveryMs: 7_000,
    });
  });

  it.each([
    [{ ROLLCALL_SMTP_URL: 'secret.example:25' }, /^ROLLCALL_SMTP_URL is not an smtp or smtps address\.$/],
    [{ ROLLCALL_SMTP_URL: 'smtp://mail.example' }, /^ROLLCALL_MAIL_FROM is not set/],
    [{ ROLLCALL_PUBLIC_URL: 'javascript:alert(1)' }, /^ROLLCALL_PUBLIC_URL is not an http or https address\.$/],
  ])('refuse %o, without repeating it', (given, words) => {
    expect(() => readSettings(environment({ ...both, ...given }))).toThrow(words);
  });

  it('refuse a proxy that is no address, without repeating it', () => {
    const read = () => readSettings(environment({ ...both, ROLLCALL_PROXY_URL: 'secret:3128' }));
    expect(read).toThrow(/^ROLLCALL_PROXY_URL is not an http or https address\.$/);
  });

  it('have defaults for what need not be set', () => {
    expect(readSettings(environment(both))).toMatchObject({
      temporalNamespace: 'default',
      allowHosts: [],
      local: false,
      sliceMs: 60_000,
    });
  });

  it('come from the local stack where it runs, which is then local mode', async () => {
    await writeStack();
    expect(readSettings(environment())).toMatchObject({
      databaseUrl: stack.databaseUrl,
      temporalAddress: stack.temporalAddress,
      allowHosts: ['127.0.0.1'],
      local: true,
    });
  });

  it('of the environment win over those of the local stack, one by one', async () => {
    await writeStack();
    expect(readSettings(environment({ DATABASE_URL: both.DATABASE_URL }))).toMatchObject({
      databaseUrl: both.DATABASE_URL,
      temporalAddress: stack.temporalAddress,
    });
    expect(readSettings(environment({ TEMPORAL_ADDRESS: both.TEMPORAL_ADDRESS }))).toMatchObject({
      databaseUrl: stack.databaseUrl,
      temporalAddress: both.TEMPORAL_ADDRESS,
    });
  });

  it('that are set to nothing count as not set', async () => {
    await writeStack();
    expect(
      readSettings(
        environment({ DATABASE_URL: '', TEMPORAL_ADDRESS: '', TEMPORAL_NAMESPACE: '', ROLLCALL_SLICE_MS: '' }),
      ),
    ).toMatchObject({
      databaseUrl: stack.databaseUrl,
      temporalAddress: stack.temporalAddress,
      temporalNamespace: 'default',
      sliceMs: 60_000,
    });
  });

  it.each([
    ['DATABASE_URL', 'databaseUrl'],
    ['TEMPORAL_ADDRESS', 'temporalAddress'],
  ] as const)('without %s are an error that names it and the home', (name, setting) => {
    const reading = () => readSettings(environment({ ...both, [name]: '' }))[setting];
    expect(reading).toThrow(
      expect.objectContaining({ code: 'STORE_UNAVAILABLE', message: expect.stringContaining(`set ${name}`) }),
    );
    expect(reading).toThrow(home);
  });

  it('need no address of Temporal for what only works with the store', () => {
    const { DATABASE_URL } = both;
    expect(readSettings(environment({ DATABASE_URL })).databaseUrl).toBe(DATABASE_URL);
  });

  it.each(['soon', '-1', '0', '1.5', '1e3', 'NaN'])(
    'with a slice of "%s" are an error that names the variable',
    (text) => {
      expect(() => readSettings(environment({ ...both, ROLLCALL_SLICE_MS: text }))).toThrow(/ROLLCALL_SLICE_MS is "/);
    },
  );

  it('turn local mode on by a variable, and by its one value only', () => {
    expect(readSettings(environment({ ...both, ROLLCALL_LOCAL: '1' })).local).toBe(true);
    expect(readSettings(environment({ ...both, ROLLCALL_LOCAL: '0' })).local).toBe(false);
  });

  it('keep their home in .rollcall below the working folder until told otherwise', () => {
    expect(homeOf({})).toBe(join(process.cwd(), '.rollcall'));
    expect(homeOf({ ROLLCALL_HOME: '' })).toBe(join(process.cwd(), '.rollcall'));
    expect(homeOf({ ROLLCALL_HOME: 'elsewhere' })).toBe(join(process.cwd(), 'elsewhere'));
  });
});

describe('the file of the local stack', () => {
  it('is nothing where none was started', () => {
    expect(readStackFile(home)).toBeUndefined();
  });

  it.each([
    ['cut off', '{"databaseUrl":"postgres://u:password@'],
    ['empty', ''],
    ['of another shape', '{"databaseUrl":"postgres://u:password@h/d"}'],
  ])('that is %s is an error that names it and quotes nothing of it', async (_, text) => {
    await writeStack(text);
    const reading = () => readSettings(environment(both));
    expect(reading).toThrow(join(home, 'stack.json'));
    expect(reading).not.toThrow(/password/);
  });
});

describe('master keys', () => {
  const names = (env: Record<string, string>) => [...readMasterKeys(env, { makeIfMissing: false }).keys.keys()];

  it('come from the environment, else from the named file, else from the home folder', async () => {
    const named = join(home, 'named');
    await writeFile(named, newMasterKey('named'));
    await writeFile(join(home, 'master-keys'), newMasterKey('home'));
    const all = environment({ ROLLCALL_MASTER_KEYS: newMasterKey('inline'), ROLLCALL_KEY_FILE: named });
    expect(names(all)).toEqual(['inline']);
    expect(names({ ...all, ROLLCALL_MASTER_KEYS: '' })).toEqual(['named']);
    expect(names({ ...all, ROLLCALL_MASTER_KEYS: '', ROLLCALL_KEY_FILE: '' })).toEqual(['home']);
  });

  it('that are missing are told with both ways to mend it, and nothing is made', async () => {
    const reading = () => readMasterKeys(environment(), { makeIfMissing: false });
    expect(reading).toThrow(expect.objectContaining({ code: 'KEY_MISSING' }));
    expect(reading).toThrow('ROLLCALL_MASTER_KEYS');
    expect(reading).toThrow(join(home, 'master-keys'));
    expect(await readdir(home)).toEqual([]);
  });

  it('are made where they may be, for their owner only, and stay the same from then on', async () => {
    const made = readMasterKeys(environment(), { makeIfMissing: true });
    const path = join(home, 'master-keys');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(readMasterKeys(environment(), { makeIfMissing: true })).toEqual(made);
    expect(readMasterKeys(environment(), { makeIfMissing: false })).toEqual(made);
    expect((await readFile(path, 'utf8')).startsWith('k1:')).toBe(true);
  });

  it('are made in a folder that is not there yet', async () => {
    const path = join(home, 'secrets', 'keys');
    readMasterKeys(environment({ ROLLCALL_KEY_FILE: path }), { makeIfMissing: true });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('of a file that is there are never written over, also when it cannot be understood', async () => {
    const path = join(home, 'master-keys');
    await writeFile(path, 'half a ke');
    await chmod(path, 0o640);
    expect(() => readMasterKeys(environment(), { makeIfMissing: true })).toThrow(
      expect.objectContaining({ code: 'KEY_MISSING' }),
    );
    expect(await readFile(path, 'utf8')).toBe('half a ke');
    expect((await stat(path)).mode & 0o777).toBe(0o640);
  });
});
