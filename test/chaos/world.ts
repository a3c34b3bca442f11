import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import axios from 'axios';
import type pg from 'pg';
import { catchUpRunId } from '../../activities/pause.ts';
import { decideOnHold } from '../../client/decide.ts';
import { requestSync } from '../../client/request-sync.ts';
import { askForPause, liftPause } from '../../client/set-pause.ts';
import { freePort } from '../../local/free-port.ts';
import { startPostgres } from '../../local/postgres.ts';
import { type LocalTemporal, startTemporal } from '../../local/temporal-server-process.ts';
import { searchAttributes } from '../../roster/search-attributes.ts';
import { startAlcuin } from '../../simulators/alcuin/server.ts';
import type { AlcuinState } from '../../simulators/alcuin/state.ts';
import { startEdusign } from '../../simulators/edusign/server.ts';
import type { EdusignState } from '../../simulators/edusign/state.ts';
import { Clock } from '../../simulators/kit/clock.ts';
import type { JournalEntry } from '../../simulators/kit/journal.ts';
import type { Running } from '../../simulators/kit/server.ts';
import { setClock } from '../../store/clock.ts';
import { applyConfiguration, findAccount } from '../../store/configuration.ts';
import { goLive } from '../../store/connections.ts';
import { Database } from '../../store/database.ts';
import { parseMasterKeys } from '../../store/envelope.ts';
import { type Hold, listHolds } from '../../store/holds.ts';
import { migrate } from '../../store/migrate.ts';
import type { Pause } from '../../store/pauses.ts';
import { findRun, type RunRow } from '../../store/runs.ts';
import { setSecret } from '../../store/secrets.ts';
import { connectTemporal } from '../../worker/temporal.ts';
import { asSuperuser } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';
import { resetWorkflow } from '../support/reset-workflow.ts';
import { forgetSchedules, testMasterKey, until, WorkerProcess, workerEnv } from '../support/school-day.ts';
import type { Button, Stay } from './disturbances.ts';

/** The servers a round runs on. */
export interface Servers {
  readonly databaseServer: string;
  readonly databaseTemplate: string;
  readonly temporalAddress: string;
  readonly temporalBinary: string;
}

/** What is decided before anything runs. */
export interface WorldPlan {
  /** Business time at which everything begins. */
  readonly startsAt: string;
  /** Whether the connection names the directories it takes. */
  readonly directories: boolean;
  /** Whether the round restarts Temporal, and so needs a server of its own. */
  readonly ownTemporal: boolean;
  /** The same of PostgreSQL. */
  readonly ownDatabase: boolean;
}

export type System = 'alcuin' | 'edusign';

/** Short, so that a round has time for requests that run into it. */
export const requestTimeoutMs = 1_000;

/** Everything a round needs, as real servers and processes; put away by {@link close}. */
export class World {
  readonly #parts: Parts;
  #worker: WorkerProcess | undefined;
  #temporal: LocalTemporal | undefined;
  #pause: Pause | undefined;

  private constructor(parts: Parts) {
    this.#parts = parts;
    this.#temporal = parts.ownTemporal?.server;
  }

  static async open(servers: Servers, plan: WorldPlan): Promise<World> {
    const ownTemporal = plan.ownTemporal ? await temporalOfRound(servers) : undefined;
    const database = plan.ownDatabase ? await ownDatabaseOfRound() : await databaseOfRound(servers);
    const clock = new Clock(plan.startsAt);
    await database.db.operator((tx) => setClock(tx, plan.startsAt));
    // Few rows a page: a small school is read in several, as a large one is.
    const alcuin = await startAlcuin({ password: 'pw', school: 'small-class', clock, pageCap: 9 });
    const edusign = await startEdusign({ apiKey: 'key', clock, pace: { perMinute: null, heavyPerMinute: null } });
    const connection = await connect(database.db, plan, alcuin.url, edusign.url);
    const temporalAddress = ownTemporal?.server.address ?? servers.temporalAddress;
    const temporal = await connectTemporal({ temporalAddress, temporalNamespace: 'default' }, master);
    const taskQueue = `chaos-${randomBytes(6).toString('hex')}`;
    // A workflow that was terminated is noticed by the sweep.
    const env = { ...workerEnv({ databaseUrl: database.url, temporalAddress, taskQueue }), ROLLCALL_SWEEP_MS: '2000' };
    return new World({ database, clock, alcuin, edusign, connection, temporal, taskQueue, env, ownTemporal });
  }

