import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { afterEach, beforeEach } from 'vitest';
import { admit } from '../../activities/admit.ts';
import { type ConnectionCheck, checkConnection } from '../../activities/check-connection.ts';
import { dedupe } from '../../activities/dedupe.ts';
import { deliver } from '../../activities/deliver.ts';
import { fetch } from '../../activities/fetch.ts';
import { filter } from '../../activities/filter.ts';
import { decideHold, type HoldLook, lookAtHold } from '../../activities/hold.ts';
import { lookAtPause, type PauseLook } from '../../activities/pause.ts';
import { plan } from '../../activities/plan.ts';
import { pushAttendanceSlice } from '../../activities/push-attendance.ts';
import { readAttendance } from '../../activities/read-attendance.ts';
import { report } from '../../activities/report.ts';
import type { Services } from '../../activities/services.ts';
import { listenForSilence } from '../../activities/silence.ts';
import { upsertSlice } from '../../activities/upsert.ts';
import { validate } from '../../activities/validate.ts';
import type { Calendar } from '../../roster/calendar.ts';
import type { ErrorCode } from '../../roster/error-codes.ts';
import type { Limits } from '../../roster/safety-filter.ts';
import type { Schedule } from '../../roster/schedule.ts';
import type { Trigger } from '../../roster/triggers.ts';
import { setClock } from '../../store/clock.ts';
import { recordCommand } from '../../store/commands.ts';
import { readConnection } from '../../store/connections.ts';
import type { Transaction } from '../../store/database.ts';
import type { Decision, DecisionOutcome } from '../../store/decisions.ts';
import { type HeldChange, type Hold, heldChanges, listHolds } from '../../store/holds.ts';
import { listAllNext } from '../../store/inventory.ts';
import { type MatchDecision, saveDecisions } from '../../store/matches.ts';
import { endPause, type NewPause, setPause } from '../../store/pauses.ts';
import { findRun, type RunRow } from '../../store/runs.ts';
import type { RunRef } from '../../store/steps.ts';
import {
  applySubscribers,
  applyTelling,
  type ConfiguredSubscriber,
  type ConfiguredTelling,
} from '../../store/subscribers.ts';
import { setWebhookSecret } from '../../store/webhook-secrets.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from './database.ts';
import { makeOrganisation, masterKeys } from './organisation.ts';
import { ToyWorld } from './toy-systems.ts';

const neverAborted = new AbortController().signal;

// No Temporal here: what steps start is only noted, and a run at work would be a mistake of the test.
function notedTemporal(started: string[]): Client {
  const workflow = {
    start: async (_type: string, { workflowId }: { workflowId: string }) => void started.push(workflowId),
    signalWithStart: async (_type: string, { workflowId }: { workflowId: string }) => void started.push(workflowId),
    getHandle: (workflowId: string) => ({
      signal: async (name: string) => void started.push(`${name} ${workflowId}`),
      // Whoever asks after a run at work finds that its process was killed.
      describe: async () => {
        throw new WorkflowNotFoundError('Not there.', workflowId, undefined);
      },
    }),
  };
  return { workflow } as unknown as Client;
}

/** The durable steps on a database of their own, with toy systems on both sides and no workflow. */
export class StepRun {
  readonly world = new ToyWorld();
  /** Workflow ids that steps started, and signals they sent. */
  readonly started: string[] = [];
  readonly #database: TestDatabase;
  readonly #services: Services;
  #connection: Awaited<ReturnType<typeof makeOrganisation>>;

  static async begin(): Promise<StepRun> {
    const database = await freshDatabase();
    return new StepRun(database, await makeOrganisation(database.db, { requestTimeoutMs: 500 }));
  }

