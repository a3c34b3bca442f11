import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../local/free-port.ts';
import { startPostgres } from '../local/postgres.ts';
import { safetyFilter } from '../roster/safety-filter.ts';
import { admitRun } from '../store/admission.ts';
import { applyConfiguration } from '../store/configuration.ts';
import { goLive, listConnectionNames } from '../store/connections.ts';
import { Database, type Transaction } from '../store/database.ts';
import { applySet, planDirectory } from '../store/directory.ts';
import { migrate } from '../store/migrate.ts';
import { endRun } from '../store/runs.ts';
import {
  clearStaging,
  copyRows,
  type Loaded,
  type StagedKind,
  stage,
  stagingIsWhole,
  writeManifest,
} from '../store/staging.ts';
import { type Attempt, beginStep, finishStep, type RunRef, type StepName } from '../store/steps.ts';
import { GeneratedSchool, type SchoolSize } from './school.ts';

/*
 * The store at a million rows: 100,000 persons, 20,000 groups, 1,000,000 memberships, through load → plan → applySet
 * into the directory with row-level security on. The floor, measured in the same run: COPY of the same rows, by the same
 * encoder, into an unlogged table without row-level security. What counts is the ratio: seconds depend on the machine.
 */

const scale = Number(process.env['BENCH_SCALE'] ?? 1);
const size: SchoolSize = {
  persons: Math.round(100_000 * scale),
  groups: Math.round(20_000 * scale),
  memberships: Math.round(1_000_000 * scale),
};
const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
/** How often the last directory changes before it is read again. */
const nights = 5;
const noLimits = () => undefined;
const everything = new Set(['person', 'group'] as const);

interface Connection {
  readonly organisationId: string;
  readonly connectionId: string;
}

interface Phases {
  load: number;
  plan: number;
  apply: number;
}

async function seconds<T>(work: () => Promise<T>): Promise<[number, T]> {
  const begun = performance.now();
  const result = await work();
  return [(performance.now() - begun) / 1_000, result];
}

async function main(): Promise<void> {
  const given = process.env['BENCH_DATABASE_URL'];
  if (given !== undefined) return measureAt(given);
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-'));
  const postgres = await startPostgres({
    dataDir: join(folder, 'postgres'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    // As on a small server of its own; everything that makes commits durable is on.
    settings: { shared_buffers: '512MB', max_wal_size: '4GB', maintenance_work_mem: '128MB' },
  });
  try {
    await measureAt(postgres.url);
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** In a database that nobody else needs. */
async function measureAt(url: string): Promise<void> {
  await migrate(url);
  const db = new Database(url);
  try {
    await measure(url, db);
  } finally {
    await db.close();
  }
}

async function measure(url: string, db: Database): Promise<void> {
  print(`${size.persons} persons, ${size.groups} groups, ${size.memberships} memberships; ${rounds} rounds, medians`);
  const results: Record<string, { floor: number; phases: Phases }[]> = {
    first: [],
    unchanged: [],
    'one percent changed': [],
  };
  let last: Connection | undefined;
  let reads: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const connection = await newConnection(db, `round-${round}`);
    const same = new GeneratedSchool(size, 0);
    const changed = new GeneratedSchool(size, 1);
    for (const [name, school] of [
      ['first', same],
      ['unchanged', same],
      ['one percent changed', changed],
    ] as const) {
      // Right before each run: a shared machine is not the same a minute later.
      const floor = await copyFloor(url, school);
      results[name]?.push({ floor, phases: await run(db, connection, school) });
      await vacuum(url);
      if (name === 'first') reads = await measureReads(db, connection);
    }
    last = connection;
  }
  print('');
  print('run                   floor    load    plan   apply   total   ratio to floor');
  for (const [name, all] of Object.entries(results)) {
    const of = (pick: (one: { floor: number; phases: Phases }) => number) => median(all.map(pick));
    const total = ({ phases }: { phases: Phases }) => phases.load + phases.plan + phases.apply;
    const columns = [
      of((one) => one.floor),
      of(({ phases }) => phases.load),
      of(({ phases }) => phases.plan),
      of(({ phases }) => phases.apply),
      of(total),
    ];
    const ratios = all.map((one) => total(one) / one.floor);
    const spread = `${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
    print(`${name.padEnd(20)}${columns.map((value) => value.toFixed(2).padStart(8)).join('')}   ${spread}`);
  }
  print('');
  print(
    'floor: COPY of the same rows by the same encoder into unlogged tables without row-level security, right before',
  );
  print('ratio: load + plan + apply, in seconds, to that floor; median of the rounds');
  print(`peak memory of this process: ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
  if (last === undefined) return;
  for (const line of reads) print(`after the first load: ${line}`);
  for (let night = 2; night <= nights; night += 1) {
    await run(db, last, new GeneratedSchool(size, night));
    await vacuum(url);
  }
  for (const line of await measureReads(db, last)) print(`after ${nights} nights of 1 %: ${line}`);
  await expectEqual(db, last, new GeneratedSchool(size, nights));
  print('the directory equals the school');
}

/** Runs of a school are hours apart, and autovacuum works in between: here it gets its time between two runs. */
async function vacuum(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query('vacuum (analyze)').finally(() => client.end());
}

/** COPY and nothing else: what no import can be faster than. */
async function copyFloor(url: string, school: GeneratedSchool): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const kind of ['person', 'group', 'membership']) {
      await client.query(`drop table if exists floor_${kind}`);
      await client.query(`create unlogged table floor_${kind} (like load.${kind})`);
    }
    // Only the connection is used: COPY needs nothing else of a transaction.
    const tx = { client } as unknown as Transaction;
    const [took] = await seconds(async () => {
      const id = randomUUID();
      await copyRows(tx, 'floor_person', id, 'person', school.persons());
      await copyRows(tx, 'floor_group', id, 'group', school.groups());
      await copyRows(tx, 'floor_membership', id, 'membership', school.memberships());
    });
    return took;
  } finally {
    await client.end();
  }
}

