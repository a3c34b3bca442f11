import { type Claimant, decideDoubles, doubleFinding, type LostClaim } from '../roster/doubles.ts';
import type { Finding } from '../roster/finding-codes.ts';
import { withoutStatistics } from './api-plan/scope.ts';
import type { Transaction } from './database.ts';
import { named } from './named.ts';
import type { RunRef } from './steps.ts';

// What makes two staged rows the same record.
const keys = {
  person: 'sync_key',
  group: 'sync_key',
  lesson: 'sync_key',
  membership: 'parent_kind, parent_key, person_key, role',
} as const;

/**
 * Decides what staging says twice: doubled keys (the first row in the source's order counts; the manifest then speaks of
 * what is left), people who come back under a new key, and people who share an e-mail address. Gives the number of rows
 * that went and a finding for each decision.
 */
export async function dedupeStaging(tx: Transaction, run: RunRef): Promise<{ removed: number; findings: Finding[] }> {
  await tx.execute(withoutStatistics);
  const doubled = await removeDoubledKeys(tx, run.runId);
  const renamed = await keepFormerKeys(tx, run);
  const shared = await settleSharedAddresses(tx, run);
  return { removed: doubled.removed, findings: [...doubled.findings, ...renamed, ...shared] };
}

async function removeDoubledKeys(tx: Transaction, runId: string): Promise<{ removed: number; findings: Finding[] }> {
  const findings: Finding[] = [];
  let removed = 0;
  for (const [kind, key] of Object.entries(keys)) {
    const order = kind === 'membership' ? 'position' : 'line';
    const name = kind === 'membership' ? `parent_key || '|' || person_key` : 'sync_key';
    const doubled = await tx.query<{ syncKey: string; rows: number }>(
      `with ranked as (
         select ctid, row_number() over (partition by ${key} order by ${order}, ctid) as place
           from load.${kind} where run_id = $1
       ), gone as (
         delete from load.${kind} d using ranked r where d.ctid = r.ctid and r.place > 1 returning ${name} as sync_key
       )
       select sync_key as "syncKey", count(*) as rows from gone group by sync_key order by sync_key`,
      [runId],
    );
    const rows = doubled.reduce((sum, row) => sum + row.rows, 0);
    if (rows === 0) continue;
    removed += rows;
    await tx.execute('update load_manifest set rows = rows - $3 where run_id = $1 and kind = $2', [runId, kind, rows]);
    for (const row of doubled) {
      findings.push({
        code: 'DUPLICATE_KEY',
        kind,
        syncKey: row.syncKey,
        detail: `The source lists it ${row.rows + 1} times; the first one counts.`,
      });
    }
  }
  return { removed, findings };
}

/**
 * Somebody unknown with the address of a known person whom the source no longer names: most likely the same person under
 * a new key. Until somebody decides, the known object keeps all its places.
 */
async function keepFormerKeys(tx: Transaction, run: RunRef): Promise<Finding[]> {
  await renameDecided(tx, run);
  const renamed = await tx.query<{ role: Claimant['role']; syncKey: string; former: string }>(
    ...named(
      `select distinct on (m.role, m.person_key) m.role, m.person_key as "syncKey", k.sync_key as former
         from load.membership m
         join load.person p on p.run_id = :runId and p.sync_key = m.person_key and p.standing = 'valid'
         join link k on k.connection_id = :connectionId and k.kind = m.role
         join target_object o on o.target_object_id = k.target_object_id and o.state = 'active'
          and email_key(o.content ->> 'email') = email_key(p.email)
        where m.run_id = :runId and m.parent_kind = 'lesson' and m.standing = 'valid'
          and not exists (select from link own where (own.connection_id, own.kind, own.sync_key) = (:connectionId, m.role, m.person_key))
          and not exists (select from load.person seen where seen.run_id = :runId and seen.sync_key = k.sync_key)
          and not exists (select from match_decision d
                           where (d.connection_id, d.kind, d.sync_key) = (:connectionId, m.role, m.person_key) and d.decision = 'new')
        order by m.role, m.person_key, k.sync_key`,
      run,
    ),
  );
  for (const { role, syncKey, former } of renamed) {
    await tx.execute(
      `update load.membership m set person_key = $4
        where m.run_id = $1 and m.role = $2 and m.person_key = $3`,
      [run.runId, role, syncKey, former],
    );
  }
  return renamed.map(({ role, syncKey, former }) => ({
    code: 'KEY_CHANGED',
    kind: role,
    syncKey,
    detail: `The known ${role} ${former} has the same e-mail address and is no longer named by the source.`,
  }));
}

/**
 * A person said that somebody is a known person under a new key: the mirror takes the new key, and nothing is written
 * outside. Only while the source names the new key and no longer the old one.
 */
