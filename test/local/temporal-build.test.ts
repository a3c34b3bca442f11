import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporalCache } from '../../local/cache-folder.ts';
import { takeLock } from '../../local/lock.ts';
import { isAlive } from '../../local/process-info.ts';
import { BuildInterrupted, buildTemporal, buildTemporalServer, checkGo, Progress } from '../../local/temporal-build.ts';
import { scratchFolder, script, until } from './support.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A Go that takes as long as a test wants: `go build` ends when the file `finish` is there. */
async function world(goVersion = '1.26.8', toolchain = 'local') {
  const folder = await scratchFolder();
  const bin = join(folder, 'bin');
  const log = join(folder, 'builds');
  await mkdir(bin);
  await script(
    join(bin, 'go'),
    `[ "$1" = version ] && echo "go version go${goVersion} linux/amd64" && exit 0`,
    `[ "$1" = env ] && echo "${toolchain}" && exit 0`,
    '[ "$1" = build ] || exit 0',
    `echo $$ >> "${log}"`,
    'mkdir -p "$GOMODCACHE/some" "$GOCACHE"',
    'echo "go: downloading example.com/some v1.0.0" >&2',
    'echo "example.com/some/pkg" >&2',
    `[ -e "${folder}/break" ] && echo "disk on fire" >&2 && exit 1`,
    'while [ "$1" != -o ]; do shift; done',
    `until [ -e "${folder}/finish" ]; do sleep 0.05; done`,
    'printf \'#!/bin/sh\\necho "temporal version 1.8.2 (Server 1.31.2, UI 2.50.1)"\\n\' > "$2"; chmod +x "$2"',
  );
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, ROLLCALL_CACHE: join(folder, 'cache') };
  const said: string[] = [];
  return {
    folder,
    env,
    said,
    cache: temporalCache(env),
    builds: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number),
    finish: () => writeFile(join(folder, 'finish'), ''),
    buildAll: () => buildTemporal({ env, say: (line) => said.push(line), withServer: true }),
    buildServer: () => buildTemporalServer({ env, say: (line) => said.push(line) }),
    build: (signal?: AbortSignal) =>
      buildTemporal({ env, say: (line) => said.push(line), everyMs: 20, ...(signal && { signal }) }),
  };
}

describe('buildTemporal', () => {
  it('leaves the binary in the cache and nothing else', async () => {
    const { build, cache, said, finish } = await world();
    const building = build();
    await until(() => said.some((line) => /step 2 of 3: compiling, 1 of about/.test(line)), 'progress');
    await finish();
    expect(await building).toBe(cache.binary);
    expect(await readdir(cache.folder)).toEqual(['temporal']);
    expect(said[0]).toMatch(/six minutes/);
    expect(said.at(-1)).toMatch(/Built Temporal 1\.8\.2 \(server 1\.31\.2\)/);
  });

  it('builds once when two starts come together', async () => {
    const { build, cache, said, builds, finish } = await world();
    const both = [build(), build()];
    await until(() => said.some((line) => line.includes('Waiting for it')), 'the second waits');
    await finish();
    expect(await Promise.all(both)).toEqual([cache.binary, cache.binary]);
    expect(await builds()).toHaveLength(1);
  });

  it('builds the server of production in the same go, and not again', async () => {
    const { buildAll, buildServer, cache, builds, finish } = await world();
    await finish();
    await buildAll();
    expect((await readdir(cache.folder)).sort()).toEqual(['temporal', 'temporal-server', 'temporal-sql-tool']);
    const { server, sqlTool } = await buildServer();
    expect([server, sqlTool]).toEqual([`${cache.binary}-server`, `${cache.binary}-sql-tool`]);
    expect(await builds()).toHaveLength(3);
  });

  it('builds the server of production alone where the CLI is there', async () => {
    const { buildServer, cache, builds, finish } = await world();
    await finish();
    await buildServer();
    expect((await readdir(cache.folder)).sort()).toEqual(['temporal-server', 'temporal-sql-tool']);
    expect(await builds()).toHaveLength(2);
  });

  it('removes its folder when the build fails, and tells what Go said', async () => {
    const { folder, build, cache } = await world();
    await writeFile(join(folder, 'break'), '');
    await expect(build()).rejects.toThrow(/ended with code 1:\ndisk on fire/);
    expect(await readdir(cache.folder)).toEqual([]);
  });

  it('stops Go and removes its folder when it is told to stop', async () => {
    const { build, cache, builds } = await world();
    const stop = new AbortController();
    const building = build(stop.signal);
    await until(async () => (await builds()).length === 1, 'the build runs');
    stop.abort();
    await expect(building).rejects.toBeInstanceOf(BuildInterrupted);
    expect(await readdir(cache.folder)).toEqual([]);
    const [go] = await builds();
    expect(go !== undefined && isAlive(go)).toBe(false);
  });

  it('cleans up after Ctrl-C, and after a start that was killed', async () => {
    const { folder, env, cache, build, builds, finish } = await world();
    const program = join(folder, 'build.mts');
    const module = JSON.stringify(join(ROOT, 'local', 'temporal-build.ts'));
    await writeFile(
      program,
      `import { buildTemporal } from ${module}; buildTemporal({ env: process.env, say: () => {} });`,
    );
    const start = () => {
      const child = spawn(process.execPath, ['--import', 'tsx', program], { cwd: ROOT, env, stdio: 'ignore' });
      onTestFinished(() => void child.kill('SIGKILL'));
      return child;
    };

    const interrupted = start();
    await until(async () => (await builds()).length === 1, 'the build runs');
    interrupted.kill('SIGINT');
    await once(interrupted, 'exit');
    expect(await readdir(cache.folder)).toEqual([]);

    const killed = start();
    await until(async () => (await builds()).length === 2, 'the build runs again');
    killed.kill('SIGKILL');
    await once(killed, 'exit');
    expect(await readdir(cache.folder)).toContain('build.lock');
    const goes = await builds();
    onTestFinished(() => goes.filter(isAlive).forEach((pid) => void process.kill(pid, 'SIGKILL')));

    await finish();
    await build();
    expect(await readdir(cache.folder)).toEqual(['temporal']);
  });
});