  private constructor(database: TestDatabase, connection: Awaited<ReturnType<typeof makeOrganisation>>) {
    this.#database = database;
    this.#connection = connection;
    this.#services = {
      db: database.db,
      master: masterKeys(),
      temporal: notedTemporal(this.started),
      taskQueue: 'none',
      systems: this.world.systems,
      allowHosts: [],
      sliceMs: 20_000,
    };
  }

  async end(): Promise<void> {
    await this.#database.drop();
  }

  async otherConnection(options: Parameters<typeof makeOrganisation>[1]): Promise<void> {
    this.#connection = await makeOrganisation(this.#database.db, options);
  }

  /** A run, step by step, as the workflow does it; a failed slice is called again, as Temporal would. */
  async sync(options: StepRunAsked = {}): Promise<RunRow> {
    const services = this.#services;
    const { organisationId, connectionId } = this.#connection;
    const run: RunRef = { organisationId, connectionId, runId: randomUUID() };
    const commandId = await this.#commandFor(options);
    const { answer, onlyUp } = await admit(services, {
      ...run,
      workflowId: `test/${run.runId}`,
      kind: 'sync',
      trigger: options.trigger ?? 'person',
      planOnly: options.preview ?? false,
      commandId,
    });
    if (answer === 'refused') return this.#row(run);
    const between = options.between ?? (async () => {});
    if (onlyUp) return this.#bringUpOnly(run);
    await fetch(services, run, neverAborted);
    await between('fetch');
    await validate(services, run, neverAborted);
    await between('validate');
    await dedupe(services, run, neverAborted);
    await between('dedupe');
    await plan(services, run, neverAborted);
    await filter(services, run);
    await between('safety-filter');
    if (answer === 'work') {
      await this.#upsert(run);
      await readAttendance(services, run, neverAborted);
      await pushAttendanceSlice(services, run, neverAborted);
    }
    await report(services, run, { state: 'completed', code: null, step: null, attendanceCode: null });
    return this.#row(run);
  }

  async #bringUpOnly(run: RunRef): Promise<RunRow> {
    await readAttendance(this.#services, run, neverAborted);
    await pushAttendanceSlice(this.#services, run, neverAborted);
    await report(this.#services, run, { state: 'completed', code: null, step: null, attendanceCode: null });
    return this.#row(run);
  }

  async #row(run: RunRef): Promise<RunRow> {
    const row = await findRun(this.#database.db, run);
    if (row === undefined) throw new Error('The run has no row.');
    return row;
  }

  /** A person's pause of the connection from now on, unless it says otherwise. Gives its id. */
  async pause(given: Partial<Omit<NewPause, 'organisationId' | 'commandId'>> = {}): Promise<string> {
    const { organisationId, connectionId } = this.#connection;
    return this.inOrganisation(async (tx) => {
      const by = { organisationId, connectionId, actor: 'Ada', role: 'admin' as const, reason: 'summer holidays' };
      const commandId = await recordCommand(tx, { ...by, action: 'pause' });
      const { pauseId } = await setPause(tx, {
        organisationId,
        scope: { connectionId },
        school: null,
        cause: 'summer',
        effect: 'no-runs',
        stopNow: false,
        startsAt: null,
        endsAt: null,
        reason: 'summer holidays',
        ...given,
        commandId,
      });
      return pauseId;
    });
  }

  /** A person lifts a pause; false where it was over already. */
  lift(pauseId: string): Promise<boolean> {
    return this.inOrganisation((tx) => endPause(tx, pauseId));
  }

  /** What a pause's workflow does when it looks at its row. */
  lookAtPause(pauseId: string): Promise<PauseLook> {
    return lookAtPause(this.#services, { organisationId: this.#connection.organisationId, pauseId });
  }

  /** The sweep's ear for silence. */
  listenForSilence(): Promise<number> {
    return listenForSilence(this.#services);
  }

  /** What the file says of time. */
  async times(given: { schedule?: Schedule | null; calendar?: Calendar; limitsOnReturn?: Limits }): Promise<void> {
    const { schedule = null, calendar = {}, limitsOnReturn = {} } = given;
    await this.query('update organisation set calendar = $1', [calendar]);
    await this.query('update connection set schedule = $1, limits_on_return = $2', [schedule, limitsOnReturn]);
  }

  /** Messages in the outbox of a kind, the oldest first. */
  messages(kind: string): Promise<{ onceKey: string; detail: Record<string, unknown> }[]> {
    return this.query(
      'select once_key as "onceKey", detail from message where kind = $1 order by created_at, message_id',
      [kind],
    );
  }

  /** Business time stands at an instant, and ticks on. */
  async at(instant: string): Promise<void> {
    await this.#database.db.operator((tx) => setClock(tx, instant));
  }

  /** What a person asked for, where it is more than a plain sync. */
  async #commandFor({ only, allowSameDay = false, relink }: StepRunAsked): Promise<string | null> {
    if (only === undefined && relink !== true) return null;
    const { organisationId, connectionId } = this.#connection;
    const detail = { ...(only === undefined ? {} : { onlyKey: only, allowSameDay }), ...(relink ? { relink } : {}) };
    const by = { organisationId, connectionId, actor: 'Ada', role: 'operator' as const, reason: 'test' };
    if (relink) await this.inOrganisation((tx) => listAllNext(tx, connectionId));
    return this.inOrganisation((tx) => recordCommand(tx, { ...by, action: 'sync', detail }));
  }

  /** What our database knows of the target, to be put back as after the restore of a backup. */
  async mirror(): Promise<Record<string, object[]>> {
    const tables: Record<string, object[]> = {};
    for (const table of mirrorTables) tables[table] = await this.query(`select * from ${table}`);
    return tables;
  }

  async restoreMirror(tables: Record<string, object[]>): Promise<void> {
    await this.query('truncate link_member, link, target_object, change');
    for (const table of mirrorTables) {
      await this.query(
        `insert into ${table} overriding system value select * from jsonb_populate_recordset(null::${table}, $1::jsonb)`,
        [JSON.stringify(tables[table])],
      );
    }
    await this.query('update account set inventory_at = null, changes_from = null, inventory_to = null');
  }

  async #upsert(run: RunRef): Promise<void> {
    for (let slices = 0, done = false; !done; slices += 1) {
      if (slices > 20) throw new Error('The slices do not end.');
      const slice = await upsertSlice(this.#services, run, neverAborted).catch((error: Error) => {
        if (!('code' in error) || error.code !== 'TARGET_UNREACHABLE') throw error;
        return { done: false, waitMs: 0 };
      });
      done = slice.done;
      // Another run's lease runs out by the database's clock, as the workflow waits for it.
      if (slice.waitMs > 0) await delay(slice.waitMs);
    }
  }

  /** A person's decision on a hold, carried out as its workflow does. Gives the command's id and the outcome. */
  async decide(
    action: 'approve' | 'reject',
    detail: Decision,
    commandId?: string,
  ): Promise<DecisionOutcome & { commandId: string }> {
    const { organisationId, connectionId } = this.#connection;
    const id =
      commandId ??
      (await this.#database.db.organisation(organisationId, (tx) =>
        recordCommand(tx, {
          organisationId,
          connectionId,
          action,
          actor: 'Ada',
          role: 'admin',
          reason: 'end of term',
          detail,
        }),
      ));
    const outcome = await decideHold(this.#services, { organisationId, connectionId }, id);
    return { ...outcome, commandId: id };
  }

  /** What the workflow of messages does, until nothing is due. */
  async deliver(given: Partial<Services>): Promise<void> {
    const services: Services = { ...this.#services, ...given };
    while (!(await deliver(services, this.#connection.organisationId, neverAborted)).done);
  }

  /** Those who are told of the connection, and what else it says of being told. */
  subscribe(subscribers: readonly ConfiguredSubscriber[], given: ConfiguredTelling = {}): Promise<unknown> {
    const { organisationId, connectionId } = this.#connection;
    return this.inOrganisation((tx) => applyTelling(tx, organisationId, connectionId, { subscribers, ...given }));
  }

  subscribeToAll(subscribers: readonly ConfiguredSubscriber[]): Promise<unknown> {
    return this.inOrganisation((tx) => applySubscribers(tx, this.#connection.organisationId, null, subscribers));
  }

  setWebhookSecret(url: string, value: string): Promise<void> {
    const { organisationId } = this.#connection;
    return this.inOrganisation((tx) => setWebhookSecret(tx, this.#services.master, { organisationId, url }, value));
  }

  /** The connection is in trial again. */
  async trial(): Promise<void> {
    await this.query(`update connection set mode = 'trial'`);
  }

  /** A run that ended with a code at its first step. */
  async failed(code: ErrorCode): Promise<void> {
    const { organisationId, connectionId } = this.#connection;
    const run: RunRef = { organisationId, connectionId, runId: randomUUID() };
    const asked = { kind: 'sync', trigger: 'person', planOnly: false, commandId: null } as const;
    await admit(this.#services, { ...run, ...asked, workflowId: `test/${run.runId}` });
    await report(this.#services, run, { state: 'failed', code, step: 'fetch', attendanceCode: null });
  }

  /** What a hold's workflow does when it looks at its row. */
  async lookAt(hold: Hold): Promise<HoldLook> {
    const { organisationId, connectionId } = this.#connection;
    return lookAtHold(this.#services, { organisationId, connectionId, holdId: hold.holdId });
  }

  /** A person's word on records that are not clear. */
  async decideMatches(decisions: readonly MatchDecision[]): Promise<void> {
    const { organisationId, connectionId } = this.#connection;
    await this.inOrganisation(async (tx) => {
      const by = { organisationId, connectionId, actor: 'Ada', role: 'admin' as const, reason: '' };
      const commandId = await recordCommand(tx, { ...by, action: 'match-decide' });
      await saveDecisions(tx, { organisationId, connectionId, commandId }, decisions);
    });
  }

  /** Every line of "rollcall check". */
  async check(): Promise<ConnectionCheck[]> {
    const connection = await this.inOrganisation((tx) => readConnection(tx, this.connectionId));
    const lines: ConnectionCheck[] = [];
    for await (const line of checkConnection(this.#services, connection, neverAborted)) lines.push(line);
    return lines;
  }

  get connectionId(): string {
    return this.#connection.connectionId;
  }

  /** In the name of the organisation, as a command reads. */
  inOrganisation<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#database.db.organisation(this.#connection.organisationId, work);
  }

  /** In the name of another organisation. */
  elsewhere<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#database.db.organisation(randomUUID(), work);
  }

  holds(which: 'open' | 'all' = 'open'): Promise<Hold[]> {
    const { organisationId, connectionId } = this.#connection;
    return this.#database.db.organisation(organisationId, (tx) => listHolds(tx, connectionId, which));
  }

  changesOf(hold: Hold): Promise<HeldChange[]> {
    return this.#database.db.organisation(this.#connection.organisationId, (tx) => heldChanges(tx, hold.holdId));
  }

  /** Business time so many hours after the real one. */
  async hoursLater(hours: number): Promise<void> {
    const instant = new Date(Date.now() + hours * 3_600_000).toISOString();
    await this.#database.db.operator((tx) => setClock(tx, instant));
  }

  /** Codes of the open findings, in alphabetical order. */
  async findingCodes(): Promise<string[]> {
    const rows = await this.query<{ code: string }>('select code from finding where closed_run is null order by 1');
    return rows.map((row) => row.code);
  }

  /** The words of the open findings with a code. */
  async findingDetails(code: string): Promise<string[]> {
    const rows = await this.query<{ detail: string }>(
      'select detail from finding where closed_run is null and code = $1 order by sync_key',
      [code],
    );
    return rows.map((row) => row.detail);
  }

  /** What the counts of a step say of the newest run. */
  async counts(step: string): Promise<Record<string, number>> {
    const [row] = await this.query<{ counts: Record<string, number> }>(
      'select s.counts from run_step s join run r using (run_id) where s.step = $1 order by r.number desc limit 1',
      [step],
    );
    return row?.counts ?? {};
  }

  /** As the superuser: past every policy. */
  query<Row extends object>(sql: string, values: readonly unknown[] = []): Promise<Row[]> {
    return asSuperuser(this.#database.url, async (client) => (await client.query<Row>(sql, [...values])).rows);
  }

  /** Forgets everything about the target, as when a database was lost; the configuration was applied again. */
  async loseMirror(): Promise<void> {
    await this.query('truncate link_member, link, target_object, change, finding, attendance_line, lesson_seen');
    await this.query('update account set inventory_at = null, changes_from = null, inventory_to = null');
  }
}

const mirrorTables = ['target_object', 'link', 'link_member'] as const;

/** What a run of steps is asked to be. */
interface StepRunAsked {
  readonly trigger?: Trigger;
  readonly preview?: boolean;
  readonly only?: string;
  readonly allowSameDay?: boolean;
  readonly relink?: boolean;
  readonly between?: (step: string) => Promise<void>;
}

/** Gives every test of a file steps of its own, put away after it. */
export function stepsForEach(): () => StepRun {
  let steps: StepRun;
  beforeEach(async () => {
    steps = await StepRun.begin();
  });
  afterEach(() => steps.end());
  return () => steps;
}