async function renameDecided(tx: Transaction, run: RunRef): Promise<void> {
  const decided = await tx.query<{ kind: string; syncKey: string; former: string }>(
    ...named(
      `select d.kind, d.sync_key as "syncKey", d.former_key as former from match_decision d
        where d.connection_id = :connectionId and d.decision = 'same'
          and exists (select from link k where (k.connection_id, k.kind, k.sync_key) = (:connectionId, d.kind, d.former_key))
          and not exists (select from link k where (k.connection_id, k.kind, k.sync_key) = (:connectionId, d.kind, d.sync_key))
          and exists (select from load.person p where p.run_id = :runId and p.sync_key = d.sync_key)
          and not exists (select from load.person p where p.run_id = :runId and p.sync_key = d.former_key)`,
      run,
    ),
  );
  for (const one of decided) {
    for (const statement of rename) await tx.execute(...named(statement, { ...run, ...one }));
  }
}

// Everywhere the mirror names somebody by key: the link, rosters, instructors of lessons, members of groups.
const rename = [
  `update link set sync_key = :syncKey where (connection_id, kind, sync_key) = (:connectionId, :kind, :former)`,
  `update link_member m set person_key = :syncKey where m.connection_id = :connectionId and m.person_key = :former
      and :kind = 'learner' and not exists (select from link_member o
        where (o.connection_id, o.parent_key, o.person_key) = (m.connection_id, m.parent_key, :syncKey))`,
  ...(['instructors', 'members'] as const).map(
    (field) => `update target_object o set content = jsonb_set(o.content, '{${field}}', (
        select jsonb_agg(case key when :former then :syncKey::text else key end order by position)
          from jsonb_array_elements_text(o.content -> '${field}') with ordinality as a(key, position)))
      from link k where k.target_object_id = o.target_object_id and k.connection_id = :connectionId
       and :kind = '${field === 'instructors' ? 'instructor' : 'learner'}' and o.content -> '${field}' ? :former`,
  ),
];

/** People who may not use an address lose their places; a lesson that has nobody else is not sent. */
async function settleSharedAddresses(tx: Transaction, run: RunRef): Promise<Finding[]> {
  const claimants = await tx.query<Claimant>(
    ...named(
      `with named_people as (
         select distinct m.role, m.person_key as sync_key, email_key(p.email) as email
           from load.membership m
           join load.person p on p.run_id = :runId and p.sync_key = m.person_key and p.standing = 'valid'
          where m.run_id = :runId and m.standing = 'valid'
       ), ranked as (
         select *, count(*) over (partition by role, email) as sharing from named_people
       )
       select role, sync_key as "syncKey", email, exists (
                select from link k where (k.connection_id, k.kind, k.sync_key) = (:connectionId, r.role, r.sync_key)) as linked
         from ranked r where sharing > 1`,
      run,
    ),
  );
  const lost = decideDoubles(claimants);
  if (lost.length === 0) return [];
  await tx.execute(
    `update load.membership m set standing = 'invalid'
       from jsonb_to_recordset($2::jsonb) as l("syncKey" text, role text)
      where m.run_id = $1 and m.standing = 'valid' and (m.role, m.person_key) = (l.role, l."syncKey")`,
    [run.runId, JSON.stringify(lost)],
  );
  return [...lost.map(doubleFinding), ...(await lessonsWithoutAnybody(tx, run, lost))];
}

async function lessonsWithoutAnybody(tx: Transaction, run: RunRef, lost: readonly LostClaim[]): Promise<Finding[]> {
  const left = await tx.query<{ syncKey: string; role: LostClaim['role']; personKey: string }>(
    `with left_alone as (
       select l.sync_key, x.role, min(x."syncKey") as person_key
         from load.lesson l
         join load.membership m on m.run_id = $1 and m.parent_kind = 'lesson' and m.parent_key = l.sync_key
         join jsonb_to_recordset($2::jsonb) as x("syncKey" text, role text) on (x.role, x."syncKey") = (m.role, m.person_key)
        where l.run_id = $1 and l.standing = 'valid' and not exists (
          select from load.membership v where v.run_id = $1 and v.parent_kind = 'lesson' and v.parent_key = l.sync_key
             and v.role = x.role and v.standing = 'valid')
        group by l.sync_key, x.role
     ), judged as (
       update load.lesson l set standing = 'invalid' from left_alone a where l.run_id = $1 and l.sync_key = a.sync_key
     )
     select sync_key as "syncKey", role, person_key as "personKey" from left_alone order by 1, 2`,
    [run.runId, JSON.stringify(lost)],
  );
  const winners = new Map(lost.map(({ role, syncKey, winner }) => [`${role} ${syncKey}`, winner]));
  return left.map(({ syncKey, role, personKey }) => ({
    code: role === 'instructor' ? 'LESSON_WITHOUT_INSTRUCTOR' : 'LESSON_WITHOUT_LEARNER',
    kind: 'lesson',
    syncKey,
    detail: `Its ${role} ${personKey} has the e-mail address of ${winners.get(`${role} ${personKey}`)}, who keeps it.`,
  }));
}