/** One run of the store's steps, each committed under its attempt token as the activities do it. */
async function run(db: Database, connection: Connection, school: GeneratedSchool): Promise<Phases> {
  const ref: RunRef = { ...connection, runId: randomUUID() };
  await db.organisation(ref.organisationId, (tx) =>
    admitRun(tx, { ...ref, workflowId: 'bench', kind: 'sync', trigger: 'person', planOnly: false, commandId: null }),
  );
  const [load] = await seconds(async () => {
    const attempt = await begin(db, ref, 'validate');
    await db.loading(ref.organisationId, async (tx) => {
      await clearStaging(tx, ref.runId);
      const loaded = new Map<StagedKind, Loaded>([
        ['person', await stage(tx, ref.runId, 'person', school.persons())],
        ['group', await stage(tx, ref.runId, 'group', school.groups())],
        ['membership', await stage(tx, ref.runId, 'membership', school.memberships())],
      ]);
      await writeManifest(tx, ref, loaded);
      await finishStep(tx, attempt, {});
    });
  });
  const [plan, held] = await seconds(async () => {
    const attempt = await begin(db, ref, 'plan');
    return db.loading(ref.organisationId, async (tx) => {
      if (!(await stagingIsWhole(tx, ref.runId))) throw new Error('Staging is not what its manifest says.');
      const { cells, size } = await planDirectory(tx, ref, everything);
      await finishStep(tx, attempt, {});
      return safetyFilter(cells, noLimits, size);
    });
  });
  const [apply] = await seconds(async () => {
    const attempt = await begin(db, ref, 'upsert');
    await db.loading(ref.organisationId, async (tx) => {
      await applySet(tx, ref, everything, held);
      await finishStep(tx, attempt, {});
    });
  });
  await db.organisation(ref.organisationId, (tx) =>
    endRun(tx, ref.runId, { state: 'completed', code: null, failedStep: null, summary: {} }),
  );
  await db.loading(ref.organisationId, (tx) => clearStaging(tx, ref.runId));
  return { load, plan, apply };
}

async function begin(db: Database, run: RunRef, step: StepName): Promise<Attempt> {
  const begun = await beginStep(db, run, step);
  if (begun.done) throw new Error(`The step ${step} is done already.`);
  return begun.attempt;
}

/** What screens and other systems ask of a directory of this size; each the median of five. */
async function measureReads(db: Database, connection: Connection): Promise<string[]> {
  const middle = `group-${String(Math.floor(size.groups / 2)).padStart(6, '0')}`;
  const questions = [
    [
      'members of one group',
      'select person_key, role from directory.membership where connection_id = $1 and group_key = $2',
      middle,
    ],
    [
      'groups of one person',
      'select group_key, role from directory.places where connection_id = $1 and $2 = any (persons)',
      'person-0000131',
    ],
  ] as const;
  const lines: string[] = [];
  for (const [what, text, key] of questions) {
    const times: number[] = [];
    let rows = 0;
    for (let turn = 0; turn < 5; turn += 1) {
      const [took, found] = await seconds(() =>
        db.organisation(connection.organisationId, (tx) => tx.query(text, [connection.connectionId, key])),
      );
      times.push(took);
      rows = found.length;
    }
    lines.push(`${what}: ${rows} in ${(median(times) * 1_000).toFixed(1)} ms`);
  }
  return lines;
}

/** What the directory holds must be what the school says: a fast wrong result is none. */
async function expectEqual(db: Database, connection: Connection, school: GeneratedSchool): Promise<void> {
  const wanted = new Set<string>();
  for (const row of school.memberships()) wanted.add(`${row.parentKey}|${row.personKey}|${row.role}`);
  const rows = await db.organisation(connection.organisationId, (tx) =>
    tx.query<{ key: string }>(
      `select group_key || '|' || person_key || '|' || role as key from directory.membership where connection_id = $1`,
      [connection.connectionId],
    ),
  );
  const missing = rows.filter(({ key }) => !wanted.delete(key)).length + wanted.size;
  if (missing > 0) throw new Error(`${missing} memberships of the directory differ from the school.`);
}

async function newConnection(db: Database, code: string): Promise<Connection> {
  const organisationId = randomUUID();
  await db.organisation(organisationId, (tx) =>
    applyConfiguration(tx, organisationId, {
      organisation: { code, name: code, timeZone: 'Europe/Stockholm' },
      accounts: [{ code: 'any', system: 'none', settings: {}, requestTimeoutMs: 1_000, rates: {} }],
      connections: [
        {
          code: 'roster',
          name: code,
          sourceAccount: 'any',
          targetAccount: 'any',
          sourceOptions: {},
          targetOptions: {},
          sourceIdentity: code,
        },
      ],
    }),
  );
  const all = await db.operator(listConnectionNames);
  const connectionId = all.find((one) => one.organisationId === organisationId)?.connectionId ?? '';
  await db.organisation(organisationId, (tx) => goLive(tx, connectionId));
  return { organisationId, connectionId };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
