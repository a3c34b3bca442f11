import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../local/free-port.ts';
import { startPostgres } from '../local/postgres.ts';
import { applyConfiguration } from '../store/configuration.ts';
import { listConnectionNames } from '../store/connections.ts';
import { Database, type Transaction } from '../store/database.ts';
import { findRecords } from '../store/find.ts';
import { migrate } from '../store/migrate.ts';
import { lessonsOf, missingFrom, type RecordRef, stuckAttendance, timelineOf, whyFacts } from '../store/why.ts';

/*
 * find and why with a million records behind them: 600,000 people and 400,000 lessons of 40 connections of 20
 * organisations, with their objects at the target, rosters and findings. Aim: 95 % under 100 ms in the store.
 */

const records = Number(process.env['BENCH_RECORDS'] ?? 1_000_000);
const asked = Number(process.env['BENCH_ASKED'] ?? 200);
const organisations = 20;

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-bench-why-'));
  const postgres = await startPostgres({
    dataDir: join(folder, 'postgres'),
    port: await freePort(),
    logFile: join(folder, 'postgres.log'),
    settings: { shared_buffers: '512MB', max_wal_size: '4GB', maintenance_work_mem: '256MB' },
  });
  try {
    await migrate(postgres.url);
    const db = new Database(postgres.url);
    try {
      await fill(postgres.url, db);
      await measure(db);
    } finally {
      await db.close();
    }
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function fill(url: string, db: Database): Promise<void> {
  for (let number = 0; number < organisations; number += 1) await newOrganisation(db, `school-${number}`);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const begun = performance.now();
  try {
    for (const statement of filling) await client.query(statement, statement.includes('$1') ? [records] : []);
  } finally {
    await client.end();
  }
  process.stdout.write(`${records} records in ${((performance.now() - begun) / 1000).toFixed(0)} s\n\n`);
}

// Names are made of forty first and sixty last names with a number here and there, as in schools that share a region.
const filling = [
  'create temp table place as select row_number() over () - 1 as place_number, connection_id, organisation_id, target_account_id from connection',
  `create temp table made as
     select n, p.connection_id, p.organisation_id, p.target_account_id, case when n % 5 < 3 then 'person' else 'lesson' end as kind
       from generate_series(1, $1::bigint) n join place p on p.place_number = n % (select count(*) from place)`,
  `insert into record (connection_id, organisation_id, kind, sync_key, label, email, source_id, starts_at, people, standing, first_run,
     first_seen_at, changed_run)
   select connection_id, organisation_id, kind, case kind when 'person' then n::text else n || '@2026-12-03' end,
          case kind when 'person' then (array['Zoé','Hélène','Marc','Ines','Noël','Ada','Sören','Chloé','Théo','Léa'])[1 + n % 10] || ' ' ||
               (array['Lefèvre','Garnier','Petit','Durand','Åkesson','Martin','Blanc','Moreau','Girard','Roux','Faure','Mercier'])[1 + (n / 7) % 12] || substr(md5(n::text), 1, 4)
            else (array['Comptabilité','Droit','Fiscalité','Anglais','Mécanique','Thermodynamique'])[1 + n % 6] || ' ' || substr(md5(n::text), 1, 3) end,
          case kind when 'person' then 'p' || n || '@school.example' else '' end, case kind when 'lesson' then n::text else '' end,
          case kind when 'lesson' then now() + (n % 14) * interval '1 day' end,
          case kind when 'lesson' then array(select ((n + 5 * g) - (n + 5 * g) % 5 + 1)::text from generate_series(1, 30) g) else '{}' end,
          'valid', gen_random_uuid(), now(), gen_random_uuid() from made`,
  `insert into target_object (organisation_id, account_id, kind, target_id, content, created_run, changed_run)
   select organisation_id, target_account_id, case kind when 'person' then 'learner' else kind end, 't' || n, '{}', gen_random_uuid(), gen_random_uuid() from made`,
  `insert into link (organisation_id, connection_id, kind, sync_key, target_object_id)
   select m.organisation_id, m.connection_id, o.kind, case m.kind when 'person' then m.n::text else m.n || '@2026-12-03' end, o.target_object_id
     from made m join target_object o on o.account_id = m.target_account_id and o.target_id = 't' || m.n`,
  `insert into finding (organisation_id, connection_id, step, code, kind, sync_key, detail, first_run, last_detail_run)
   select organisation_id, connection_id, 'validate', 'PERSON_INCOMPLETE', 'person', n::text, 'It has no e-mail.', gen_random_uuid(), gen_random_uuid()
     from made where kind = 'person' and n % 50 = 1`,
  'vacuum analyze',
];

async function newOrganisation(db: Database, code: string): Promise<void> {
  const organisationId = randomUUID();
  const account = (name: string, system: string) => ({
    code: name,
    system,
    settings: {},
    requestTimeoutMs: 5_000,
    rates: {},
  });
  const connection = (name: string) => ({
    code: name,
    name,
    sourceAccount: 'erp',
    targetAccount: 'edusign',
    sourceOptions: {},
    targetOptions: {},
    sourceIdentity: name,
  });
  await db.organisation(organisationId, (tx) =>
    applyConfiguration(tx, organisationId, {
      organisation: { code, name: code, timeZone: 'Europe/Paris' },
      accounts: [account('erp', 'alcuin'), account('edusign', 'edusign')],
      connections: [connection('one'), connection('two')],
    }),
  );
}

async function measure(db: Database): Promise<void> {
  const names = await db.operator(listConnectionNames);
  const pick = (number: number) => {
    const name = names[number % names.length];
    if (name === undefined) throw new Error('There is no connection.');
    return name;
  };
  const questions: Record<string, (tx: Transaction, number: number, connectionId: string) => Promise<unknown>> = {
    'find a key': (tx, n) => findRecords(tx, String(n * 5 + 1), { limit: 20 }),
    'find an e-mail': (tx, n) => findRecords(tx, `p${n * 5 + 1}@school.example`, { limit: 20 }),
    'find a whole name': (tx) => findRecords(tx, 'helene garnier', { limit: 20 }),
    'find a misspelt name': (tx) => findRecords(tx, 'helene garnnier', { limit: 20 }),
    'find a common first name': (tx) => findRecords(tx, 'marc', { limit: 20 }),
    'find a title': (tx) => findRecords(tx, 'thermodynamique', { limit: 20 }),
    'find nothing': (tx) => findRecords(tx, 'xyzzy quux', { limit: 20 }),
    'why a person': (tx, n, connectionId) =>
      everything(tx, { connectionId, kind: 'person', syncKey: String(n * 5 + 1) }),
    'why a lesson': (tx, n, connectionId) =>
      everything(tx, { connectionId, kind: 'lesson', syncKey: `${n * 5 + 3}@2026-12-03` }),
  };
  process.stdout.write('question                    p50 ms   p95 ms   max ms\n');
  for (const [question, ask] of Object.entries(questions)) {
    const times: number[] = [];
    for (let number = 0; number < asked; number += 1) {
      const { organisationId, connectionId } = pick(number * 7);
      const begun = performance.now();
      await db.organisation(organisationId, (tx) => ask(tx, number * 13, connectionId));
      times.push(performance.now() - begun);
    }
    times.sort((a, b) => a - b);
    const at = (share: number) =>
      (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(1).padStart(9);
    process.stdout.write(`${question.padEnd(25)}${at(0.5)}${at(0.95)}${at(1)}\n`);
  }
}

async function everything(tx: Transaction, ref: RecordRef): Promise<void> {
  await whyFacts(tx, ref);
  await lessonsOf(tx, ref);
  await missingFrom(tx, ref);
  await timelineOf(tx, ref);
  await stuckAttendance(tx, ref);
}

await main();
