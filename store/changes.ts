import type { ChangeKind, Operation } from '../roster/changes.ts';
import type { FindingCode } from '../roster/finding-codes.ts';
import type { Transaction } from './database.ts';
import { type Lease, renewLease } from './leases.ts';
import { type Attempt, guard, type RunRef } from './steps.ts';

/** A change that is due, with everything its record at the target is named by. */
export interface DueChange {
  readonly changeId: number;
  readonly kind: ChangeKind;
  readonly operation: Operation;
  readonly syncKey: string;
  readonly state: 'planned' | 'sending';
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  readonly targetObjectId: number | null;
  readonly targetId: string | null;
  /** Times since, in milliseconds by the database's clock; null when it never happened. */
  readonly sentMsAgo: number | null;
  readonly lookedMsAgo: number | null;
}

/**
 * The next changes of the lowest rank that has any at work: changes of one rank do not depend on each other, the next
 * rank begins when this one is done.
 */
export function dueChanges(tx: Transaction, runId: string, limit: number): Promise<DueChange[]> {
  return tx.query<DueChange>(
    `select change_id as "changeId", kind, operation, sync_key as "syncKey", state, before, after,
            target_object_id as "targetObjectId", target_id as "targetId",
            (extract(epoch from clock_timestamp() - sent_at) * 1000)::bigint as "sentMsAgo",
            (extract(epoch from clock_timestamp() - looked_at) * 1000)::bigint as "lookedMsAgo"
       from change
      where run_id = $1 and state in ('planned', 'sending')
        and rank = (select min(rank) from change where run_id = $1 and state in ('planned', 'sending'))
      order by change_id limit $2`,
    [runId, limit],
  );
}

/**
 * Commits that a change is about to be sent, before it is: proves the attempt and the lease, and renews the lease so
 * that a whole request fits into it.
 */
export async function markSending(
  tx: Transaction,
  attempt: Attempt,
  lease: Lease,
  requestTimeoutMs: number,
  change: DueChange,
): Promise<void> {
  await renewLease(tx, lease, requestTimeoutMs);
  await tx.execute(
    `update change set state = 'sending', sent_at = clock_timestamp(), looked_at = null, sends = sends + 1,
            doubtful = operation = 'insert' and sends > 0
      where change_id = $1`,
    [change.changeId],
  );
  await guard(tx, attempt);
}

/** Notes that an unanswered insert was looked up at the target and not found. */
export async function markLooked(tx: Transaction, attempt: Attempt, change: DueChange): Promise<void> {
  await tx.execute('update change set looked_at = clock_timestamp() where change_id = $1', [change.changeId]);
  await guard(tx, attempt);
}

/** What a change came to without being applied, and why. */
export async function markEnded(
  tx: Transaction,
  attempt: Attempt,
  change: DueChange,
  outcome: { state: 'rejected' | 'stale' | 'waiting'; code: FindingCode; explanation: string },
): Promise<void> {
  await endChange(tx, change, outcome.state, outcome.code, outcome.explanation);
  await guard(tx, attempt);
}

/** Somebody removed the object by hand: told once as drift, never made again. */
export async function markGone(
  tx: Transaction,
  attempt: Attempt,
  change: DueChange,
  explanation: string,
): Promise<void> {
  await tx.execute(`update target_object set state = 'removed-by-hand', changed_run = $2 where target_object_id = $1`, [
    change.targetObjectId,
    attempt.run.runId,
  ]);
  await endChange(tx, change, 'stale', 'REMOVED_AT_TARGET', explanation);
  await guard(tx, attempt);
}

async function endChange(
  tx: Transaction,
  change: DueChange,
  state: string,
  code: string | null,
  explanation: string,
): Promise<void> {
  await tx.execute(
    `update change set state = $2, code = $3, explanation = $4, ended_at = clock_timestamp() where change_id = $1`,
    [change.changeId, state, code, explanation],
  );
}

/** What was written, as it was confirmed: goes to the mirror in the same transaction. */
export interface Applied {
  readonly targetId: string;
  /** Our foreign id on it, and whose it is; empty where the object keeps another's. */
  readonly foreignId: string;
  readonly foreignSystem: string;
  /** Learners on the roster as written, of a new or adopted lesson; members of a group as written. */
  readonly learnerKeys: readonly string[];
  /** Target ids of a lesson's instructors as written. */
  readonly instructorIds: readonly string[];
  /** Groups that were attached to a new lesson. */
  readonly groupKeys: readonly string[];
  /** An adopted object that was left as it is. */
  readonly leftAsItIs: boolean;
}

