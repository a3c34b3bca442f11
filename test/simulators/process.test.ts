import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import axios from 'axios';
import { expect, onTestFinished, test } from 'vitest';
import { alcuin, edusign, eventually, folder } from './support.ts';

const zoe = { student: { FIRSTNAME: 'Zoé', LASTNAME: 'Test', EMAIL: 'zoe@etu.example' } };

test('a second start finds the data of the first', async () => {
  const stateDir = folder();
  const first = [await alcuin({ stateDir, school: 'small-class' }), await edusign({ stateDir })] as const;
  await first[0].edit({ edit: 'rename', event: 5001, name: 'Renommé' });
  await first[1].api.post('/v1/student', zoe);
  const before = [await first[0].state(), await first[1].state()];
  for (const started of first) await started.running.close();

  const second = [await alcuin({ stateDir, school: 'one-lesson' }), await edusign({ stateDir })] as const;
  expect([await second[0].state(), await second[1].state()]).toEqual(before);
  expect(before[0]).toMatchObject({
    evenements: expect.arrayContaining([expect.objectContaining({ nom: 'Renommé' })]),
  });
});

test('the state is on disk soon after a change, without a clean stop', async () => {
  const stateDir = folder();
  const started = await edusign({ stateDir });
  await started.api.post('/v1/student', zoe);
  await eventually(() => expect(readFileSync(join(stateDir, 'edusign.json'), 'utf8')).toContain('zoe@etu.example'));
  expect(existsSync(join(stateDir, 'edusign.json.tmp'))).toBe(false);
});

test('a state file that does not fit stops the start instead of passing for a first one', async () => {
  const stateDir = folder();
  const started = await edusign({ stateDir });
  await started.running.close();
  writeFileSync(join(stateDir, 'edusign.json'), '{"version":99}');
  await expect(edusign({ stateDir })).rejects.toThrow();
});

test('stopping leaves no late effect behind', async () => {
  const stateDir = folder();
  const started = await edusign({ stateDir });
  await started.fault({ fault: 'commit-late', ms: 60_000 });
  const lost = expect(started.api.post('/v1/student', zoe)).rejects.toThrow();
  await eventually(async () => expect(await started.journal()).toHaveLength(1));
  await started.running.close();
  await lost;
  expect(readFileSync(join(stateDir, 'edusign.json'), 'utf8')).not.toContain('zoe@etu.example');
});

test('the process says where it listens, and stops cleanly when asked', async () => {
  const child = spawn(
    process.execPath,
    [
      ...['--import', 'tsx', 'simulators/main.ts', '--state', folder(), '--now', '2026-11-23T07:00:00Z'],
      ...['--proxy-port', '0', '--alcuin-only-from-proxy'],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const exited = once(child, 'exit');
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const ready = JSON.parse(String(line));
  expect(ready).toMatchObject({ ready: true, alcuin: { url: expect.stringMatching(/\/api\/$/) } });
  const proxy = { protocol: 'http', host: '127.0.0.1', port: Number(new URL(ready.proxy.url).port) };
  const headers = { Authorization: 'Bearer alcuin-demo' };
  const direct = axios.get(`${ready.alcuin.url}ping`, { headers });
  await expect(direct).rejects.toMatchObject({ response: { status: 403 } });
  const ping = await axios.get(`${ready.alcuin.url}ping`, { headers, proxy });
  expect(ping.data).toEqual({ version: '1.0', fuseau: 'Europe/Paris' });
  const clock = (await axios.get(`${ready.edusign.control}/clock`)).data;
  expect(clock.now).toMatch(/^2026-11-23T07:00/);
  child.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
}, 30_000);
