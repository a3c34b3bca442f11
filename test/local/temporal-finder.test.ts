import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporalCache } from '../../local/cache-folder.ts';
import { freePort } from '../../local/free-port.ts';
import { BuildInterrupted } from '../../local/temporal-build.ts';
import { type FindTemporalOptions, findTemporal, TemporalNotFound } from '../../local/temporal-finder.ts';
import { fakeTemporal, scratchFolder, script } from './support.ts';

async function world() {
  const folder = await scratchFolder();
  const path = join(folder, 'bin');
  await mkdir(path);
  const env: Record<string, string> = { PATH: path, ROLLCALL_CACHE: join(folder, 'cache') };
  const said: string[] = [];
  const fails = (why: string) => () => Promise.reject(new Error(why));
  return {
    folder,
    path,
    env,
    said,
    find: (options: Partial<FindTemporalOptions> = {}) =>
      findTemporal({
        env,
        say: (line) => said.push(line),
        download: fails('no network'),
        build: fails('Go is not installed'),
        ...options,
      }),
  };
}

describe('findTemporal', () => {
  it('takes the binary that is named, before the one on the PATH', async () => {
    const { folder, path, env, find } = await world();
    await fakeTemporal(join(path, 'temporal'));
    env['ROLLCALL_TEMPORAL_BINARY'] = await fakeTemporal(join(folder, 'mine'), '1.7.0', '1.30.1');
    expect(await find()).toEqual({
      kind: 'binary',
      path: join(folder, 'mine'),
      version: '1.7.0',
      serverVersion: '1.30.1',
      from: 'ROLLCALL_TEMPORAL_BINARY',
    });
  });

  it('takes the one on the PATH before the cache, and the cache before the download', async () => {
    const { folder, path, env, find } = await world();
    const cache = temporalCache(env);
    const downloaded = await fakeTemporal(join(folder, 'downloaded'));
    const download = () => Promise.resolve(downloaded);
    expect(await find({ download })).toMatchObject({ from: 'download', path: downloaded });
    await mkdir(cache.folder, { recursive: true });
    await fakeTemporal(cache.binary);
    expect(await find({ download })).toMatchObject({ from: 'cache', path: cache.binary });
    await fakeTemporal(join(path, 'temporal'));
    expect(await find({ download })).toMatchObject({ from: 'PATH', path: join(path, 'temporal') });
  });

  it('builds when nothing else worked', async () => {
    const { folder, said, find } = await world();
    const built = await fakeTemporal(join(folder, 'built'));
    expect(await find({ build: () => Promise.resolve(built) })).toMatchObject({ from: 'build', path: built });
    expect(said).toContain('download: no network');
  });

  it('goes on when TEMPORAL_ADDRESS does not answer, and says so', async () => {
    const { path, env, said, find } = await world();
    const address = `127.0.0.1:${await freePort()}`;
    env['TEMPORAL_ADDRESS'] = address;
    await fakeTemporal(join(path, 'temporal'));
    expect(await find()).toMatchObject({ from: 'PATH' });
    expect(said[0]).toMatch(`TEMPORAL_ADDRESS: no answer from ${address} (`);
  });

  it.each([
    ['does not run', ['echo "wrong machine" >&2', 'exit 1'], /it does not run: wrong machine/],
    ['is something else', ['echo "temporal 3.0, a calendar"'], /does not say it is the Temporal CLI/],
    ['is too old', ['echo "temporal version 1.1.0 (Server 1.25.0, UI 2.30.0)"'], /1\.29\.0 is the oldest/],
  ])('refuses a binary that %s, and goes on', async (_name, lines, why) => {
    const { folder, path, env, said, find } = await world();
    env['ROLLCALL_TEMPORAL_BINARY'] = await script(join(folder, 'broken'), ...lines);
    await fakeTemporal(join(path, 'temporal'));
    expect(await find()).toMatchObject({ from: 'PATH' });
    expect(said.find((line) => line.startsWith('ROLLCALL_TEMPORAL_BINARY'))).toMatch(why);
  });

  it('names every attempt with its reason, and the ways to mend it, when all fail', async () => {
    const { env, find } = await world();
    env['TEMPORAL_ADDRESS'] = `127.0.0.1:${await freePort()}`;
    env['ROLLCALL_TEMPORAL_BINARY'] = '/nowhere/temporal';
    const error = await find().catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(TemporalNotFound);
    const { message, attempts } = error as TemporalNotFound;
    expect(attempts.map((attempt) => attempt.split(':')[0])).toEqual([
      'TEMPORAL_ADDRESS',
      'ROLLCALL_TEMPORAL_BINARY',
      'PATH',
      'cache',
      'download',
      'build',
    ]);
    expect(message).toMatch(/ROLLCALL_TEMPORAL_BINARY: \/nowhere\/temporal: there is no such file/);
    expect(message).toMatch(/build: Go is not installed/);
    expect(message).toMatch(/Install the Temporal CLI/);
    expect(message).toMatch(/Install Go 1\.26\.4 or newer/);
  });

  it('lets Ctrl-C during the build through as it is', async () => {
    const { find } = await world();
    const build = () => Promise.reject(new BuildInterrupted('stopped'));
    await expect(find({ build })).rejects.toBeInstanceOf(BuildInterrupted);
  });
});
