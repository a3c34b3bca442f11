import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import axios from 'axios';
import { inject } from 'vitest';
import { readConfigurationFile } from '../../client/configuration-file.ts';
import { requestSync } from '../../client/request-sync.ts';
import { type AurigaRunning, demoAccount, startAuriga } from '../../simulators/auriga/server.ts';
import { startEdusign } from '../../simulators/edusign/server.ts';
import { Clock } from '../../simulators/kit/clock.ts';
import type { Running } from '../../simulators/kit/server.ts';
import { setClock } from '../../store/clock.ts';
import { applyConfiguration, findAccount, organisationIdOf } from '../../store/configuration.ts';
import { type ConnectionName, goLive, listConnectionNames } from '../../store/connections.ts';
import { parseMasterKeys } from '../../store/envelope.ts';
import { findRun, type RunRow } from '../../store/runs.ts';
import { setSecret } from '../../store/secrets.ts';
import { connectTemporal } from '../../worker/temporal.ts';
import { Controls } from '../connectors/auriga/controls.ts';
import { freshDatabase, type TestDatabase } from './database.ts';
import { forgetSchedules, testMasterKey, until, WorkerProcess, workerEnv } from './school-day.ts';

const masters = parseMasterKeys(testMasterKey);
const edusignKey = 'key';

/** A school with Auriga as its source, by the file that its people would write; everything else as in a SchoolDay. */
export class AurigaDay {
  readonly database: TestDatabase;
  readonly auriga: Controls;
  readonly connection: ConnectionName;
  readonly #servers: readonly [AurigaRunning, Running];
  readonly #temporal: Client;
  readonly #taskQueue: string;
  readonly #worker: WorkerProcess;
  readonly #clock: Clock;

  private constructor(parts: {
    database: TestDatabase;
    connection: ConnectionName;
    servers: readonly [AurigaRunning, Running];
    temporal: Client;
    taskQueue: string;
    worker: WorkerProcess;
    clock: Clock;
  }) {
    this.database = parts.database;
    this.connection = parts.connection;
    this.auriga = new Controls(parts.servers[0]);
    this.#servers = parts.servers;
    this.#temporal = parts.temporal;
    this.#taskQueue = parts.taskQueue;
    this.#worker = parts.worker;
    this.#clock = parts.clock;
  }

  /** @param now instant at which all clocks of business time start. */
  static async open(now: string): Promise<AurigaDay> {
    const database = await freshDatabase();
    const clock = new Clock(now);
    const auriga = await startAuriga({ school: 'one-lesson', clock });
    const edusign = await startEdusign({ apiKey: edusignKey, clock, pace: { perMinute: null, heavyPerMinute: null } });
    await database.db.operator((tx) => setClock(tx, now));
    const connection = await connect(database, fileFor(auriga, edusign.url));
    const temporalAddress = inject('temporalAddress');
    const temporal = await connectTemporal({ temporalAddress, temporalNamespace: 'default' }, masters);
    const taskQueue = `test-${randomBytes(6).toString('hex')}`;
    const worker = await WorkerProcess.start(workerEnv({ databaseUrl: database.url, temporalAddress, taskQueue }));
    return new AurigaDay({ database, connection, servers: [auriga, edusign], temporal, taskQueue, worker, clock });
  }

  async sync(): Promise<RunRow> {
    const { db } = this.database;
    const services = { db, temporal: this.#temporal, taskQueue: this.#taskQueue };
    const started = await requestSync(services, this.connection, {
      preview: false,
      reason: 'test',
      actor: { name: 'test', role: 'operator' },
    });
    return until(async () => {
      const run = await findRun(db, started).catch(() => undefined);
      return run !== undefined && run.state !== 'working' ? run : undefined;
    }, 100_000);
  }

  /** Everybody's business time is now this. */
  async goTo(now: string): Promise<void> {
    this.#clock.set(now);
    await this.database.db.operator((tx) => setClock(tx, now));
  }

  async atEdusign<T>(path: string): Promise<T[]> {
    const { data } = await axios.get<{ result: T[] }>(`${this.#servers[1].url}/v1/${path}`, {
      headers: { authorization: `Bearer ${edusignKey}` },
    });
    return data.result;
  }

  async editEdusign(edit: object): Promise<void> {
    await axios.post(`${this.#servers[1].controlUrl}/school`, edit);
  }

  /** Requests that wrote at Edusign. */
  async writes(): Promise<string[]> {
    const { data } = await axios.get<{ entries: { method: string; path: string }[] }>(
      `${this.#servers[1].controlUrl}/journal`,
    );
    return data.entries.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`);
  }

  async close(): Promise<void> {
    await this.#worker.kill();
    await forgetSchedules(this.#temporal, this.#taskQueue, this.connection.organisationCode);
    await this.#temporal.connection.close();
    await Promise.all(this.#servers.map((server) => server.close()));
    await this.database.drop();
  }
}

/** Parameters by the names of the set-up page; secrets are set apart. */
function fileFor({ url, keycloakUrl }: AurigaRunning, edusignUrl: string): string {
  const { realm, clientId, username } = demoAccount;
  return `
organisation: { code: aurore, name: École Aurore, timeZone: Europe/Paris }
accounts:
  timetable:
    system: auriga
    settings: { url: "${url}", keycloakUrl: "${keycloakUrl}/realms/${realm}/account", realm: ${realm}, clientId: ${clientId}, username: ${username} }
    requestsPerMinute: { normal: 60000, sign-in: 60000 }
  sheets:
    system: edusign
    settings: { url: "${edusignUrl}" }
    requestsPerMinute: { normal: 60000, heavy: 60000 }
connections:
  timetable:
    name: Timetable
    source:
      account: timetable
      options: { interventionsDetailFavoriteQueryId: 945, GroupesDetailFavoriteQueryId: 1198, motifs: { Arrêt maladie: 41 } }
    target: { account: sheets }
`;
}

async function connect({ db }: TestDatabase, file: string): Promise<ConnectionName> {
  const configuration = readConfigurationFile('aurore.yaml', file);
  const { id } = await db.operator((tx) => organisationIdOf(tx, configuration.organisation.code));
  await db.organisation(id, (tx) => applyConfiguration(tx, id, configuration));
  const [connection] = (await db.operator(listConnectionNames)).filter((name) => name.organisationId === id);
  if (connection === undefined) throw new Error('The connection was not made.');
  await db.organisation(id, async (tx) => {
    for (const [account, name, value] of [
      ['timetable', 'clientSecret', demoAccount.clientSecret],
      ['timetable', 'password', demoAccount.password],
      ['sheets', 'apiKey', edusignKey],
    ] as const) {
      const found = await findAccount(tx, account);
      await setSecret(tx, masters, { organisationId: id, accountId: found?.accountId ?? '' }, name, value);
    }
    await goLive(tx, connection.connectionId);
  });
  return connection;
}