/** Notes a confirmed change in the mirror and on its row. */
export async function markApplied(
  tx: Transaction,
  attempt: Attempt,
  accountId: string,
  change: DueChange,
  applied: Applied,
): Promise<void> {
  const { run } = attempt;
  if (change.kind === 'membership') await applyMembership(tx, run, change);
  else if (change.operation === 'insert' || change.operation === 'adopt') {
    await applyLink(tx, run, accountId, change, applied);
  } else if (change.operation === 'rekey') await applyRekey(tx, run, change, applied);
  else if (change.operation === 'update' || change.operation === 'restore') {
    await writeContent(tx, run, change, applied);
  } else if (change.operation === 'archive') await setState(tx, run, change, 'archived');
  else if (change.operation === 'delete' && change.targetObjectId !== null) await applyDelete(tx, run, change);
  else if (change.operation === 'delete') await forgetDouble(tx, run, accountId, change);
  await tx.execute('update change set target_id = $2 where change_id = $1', [change.changeId, applied.targetId]);
  await endChange(tx, change, 'applied', null, '');
  await guard(tx, attempt);
}

/** The content of a change as the mirror keeps it: without what only the request and the link need. */
function contentOf(change: DueChange, applied: Applied): Record<string, unknown> {
  const { sourceId: _, localDate: __, learners: ___, groups: ____, refer, ...wanted } = change.after;
  const content = applied.leftAsItIs || refer === true ? { ...change.before } : wanted;
  // A group's members are part of its content, and are those that were written. A lesson's are its roster.
  if (change.kind === 'group') return { ...content, members: [...applied.learnerKeys].sort() };
  const { members: _members, ...plain } = content;
  return plain;
}