  /** Business time is this now, everywhere, and ticks on. */
  async setTime(instant: string): Promise<void> {
    this.#parts.clock.set(instant);
    await until(() =>
      this.#parts.database.db
        .operator((tx) => setClock(tx, instant))
        .then(() => true)
        .catch(() => undefined),
    );
  }

  now(): Date {
    return this.#parts.clock.now();
  }

  async goLive(): Promise<void> {
    const { database, connection } = this.#parts;
    await database.db.organisation(connection.organisationId, (tx) => goLive(tx, connection.connectionId));
  }

  async alcuinState(): Promise<AlcuinState> {
    return (await axios.get<AlcuinState>(`${this.#parts.alcuin.controlUrl}/state`)).data;
  }

  async edusignState(): Promise<EdusignState> {
    return (await axios.get<EdusignState>(`${this.#parts.edusign.controlUrl}/state`)).data;
  }

  /** Does an edit and gives its result; one that makes no sense any more is told and changes nothing. */
  async edit<T>(system: System, body: Readonly<Record<string, unknown>>): Promise<T> {
    const url = `${this.#parts[system].controlUrl}/school`;
    const { status, data } = await axios.post<{ result: T; error?: string }>(url, body, { validateStatus: () => true });
    if (status !== 200) throw new Error(`${system} refused the edit ${JSON.stringify(body)}: ${data.error}`);
    return data.result;
  }

  async setFaults(system: System, rules: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    await axios.put(`${this.#parts[system].controlUrl}/faults`, rules);
  }

  /** How often each fault fired since the rules were set. */
  async firedFaults(system: System): Promise<Record<string, number>> {
    const { data } = await axios.get<{ rules: { rule: { fault: string }; fired: number }[] }>(
      `${this.#parts[system].controlUrl}/faults`,
    );
    const fired: Record<string, number> = {};
    for (const { rule, fired: times } of data.rules) fired[rule.fault] = (fired[rule.fault] ?? 0) + times;
    return fired;
  }

  async journal(system: System, after = 0): Promise<readonly JournalEntry[]> {
    const url = `${this.#parts[system].controlUrl}/journal?after=${after}`;
    return (await axios.get<{ entries: JournalEntry[] }>(url)).data.entries;
  }

  /** No request is open, and none whose effect is still to come. */
  async quiet(): Promise<void> {
    const isPending = ({ ended, fault, handled }: JournalEntry) =>
      ended === 'open' || (!handled && (fault === 'commit-late' || fault === 'commit-after-cut'));
    await until(async () => {
      const entries = [...(await this.journal('alcuin')), ...(await this.journal('edusign'))];
      return entries.some(isPending) ? undefined : true;
    });
  }

  /** Statements as the superuser, on a connection that no disturbance cuts. */
  async sql<Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return asSuperuser(this.#parts.database.url, async (client) => (await client.query<Row>(text, [...values])).rows);
  }

  get connectionId(): string {
    return this.#parts.connection.connectionId;
  }

  async startWorker(): Promise<void> {
    this.#worker = await WorkerProcess.start(this.#parts.env);
  }