describe('checkGo', () => {
  it.each([
    ['1.26.4', 'local'],
    ['1.27.0', 'local'],
    ['1.24.2', 'auto'],
    ['1.21.0', 'go1.21.0+auto'],
  ])('accepts Go %s with GOTOOLCHAIN=%s', async (version, toolchain) => {
    const { env } = await world(version, toolchain);
    await expect(checkGo(env)).resolves.toBeUndefined();
  });

  it.each([
    ['1.26.3', 'local', /GOTOOLCHAIN=local\): set GOTOOLCHAIN=auto/],
    ['1.19.8', 'auto', /Go 1\.19\.8 is too old: 1\.26\.4 or newer is needed/],
  ])('refuses Go %s with GOTOOLCHAIN=%s', async (version, toolchain, why) => {
    const { env } = await world(version, toolchain);
    await expect(checkGo(env)).rejects.toThrow(why);
  });

  it('says when there is no Go', async () => {
    const { folder } = await world();
    await expect(checkGo({ PATH: join(folder, 'nothing') })).rejects.toThrow('Go is not installed');
  });
});

describe('Progress', () => {
  it('tells the step', () => {
    const progress = new Progress();
    expect(progress.describe()).toMatch(/^step 1 of 3: fetching modules, 0 of/);
    progress.read('go: downloading go.temporal.io/sdk v1.40.0');
    expect(progress.describe()).toMatch(/^step 1 of 3: fetching modules, 1 of/);
    progress.read('internal/goarch');
    progress.read('github.com/temporalio/cli/cliext');
    expect(progress.describe()).toMatch(/^step 2 of 3: compiling, 2 of/);
    progress.read('github.com/temporalio/cli/cmd/temporal');
    expect(progress.describe()).toBe('step 3 of 3: linking');
  });
});

describe('takeLock', () => {
  it('takes over the lock of a dead process, and of one that fell silent elsewhere', async () => {
    const file = join(await scratchFolder(), 'lock');
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    const never = () => {
      throw new Error('It should not have waited.');
    };
    await writeFile(file, JSON.stringify({ pid: gone.pid, host: hostname(), id: 'dead' }));
    await (await takeLock(file, never)).release();

    await writeFile(file, JSON.stringify({ pid: 1, host: 'elsewhere', id: 'silent' }));
    await utimes(file, new Date(0), new Date(0));
    await (await takeLock(file, never)).release();
    expect(await readdir(join(file, '..'))).toEqual([]);
  });

  it('asks once while a live process holds it, and lets the caller give up', async () => {
    const file = join(await scratchFolder(), 'lock');
    const lock = await takeLock(file, () => undefined);
    const giveUp = takeLock(file, (holder) => {
      throw new Error(`held by ${holder.pid}`);
    });
    await expect(giveUp).rejects.toThrow(`held by ${process.pid}`);
    await lock.release();
  });
});
