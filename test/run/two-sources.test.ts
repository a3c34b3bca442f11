import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import axios from 'axios';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { readConfigurationFile } from '../../client/configuration-file.ts';
import { requestSync } from '../../client/request-sync.ts';
import { startAlcuin } from '../../simulators/alcuin/server.ts';
import { demoAccount, startAuriga } from '../../simulators/auriga/server.ts';
import { startEdusign } from '../../simulators/edusign/server.ts';
import type { EdusignState } from '../../simulators/edusign/state.ts';
import type { JournalEntry } from '../../simulators/kit/journal.ts';
import { applyConfiguration, findAccount, organisationIdOf } from '../../store/configuration.ts';
import { type ConnectionName, goLive, listConnectionNames } from '../../store/connections.ts';
import { parseMasterKeys } from '../../store/envelope.ts';
import { findRun, type RunRow } from '../../store/runs.ts';
import { setSecret } from '../../store/secrets.ts';
import { connectTemporal } from '../../worker/temporal.ts';
import { rollcallCommand } from '../support/command.ts';
import { freshDatabase, type TestDatabase } from '../support/database.ts';
import { forgetSchedules, testMasterKey, until, WorkerProcess, workerEnv } from '../support/school-day.ts';

// A school with two systems that feed one Edusign account: Alcuin for one part of it, Auriga for another.

const shared = 'k.grimaud@etu.ecole-aurore.example';
// Slow enough that two runs at a time would go over it together, were it counted for each.
const perMinute = 240;

let database: TestDatabase;
let alcuin: Awaited<ReturnType<typeof startAlcuin>>;
let auriga: Awaited<ReturnType<typeof startAuriga>>;
let edusign: Awaited<ReturnType<typeof startEdusign>>;
let temporal: Client;
let worker: WorkerProcess;
let env: NodeJS.ProcessEnv;
let taskQueue: string;
let connections: ReadonlyMap<string, ConnectionName>;

beforeAll(async () => {
  database = await freshDatabase();
  alcuin = await startAlcuin({ password: 'pw', school: 'one-lesson' });
  auriga = await startAuriga({ school: 'one-lesson' });
  edusign = await startEdusign({ apiKey: 'key', pace: { perMinute, heavyPerMinute: 60 } });
  // Somebody whom both systems know: Auriga's learner takes a lesson of Alcuin's part too, written in other letters.
  await control('school', {
    edit: 'add-person',
    id: 1500,
    directory: 11,
    nom: 'Grimaud',
    prenom: 'Karole',
    email: shared.toUpperCase(),
  });
  await control('school', { edit: 'add-learner', event: 5001, person: 1500 });
  connections = await configure();
  const temporalAddress = inject('temporalAddress');
  temporal = await connectTemporal({ temporalAddress, temporalNamespace: 'default' }, parseMasterKeys(testMasterKey));
  taskQueue = `test-${randomBytes(6).toString('hex')}`;
  env = workerEnv({ databaseUrl: database.url, temporalAddress, taskQueue });
  worker = await WorkerProcess.start(env);
});
afterAll(async () => {
  await worker.kill();
  await forgetSchedules(temporal, taskQueue, 'both');
  await temporal.connection.close();
  await Promise.all([alcuin, auriga, edusign].map((server) => server.close()));
  await database.drop();
});

function control(path: string, body: object) {
  return axios.post(`${alcuin.controlUrl}/${path}`, body);
}

async function configure(): Promise<Map<string, ConnectionName>> {
  const { realm, clientId, clientSecret, username, password } = demoAccount;
  const configuration = readConfigurationFile(
    'both.yaml',
    `
organisation: { code: both, name: Both, timeZone: Europe/Paris }
accounts:
  alcuin: { system: alcuin, settings: { url: "${alcuin.url}" }, requestsPerMinute: { normal: 60000 } }
  auriga:
    system: auriga
    settings: { url: "${auriga.url}", keycloakUrl: "${auriga.keycloakUrl}", realm: ${realm}, clientId: ${clientId}, username: ${username} }
    requestsPerMinute: { normal: 60000, sign-in: 60000 }
  sheets: { system: edusign, settings: { url: "${edusign.url}" }, requestsPerMinute: { normal: ${perMinute}, heavy: 60 } }
connections:
  business:
    name: Business
    schedule: none
    source: { account: alcuin }
    target: { account: sheets }
  engineering:
    name: Engineering
    schedule: none
    source: { account: auriga, options: { interventionsDetailFavoriteQueryId: 945, GroupesDetailFavoriteQueryId: 1198 } }
    target: { account: sheets }
`,
  );
  const { db } = database;
  const { id } = await db.operator((tx) => organisationIdOf(tx, 'both'));
  await db.organisation(id, (tx) => applyConfiguration(tx, id, configuration));
  const names = await db.operator(listConnectionNames);
  await db.organisation(id, async (tx) => {
    for (const [account, name, value] of [
      ['alcuin', 'password', 'pw'],
      ['auriga', 'clientSecret', clientSecret],
      ['auriga', 'password', password],
      ['sheets', 'apiKey', 'key'],
    ] as const) {
      const accountId = (await findAccount(tx, account))?.accountId ?? '';
      await setSecret(tx, parseMasterKeys(testMasterKey), { organisationId: id, accountId }, name, value);
    }
    for (const { connectionId } of names) await goLive(tx, connectionId);
  });
  return new Map(names.map((name) => [name.connectionCode, name]));
}