/** A new or adopted object: what is written clears what was seen before, but not who was in an adopted group. */
async function applyLink(
  tx: Transaction,
  run: RunRef,
  accountId: string,
  change: DueChange,
  applied: Applied,
): Promise<void> {
  const { id } = await tx.one<{ id: number }>(
    `insert into target_object as o (organisation_id, account_id, kind, target_id, content, foreign_id, foreign_system,
       created_run, changed_run)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
     on conflict (account_id, kind, target_id) do update
       set content = excluded.content, seen = case o.kind when 'group' then o.seen end, state = 'active', foreign_id = excluded.foreign_id,
           foreign_system = excluded.foreign_system, changed_run = excluded.changed_run
     returning target_object_id as id`,
    [
      run.organisationId,
      accountId,
      change.kind,
      applied.targetId,
      contentOf(change, applied),
      applied.foreignId,
      applied.foreignSystem,
      run.runId,
    ],
  );
  const { sourceId = '', localDate = null, refer = false } = change.after;
  await tx.execute(
    `insert into link (organisation_id, connection_id, kind, sync_key, target_object_id, owns, source_id, local_date, group_keys)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      run.organisationId,
      run.connectionId,
      change.kind,
      change.syncKey,
      id,
      refer !== true,
      sourceId,
      localDate,
      applied.groupKeys,
    ],
  );
  if (change.kind !== 'lesson') return;
  await tx.execute(
    `insert into link_member (connection_id, organisation_id, parent_key, person_key)
     select $1, $2, $3, unnest($4::text[]) on conflict do nothing`,
    [run.connectionId, run.organisationId, change.syncKey, applied.learnerKeys],
  );
}

/** A lesson that moved to another date is the same object under another key. */
async function applyRekey(tx: Transaction, run: RunRef, change: DueChange, applied: Applied): Promise<void> {
  const former = change.before['key'];
  await tx.execute(
    `update link set sync_key = $4, local_date = $5
      where connection_id = $1 and kind = $2 and sync_key = $3`,
    [run.connectionId, change.kind, former, change.syncKey, change.after['localDate']],
  );
  await tx.execute('update link_member set parent_key = $3 where connection_id = $1 and parent_key = $2', [
    run.connectionId,
    former,
    change.syncKey,
  ]);
  await writeContent(tx, run, change, applied);
}

/** What was seen goes along with what is written; what somebody else changed by hand stays known. */
async function writeContent(tx: Transaction, run: RunRef, change: DueChange, applied: Applied): Promise<void> {
  await tx.execute(
    `update target_object o set content = $2, state = 'active', foreign_id = $4, foreign_system = $5, changed_run = $3,
            seen = o.seen || coalesce((select jsonb_object_agg(key, value) from jsonb_each($2::jsonb)
                                        where value is distinct from o.content -> key), '{}')
                          || case when o.content -> 'instructors' is distinct from $2::jsonb -> 'instructors'
                                  then jsonb_build_object('instructorIds', $6::jsonb) else '{}' end
      where target_object_id = $1`,
    [
      change.targetObjectId,
      contentOf(change, applied),
      run.runId,
      applied.foreignId,
      applied.foreignSystem,
      JSON.stringify(applied.instructorIds),
    ],
  );
}

async function setState(tx: Transaction, run: RunRef, change: DueChange, state: string): Promise<void> {
  await tx.execute('update target_object set state = $2, changed_run = $3 where target_object_id = $1', [
    change.targetObjectId,
    state,
    run.runId,
  ]);
}

async function applyDelete(tx: Transaction, run: RunRef, change: DueChange): Promise<void> {
  await tx.execute('delete from link_member where connection_id = $1 and parent_key = $2', [
    run.connectionId,
    change.syncKey,
  ]);
  await tx.execute('delete from link where connection_id = $1 and kind = $2 and sync_key = $3', [
    run.connectionId,
    change.kind,
    change.syncKey,
  ]);
  await setState(tx, run, change, 'deleted');
}

/** A second object of one lesson is gone; the link belongs to the first. */
async function forgetDouble(tx: Transaction, run: RunRef, accountId: string, change: DueChange): Promise<void> {
  await tx.execute(
    `update target_object set state = 'deleted', changed_run = $4 where (account_id, kind, target_id) = ($1, $2, $3)`,
    [accountId, change.kind, change.targetId, run.runId],
  );
}

async function applyMembership(tx: Transaction, run: RunRef, change: DueChange): Promise<void> {
  const place = change.operation === 'insert' ? change.after : change.before;
  await tx.execute(
    change.operation === 'insert'
      ? `insert into link_member (connection_id, organisation_id, parent_key, person_key) values ($1, $2, $3, $4)
         on conflict do nothing`
      : 'delete from link_member where connection_id = $1 and organisation_id = $2 and parent_key = $3 and person_key = $4',
    [run.connectionId, run.organisationId, place['lesson'], place['person']],
  );
  await tx.execute(
    `update target_object o set seen = jsonb_set(o.seen, '{learnerIds}',
            case when $4 then (o.seen -> 'learnerIds') - p.target_id || to_jsonb(p.target_id)
                 else (o.seen -> 'learnerIds') - p.target_id end)
       from link k join target_object p using (target_object_id)
      where o.target_object_id = $1 and o.seen is not null
        and (k.connection_id, k.kind, k.sync_key) = ($2, 'learner', $3)`,
    [change.targetObjectId, run.connectionId, place['person'], change.operation === 'insert'],
  );
}

/** A record that a change names, at the target: its id, or why it is not there. */
export interface NamedRecord {
  readonly syncKey: string;
  readonly targetId: string | null;
  /** State of the change that makes it known in this run, where there is one. */
  readonly insertState: string | null;
}

/** Target ids of people or groups by sync key, in the order asked. */
export async function resolveRecords(
  tx: Transaction,
  run: RunRef,
  kind: 'instructor' | 'learner' | 'group' | 'lesson',
  syncKeys: readonly string[],
): Promise<NamedRecord[]> {
  if (syncKeys.length === 0) return [];
  return tx.query<NamedRecord>(
    `select asked.sync_key as "syncKey", o.target_id as "targetId", c.state as "insertState"
       from unnest($4::text[]) with ordinality as asked(sync_key, position)
       left join link k on (k.connection_id, k.kind, k.sync_key) = ($1, $3, asked.sync_key)
       left join target_object o on o.target_object_id = k.target_object_id and o.state = 'active'
       left join change c on (c.run_id, c.kind, c.sync_key) = ($2, $3, asked.sync_key)
         and c.operation in ('insert', 'adopt', 'rekey')
      order by asked.position`,
    [run.connectionId, run.runId, kind, syncKeys],
  );
}

/** How far a run's changes are: a count per state. */
export async function countStates(tx: Transaction, runId: string): Promise<Record<string, number>> {
  const rows = await tx.query<{ state: string; count: number }>(
    'select state, count(*) as count from change where run_id = $1 group by state',
    [runId],
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.count]));
}

/** What a run came to, per kind, operation and state. */
export function countOutcomes(
  tx: Transaction,
  runId: string,
): Promise<{ kind: ChangeKind; operation: Operation; state: string; count: number }[]> {
  return tx.query(
    `select kind, operation, state, count(*) as count from change where run_id = $1
      group by kind, operation, state order by min(rank), kind, operation, state`,
    [runId],
  );
}

/** The changes of a run that did not pass, as findings of their records. */
export function changeFindings(
  tx: Transaction,
  runId: string,
): Promise<{ code: FindingCode; kind: string; syncKey: string; label: string; detail: string }[]> {
  return tx.query(
    `select code, kind, sync_key as "syncKey", explanation as detail,
            masked(is_protected(connection_id, kind, sync_key),
              coalesce(w.content ->> 'title', btrim(concat_ws(' ', w.content ->> 'givenName', w.content ->> 'familyName')))) as label
       from change cross join lateral (select case when after = '{}' then before else after end as content) w
      where run_id = $1 and state in ('held', 'waiting', 'rejected', 'stale', 'void') and code is not null`,
    [runId],
  );
}

/** Inserts of lessons that went out more than once and have not begun: a late request may have doubled them. */
export function doubtfulLessons(
  tx: Transaction,
  run: { connectionId: string; asOf: string },
): Promise<{ syncKey: string; after: Readonly<Record<string, unknown>>; targetId: string }[]> {
  return tx.query(
    `select distinct on (c.sync_key) c.sync_key as "syncKey", o.content as after, o.target_id as "targetId"
       from change c
       join link k on (k.connection_id, k.kind, k.sync_key) = ($1, 'lesson', c.sync_key)
       join target_object o on o.target_object_id = k.target_object_id
      where c.connection_id = $1 and c.doubtful and c.kind = 'lesson' and o.state = 'active'
        and (o.content->>'startsAt')::timestamptz > $2::timestamptz
      order by c.sync_key`,
    [run.connectionId, run.asOf],
  );
}
