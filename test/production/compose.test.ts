import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startAlcuin } from '../../simulators/alcuin/server.ts';
import { startEdusign } from '../../simulators/edusign/server.ts';
import { until } from '../support/school-day.ts';
import { ComposeRun, compose, composeDocument, composeText, isOneShot, repository, startOrder } from './compose.ts';
import { temporalServer } from './temporal-server.ts';

describe('docker-compose.yml', () => {
  it('is what the Compose Specification allows', async () => {
    const schema = JSON.parse(await readFile(join(import.meta.dirname, 'compose-spec.json'), 'utf8'));
    const validate = new Ajv2020({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
    validate(composeDocument);
    expect(validate.errors).toBeNull();
    validate({ ...(composeDocument as object), servces: {} });
    expect(validate.errors).not.toBeNull();
  });

  it('names a command, an exact image, and what becomes of a service that ends', () => {
    for (const [name, service] of Object.entries(compose.services)) {
      expect(service.image, name).toMatch(/:\d+\.\d+[\w.-]*$/);
      // Only our own image runs what it is told as it is.
      if (!service.image.startsWith('rollcall:')) expect(service.entrypoint, name).not.toEqual([]);
      expect([...service.entrypoint, ...service.command], name).not.toEqual([]);
      if (service.profiles.length > 0) continue;
      expect(service.restart, name).toBe(isOneShot(name) ? 'on-failure:3' : 'unless-stopped');
      if (!isOneShot(name)) expect(service.deploy?.resources.limits.memory, name).toMatch(/\d[mg]$/);
    }
    for (const name of ['postgres', 'temporal', 'worker']) {
      expect(compose.services[name]?.healthcheck, name).toBeDefined();
      expect(compose.services[name]?.stop_grace_period, name).toBe('30s');
    }
  });

  it('holds no secret', () => {
    const variables = Object.values(compose.services).flatMap(({ environment }) => Object.entries(environment));
    const secretive = variables.filter(
      ([name, value]) =>
        /PASS|PWD|SECRET|TOKEN|MASTER_KEYS|API_KEY|DATABASE_URL/.test(name) && !/^\$\{\w+:-\}$/.test(value),
    );
    expect(secretive).toEqual([]);
    expect(composeText).not.toMatch(/:\/\/[^/\s]*:[^/\s]*@/);
  });

  it('mounts only files that are there', () => {
    for (const { file } of Object.values(compose.configs)) expect(existsSync(join(repository, file)), file).toBe(true);
  });
});

/** The school's file, as docs/production.md has it written. */
const schoolFile = (urls: { alcuin: string; edusign: string }) => `
organisation: { code: north, name: North Campus, timeZone: Europe/Paris }
accounts:
  alcuin: { system: alcuin, settings: { url: ${urls.alcuin} } }
  edusign: { system: edusign, settings: { url: ${urls.edusign} }, requestsPerMinute: { normal: 60000, heavy: 60000 } }
connections:
  timetable: { name: Timetable, source: { account: alcuin }, target: { account: edusign } }
`;

describe.skipIf(temporalServer === undefined)('the services of docker-compose.yml', () => {
  it('start in their order with their own commands, sync a school, and end within 30 seconds', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rollcall-compose-'));
    const services = await ComposeRun.prepare(folder, { ROLLCALL_ALLOW_HOSTS: '127.0.0.1' });
    const alcuin = await startAlcuin({ password: 'pw', school: 'small-class' });
    const edusign = await startEdusign({ apiKey: 'key' });
    onTestFinished(async () => {
      await services.down();
      await Promise.all([alcuin.close(), edusign.close()]);
      await rm(folder, { recursive: true, force: true });
    });
    const withCodec = existsSync(join(repository, 'worker', 'codec-main.ts'));
    const order = startOrder().filter((name) => name !== 'temporal-ui' && (name !== 'codec' || withCodec));
    await services.up(order);
    await until(() => services.outputOf('worker').includes('worker ready') || undefined, 60_000);
    if (withCodec) await until(() => answers(services.codecPort), 30_000);

    let token = '';
    const rollcall = async (words: string, input = '') => {
      const { status, output } = await services.run('rollcall', words.split(' '), {
        input,
        env: { ROLLCALL_TOKEN: token },
      });
      if (status !== 0) throw new Error(`"${words}" ended with ${status}:\n${output}`);
      return output;
    };
    token = /rct_[\w-]+/.exec(await rollcall('token issue ops --role operator'))?.[0] ?? '';
    const file = join(folder, 'north.yaml');
    await writeFile(file, schoolFile({ alcuin: alcuin.url, edusign: edusign.url }));
    await rollcall(`config apply ${file}`);
    await rollcall('secret set north/alcuin password', 'pw');
    await rollcall('secret set north/edusign apiKey', 'key');
    await rollcall('trial north/timetable');
    await rollcall('go-live north/timetable --reason test');
    await rollcall('sync north/timetable --wait --reason test');
    const { data } = await lessons(edusign.url);
    expect(data).toHaveLength(10);

    expect(await services.isHealthy('worker')).toBe(true);
    expect(await services.isHealthy('worker', { ROLLCALL_TASK_QUEUE: 'nobody-polls-it' })).toBe(false);
    // An upgrade runs the steps of the installation again: what is there stays.
    await services.up(order.filter(isOneShot));
    expect(services.ended()).toEqual([]);
    for (const [name, seconds] of Object.entries(await services.down())) expect(seconds, name).toBeLessThan(30);
    // What was written last is archived too.
    expect((await readdir(join(services.backupFolder, 'wal'))).length).toBeGreaterThan(0);
  }, 240_000);
});

function answers(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(undefined));
    socket.on('connect', () => socket.destroy());
  });
}

async function lessons(edusignUrl: string): Promise<{ data: unknown[] }> {
  const answer = await fetch(`${edusignUrl}/v1/course`, { headers: { authorization: 'Bearer key' } });
  return { data: ((await answer.json()) as { result: unknown[] }).result };
}