function start(code: 'business' | 'engineering') {
  const connection = connections.get(code);
  if (connection === undefined) throw new Error(`There is no connection ${code}.`);
  const actor = { name: 'test', role: 'operator' } as const;
  return requestSync({ db: database.db, temporal, taskQueue }, connection, { preview: false, reason: 'test', actor });
}

async function endOf(started: { runId: string }): Promise<RunRow> {
  return until(async () => {
    const run = await findRun(database.db, started).catch(() => undefined);
    return run !== undefined && run.state !== 'working' ? run : undefined;
  }, 100_000);
}

const sync = async (code: 'business' | 'engineering') => endOf(await start(code));
const state = async () => (await axios.get<EdusignState>(`${edusign.controlUrl}/state`)).data;
const journal = async () =>
  (await axios.get<{ entries: JournalEntry[] }>(`${edusign.controlUrl}/journal`)).data.entries;
const sheetOf = async (id: string) => (await state()).courses.find(({ apiId }) => apiId.includes(id));
const karole = async () => (await state()).students.filter(({ email }) => email.toLowerCase() === shared);

describe('two connections on one Edusign account', () => {
  it('at work at once never exceed its rate together', async () => {
    const runs = await Promise.all([sync('business'), sync('engineering')]);
    expect(runs.map(({ state: end }) => end)).toEqual(['completed', 'completed']);
    expect((await journal()).filter(({ slowedMs }) => slowedMs > 0)).toEqual([]);
  });

  it('make one object of a person whom both name, on the sheets of both', async () => {
    const [one, ...more] = await karole();
    expect(more).toEqual([]);
    for (const sheet of ['business:5001', 'engineering:115849']) {
      expect((await sheetOf(sheet))?.students.map(({ studentId }) => studentId)).toContain(one?.id);
    }
    expect((await state()).courses).toHaveLength(2);
  });

  it('find nothing to do in the runs after, whichever comes first', async () => {
    const before = (await journal()).length;
    for (const code of ['engineering', 'business', 'engineering'] as const) await sync(code);
    expect((await journal()).slice(before).filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it('leave a lesson and a person of the other alone when their own source no longer names them', async () => {
    await control('school', { edit: 'remove-learner', event: 5001, person: 1500 });
    await control('school', { edit: 'remove-person', person: 1500 });
    expect(await sync('business')).toMatchObject({ state: 'completed' });
    const [one] = await karole();
    expect(one).toMatchObject({ archived: false });
    expect((await sheetOf('business:5001'))?.students.map(({ studentId }) => studentId)).not.toContain(one?.id);
    expect((await sheetOf('engineering:115849'))?.students.map(({ studentId }) => studentId)).toContain(one?.id);
  });

  it('of which one is removed: the records of the other are whole, and go on', async () => {
    const before = await state();
    const removed = await rollcallCommand(env)('remove', 'both/business', '--reason', 'the part was closed');
    expect(removed).toMatchObject({ status: 0, stdout: expect.stringContaining('Nothing was written outside') });
    expect((await state()).courses).toEqual(before.courses);
    expect(await sync('engineering')).toMatchObject({ state: 'completed' });
    expect((await state()).courses).toEqual(before.courses);
    expect((await rollcallCommand(env)('connections')).stdout).not.toContain('both/business');
    const { workflowId } = await start('business');
    await expect(temporal.workflow.getHandle(workflowId).result()).rejects.toThrow();
  });
});