  get worker(): WorkerProcess {
    if (this.#worker === undefined) throw new Error('No worker runs.');
    return this.#worker;
  }

  /** Every connection of ours to PostgreSQL breaks at once. */
  async cutDatabase(): Promise<void> {
    await this.sql(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and application_name = 'rollcall'`,
    );
  }

  /** PostgreSQL ends as a power cut ends it, and recovers. */
  async restartDatabase(): Promise<void> {
    const { restart } = this.#parts.database;
    if (restart === undefined) throw new Error('The PostgreSQL server is shared.');
    await restart();
  }

  /** Somebody pauses the connection: for the summer, or at once because something is wrong. */
  async pause(stay: Stay): Promise<void> {
    const { connection } = this.#parts;
    const now = stay === 'pause-now';
    this.#pause = await askForPause(this.#services, this.#asked, {
      organisationId: connection.organisationId,
      scope: { connectionId: connection.connectionId },
      school: null,
      cause: now ? 'incident' : 'summer',
      effect: 'no-runs',
      stopNow: now,
      startsAt: null,
      endsAt: null,
    });
  }

  get isPaused(): boolean {
    return this.#pause !== undefined;
  }

  /** Lifts the pause. Gives the run that starts by itself. */
  async resume(): Promise<{ runId: string; workflowId: string }> {
    const pause = this.#pause;
    if (pause === undefined) throw new Error('Nothing is paused.');
    await liftPause(this.#services, this.#asked, pause);
    this.#pause = undefined;
    const { organisationCode, connectionId } = this.#parts.connection;
    const runId = catchUpRunId(pause.pauseId, connectionId);
    return { runId, workflowId: `${organisationCode}/timetable/sync/${runId}` };
  }

  get #services() {
    const { database, temporal, taskQueue } = this.#parts;
    return { db: database.db, temporal, taskQueue };
  }

  get #asked() {
    const { organisationCode } = this.#parts.connection;
    return { organisationCode, actor: { name: 'chaos', role: 'operator' as const }, reason: 'chaos' };
  }

  async restartTemporal(): Promise<void> {
    const { ownTemporal } = this.#parts;
    if (ownTemporal === undefined || this.#temporal === undefined) throw new Error('The Temporal server is shared.');
    await this.#temporal.stop();
    this.#temporal = await startTemporal(ownTemporal.options);
  }

  /** A button of the Temporal UI; one that comes too late finds a closed workflow, and does nothing. */
  async press(button: Button, workflowId: string): Promise<void> {
    const { temporal } = this.#parts;
    const handle = temporal.workflow.getHandle(workflowId);
    const pressed = {
      terminate: () => handle.terminate('chaos'),
      cancel: () => handle.cancel(),
      reset: () => resetWorkflow(temporal, workflowId),
    }[button]();
    await pressed.catch(() => {});
  }

  /** The changes of any size that wait for a person; the smallest is over the limit in a strict round. */
  async openHolds(): Promise<Hold[]> {
    const { database, connection } = this.#parts;
    return database.db.organisation(connection.organisationId, (tx) => listHolds(tx, connection.connectionId, 'open'));
  }

  /** A person approves everything that is held. Gives the run that starts at once, or undefined where nothing is held. */
  async approveAll(): Promise<{ runId: string; workflowId: string } | undefined> {
    const { database, temporal, taskQueue, connection } = this.#parts;
    const holds = await this.openHolds();
    for (const [index, hold] of holds.entries()) {
      await decideOnHold({ db: database.db, temporal, taskQueue }, connection, hold, {
        action: 'approve',
        detail: { hold: hold.number, startsRun: index === holds.length - 1 },
        reason: 'chaos',
        actor: { name: 'chaos', role: 'admin' },
      });
    }
    if (holds.length === 0) return undefined;
    const [command] = await this.sql<{ id: string }>(
      `select command_id as id from command where action = 'approve' order by created_at desc limit 1`,
    );
    const runId = command?.id ?? '';
    return { runId, workflowId: `${connection.organisationCode}/timetable/sync/${runId}` };
  }

  /** Every single removal of a lesson or of a place is over the limit. */
  async beStrict(): Promise<void> {
    await this.sql(
      `update connection set limits = '{"lesson": {"delete": {"percent": 0, "floor": 0}}, "membership": {"delete": {"percent": 0, "floor": 0}}}'`,
    );
  }

  startSync(): Promise<{ runId: string; workflowId: string }> {
    const { database, temporal, taskQueue, connection } = this.#parts;
    const request = {
      preview: false,
      reason: 'chaos',
      actor: { name: 'chaos', role: 'operator' },
    } as const;
    return requestSync({ db: database.db, temporal, taskQueue }, connection, request);
  }

  async runRow(started: { runId: string }): Promise<RunRow | undefined> {
    return findRun(this.#parts.database.db, started).catch(() => undefined);
  }

  async endOf(started: { runId: string }): Promise<RunRow> {
    const ended = async () => {
      const run = await this.runRow(started);
      return run !== undefined && run.state !== 'working' ? run : undefined;
    };
    return until(ended, 180_000).catch((error: Error) => {
      throw new Error(`${error.message}\nThe worker last said:\n${this.#worker?.lines.slice(-15).join('\n')}`);
    });
  }

  async close(): Promise<void> {
    const { temporal, alcuin, edusign, database, ownTemporal } = this.#parts;
    await this.#worker?.kill();
    await forgetSchedules(temporal, this.#parts.taskQueue, this.#parts.connection.organisationCode);
    await temporal.connection.close();
    await alcuin.close();
    await edusign.close();
    await database.drop();
    if (ownTemporal !== undefined) {
      await this.#temporal?.stop();
      await rm(ownTemporal.folder, { recursive: true, force: true });
    }
  }
}

interface Parts {
  readonly database: DatabaseOfRound;
  readonly clock: Clock;
  readonly alcuin: Running;
  readonly edusign: Running;
  readonly connection: Awaited<ReturnType<typeof makeOrganisation>>;
  readonly temporal: Client;
  readonly taskQueue: string;
  readonly env: NodeJS.ProcessEnv;
  readonly ownTemporal: Awaited<ReturnType<typeof temporalOfRound>> | undefined;
}

const master = parseMasterKeys(testMasterKey);

interface DatabaseOfRound {
  readonly url: string;
  readonly db: Database;
  readonly restart?: () => Promise<void>;
  readonly drop: () => Promise<void>;
}

async function databaseOfRound(servers: Servers): Promise<DatabaseOfRound> {
  const name = `chaos_${randomBytes(6).toString('hex')}`;
  const make = (client: pg.Client) => client.query(`create database ${name} template ${servers.databaseTemplate}`);
  // Two rounds that begin together may not copy the template at the same time.
  await until(() => asSuperuser(servers.databaseServer, make).catch(() => undefined));
  const url = new URL(servers.databaseServer);
  url.pathname = `/${name}`;
  const db = new Database(url.href);
  const drop = async () => {
    await db.close();
    await asSuperuser(servers.databaseServer, (client) => client.query(`drop database ${name} with (force)`));
  };
  return { url: url.href, db, drop };
}

/** A PostgreSQL of the round's own, which it may end. */
async function ownDatabaseOfRound(): Promise<DatabaseOfRound> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-chaos-postgres-'));
  const options = { dataDir: join(folder, 'data'), port: await freePort(), logFile: join(folder, 'postgres.log') };
  let server = await startPostgres(options);
  const { url } = server;
  await migrate(url);
  const db = new Database(url);
  return {
    url,
    db,
    restart: async () => {
      await server.crash();
      server = await startPostgres(options);
    },
    drop: async () => {
      await db.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function temporalOfRound(servers: Servers) {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-chaos-'));
  const options = {
    binary: servers.temporalBinary,
    port: await freePort(),
    dbFile: join(folder, 'temporal.db'),
    logFile: join(folder, 'temporal.log'),
    searchAttributes: Object.values(searchAttributes),
  };
  return { folder, options, server: await startTemporal(options) };
}

/** A connection with groups, made by the same functions a user's file goes through; still in trial. */
async function connect(db: Database, plan: WorldPlan, alcuinUrl: string, edusignUrl: string) {
  const made = await makeOrganisation(db, { alcuinUrl, edusignUrl, requestTimeoutMs, live: false });
  const { organisationId, configuration } = made;
  const chosen = {
    annuaireIdInitialStudents: 11,
    annuaireIdContinuousStudents: 12,
    annuaireIdProfessors: 13,
    annuaireIdStudentsGroups: 14,
  };
  // Edusign's seven built-in reasons, so that no justified absence waits for a person.
  const motifs = { 1: 'MAL', 2: 'FAM', 3: 'FAM', 4: 'MED', 5: 'ENT', 6: 'ENT', 7: 'AUT' };
  const sourceOptions = { groups: true, motifs, ...(plan.directories ? chosen : {}) };
  const connections = configuration.connections.map((connection) => ({ ...connection, sourceOptions }));
  await db.organisation(organisationId, async (tx) => {
    await applyConfiguration(tx, organisationId, { ...configuration, connections });
    for (const [account, name, value] of [
      ['alcuin', 'password', 'pw'],
      ['edusign', 'apiKey', 'key'],
    ] as const) {
      const owner = { organisationId, accountId: (await findAccount(tx, account))?.accountId ?? '' };
      await setSecret(tx, master, owner, name, value);
    }
  });
  return made;
}
