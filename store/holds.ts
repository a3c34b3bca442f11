import { randomUUID } from 'node:crypto';
import type { ChangeKind, Operation } from '../roster/changes.ts';
import type { HeldCell, HoldReason } from '../roster/safety-filter.ts';
import type { Transaction } from './database.ts';
import { named } from './named.ts';
import type { RunRef } from './steps.ts';

/**
 * Makes the open holds of a connection what its newest plan holds. A cell with the very same changes stays the same hold;
 * with others it is a new hold that replaces the old one; with none the hold is gone. One that only shrank is not told
 * again.
 */
export async function settleHolds(tx: Transaction, run: RunRef, cells: readonly HeldCell[]): Promise<void> {
  // Whoever decides at this moment waits here, or has decided before this plan was judged.
  const open = await tx.query<OpenCell>(
    `select hold_id as "holdId", kind, operation, school, told_at is not null as told from hold
      where connection_id = $1 and state = 'open' for update`,
    [run.connectionId],
  );
  for (const cell of cells) {
    const before = open.find((one) => sameCell(one, cell));
    await settleCell(tx, run, cell, before);
  }
  const gone = open.filter((one) => !cells.some((cell) => sameCell(one, cell)));
  for (const { holdId } of gone) await closeHold(tx, holdId, 'gone', null);
}

interface OpenCell extends Pick<HeldCell, 'kind' | 'operation' | 'school'> {
  readonly holdId: string;
  readonly told: boolean;
}

type CellName = Pick<HeldCell, 'kind' | 'operation' | 'school'>;

function sameCell(a: CellName, b: CellName): boolean {
  return a.kind === b.kind && a.operation === b.operation && a.school === b.school;
}

async function settleCell(tx: Transaction, run: RunRef, cell: HeldCell, before: OpenCell | undefined): Promise<void> {
  const scope = {
    ...run,
    kind: cell.kind,
    operation: cell.operation,
    school: cell.school,
    holdId: before?.holdId ?? null,
  };
  const { now, known, grew } = await tx.one<{ now: string[]; known: string[]; grew: boolean }>(
    ...named(
      `with now as (${heldDigests}), known as (
         select digest from hold_change where hold_id = :holdId::uuid and state = 'open')
       select coalesce((select array_agg(digest order by digest) from now), '{}') as now,
              coalesce((select array_agg(digest order by digest) from known), '{}') as known,
              exists (select digest from now except select digest from known) as grew`,
      scope,
    ),
  );
  if (before !== undefined && now.length === known.length && !grew) {
    await tx.execute('update hold set last_run = $2 where hold_id = $1', [before.holdId, run.runId]);
    return;
  }
  const holdId = randomUUID();
  if (before !== undefined) await closeHold(tx, before.holdId, 'replaced', null);
  await openHold(tx, { ...scope, holdId, reason: cell.reason, base: cell.base, told: before?.told === true && !grew });
  if (before !== undefined) {
    await tx.execute('update hold set replaced_by = $2 where hold_id = $1', [before.holdId, holdId]);
  }
}

const heldDigests = `
  select c.digest from change c
   where c.run_id = :runId and c.state = 'held' and (c.kind, c.operation, c.school) = (:kind, :operation, :school)`;

interface NewHold extends RunRef {
  readonly holdId: string;
  readonly kind: ChangeKind;
  readonly operation: Operation;
  readonly school: string;
  readonly reason: HoldReason;
  readonly base: number;
  readonly told: boolean;
}

/** Opens a hold with the changes of its cell as they are shown to people from now on. */
async function openHold(tx: Transaction, hold: NewHold): Promise<void> {
  await tx.execute(
    ...named(
      `with held as (${heldDigests})
       insert into hold (hold_id, organisation_id, connection_id, number, kind, operation, school, reason, count, base,
                         digest, first_run, last_run, told_at)
       select :holdId, :organisationId, :connectionId,
              1 + coalesce((select max(number) from hold where connection_id = :connectionId), 0),
              :kind, :operation, :school, :reason, count(*), :base,
              encode(sha256(convert_to(coalesce(string_agg(digest, '' order by digest), ''), 'UTF8')), 'hex'),
              :runId, :runId, case when :told::boolean then clock_timestamp() end
         from held`,
      hold,
    ),
  );
  await tx.execute(...named(heldRecords, hold));
  await tx.execute(
    `update hold set first_lesson_at = (
       select min(coalesce(h.before ->> 'startsAt', h.after ->> 'startsAt')::timestamptz) from hold_change h where h.hold_id = $1)
      where hold_id = $1`,
    [hold.holdId],
  );
}

// A place on a roster says whose it is, and of which lesson: its change names keys only.
const heldRecords = `
insert into hold_change (hold_id, organisation_id, connection_id, digest, kind, operation, sync_key, label, before, after)
select :holdId, :organisationId, :connectionId, c.digest, c.kind, c.operation, c.sync_key,
       case c.kind when 'membership'
            then concat_ws(' in ', masked(is_protected(c.connection_id, 'learner', w.content ->> 'person'),
                   nullif(btrim(concat_ws(' ', p.content ->> 'givenName', p.content ->> 'familyName')), '')), l.content ->> 'title')
            else masked(x.hidden, coalesce(w.content ->> 'title', btrim(concat_ws(' ', w.content ->> 'givenName', w.content ->> 'familyName')), '')) end,
       case when x.hidden then '{}' when c.kind = 'membership' and l.content ? 'startsAt'
            then c.before || jsonb_build_object('startsAt', l.content -> 'startsAt') else c.before end,
       case when x.hidden then '{}' else c.after end
  from change c
 cross join lateral (select case when c.after = '{}' then c.before else c.after end as content) w
 cross join lateral (select is_protected(c.connection_id, c.kind, c.sync_key) as hidden) x
  left join link pk on c.kind = 'membership' and (pk.connection_id, pk.kind, pk.sync_key) = (c.connection_id, 'learner', w.content ->> 'person')
  left join target_object p on p.target_object_id = pk.target_object_id
  left join link lk on c.kind = 'membership' and (lk.connection_id, lk.kind, lk.sync_key) = (c.connection_id, 'lesson', w.content ->> 'lesson')
  left join target_object l on l.target_object_id = lk.target_object_id
 where c.run_id = :runId and c.state = 'held' and (c.kind, c.operation, c.school) = (:kind, :operation, :school)
on conflict (hold_id, digest) do nothing`;

async function closeHold(
  tx: Transaction,
  holdId: string,
  state: 'decided' | 'replaced' | 'gone',
  runId: string | null,
): Promise<void> {
  await tx.execute('update hold set state = $2, closed_at = clock_timestamp() where hold_id = $1', [holdId, state]);
  await tx.execute(
    `update hold_change set state = case $2 when 'replaced' then 'replaced' else 'void' end, ended_run = $3
      where hold_id = $1 and state = 'open'`,
    [holdId, state, runId],
  );
}

/** A hold as people see it. */
export interface Hold {
  readonly holdId: string;
  readonly number: number;
  readonly kind: ChangeKind;
  readonly operation: Operation;
  readonly school: string;
  readonly reason: HoldReason;
  /** How many changes it was opened with, and how many of them wait still. */
  readonly count: number;
  readonly open: number;
  readonly base: number;
  readonly firstLessonAt: string | null;
  readonly state: 'open' | 'decided' | 'replaced' | 'gone';
  readonly openedAt: string;
  readonly closedAt: string | null;
  /** The number of the hold that replaced it. */
  readonly replacedBy: number | null;
}

/** Holds of a connection, newest first: the open ones, or all of them. */
export function listHolds(tx: Transaction, connectionId: string, which: 'open' | 'all'): Promise<Hold[]> {
  return tx.query<Hold>(
    `${selectHold} where h.connection_id = $1 and ($2 = 'all' or h.state = 'open') order by h.number desc`,
    [connectionId, which],
  );
}

/** One hold of a connection by its number. */
export async function findHold(tx: Transaction, connectionId: string, number: number): Promise<Hold | undefined> {
  const [hold] = await tx.query<Hold>(`${selectHold} where h.connection_id = $1 and h.number = $2`, [
    connectionId,
    number,
  ]);
  return hold;
}

const selectHold = `
select h.hold_id as "holdId", h.number, h.kind, h.operation, h.school, h.reason, h.count, h.base,
       (select count(*) from hold_change c where c.hold_id = h.hold_id and c.state = 'open') as open,
       h.first_lesson_at as "firstLessonAt", h.state, h.opened_at as "openedAt", h.closed_at as "closedAt",
       (select r.number from hold r where r.hold_id = h.replaced_by) as "replacedBy"
  from hold h`;

/** A held change as people read it. */
export interface HeldChange {
  readonly digest: string;
  readonly kind: ChangeKind;
  readonly operation: Operation;
  readonly syncKey: string;
  readonly label: string;
  readonly before: Readonly<Record<string, unknown>>;
  readonly after: Readonly<Record<string, unknown>>;
  readonly state: 'open' | 'approved' | 'rejected' | 'used' | 'void' | 'expired' | 'replaced';
  readonly decidedBy: string | null;
  readonly decidedAt: string | null;
  readonly expiresAt: string | null;
}

/** The changes of a hold, record by record. */
export function heldChanges(tx: Transaction, holdId: string): Promise<HeldChange[]> {
  return tx.query<HeldChange>(
    `select h.digest, h.kind, h.operation, h.sync_key as "syncKey", h.label, h.before, h.after, h.state,
            d.actor as "decidedBy", h.decided_at as "decidedAt", h.expires_at as "expiresAt"
       from hold_change h left join command d using (command_id)
      where h.hold_id = $1 order by coalesce(h.before ->> 'startsAt', h.after ->> 'startsAt'), h.label, h.sync_key`,
    [holdId],
  );
}

/** What a hold's workflow needs to know of it now. */
export interface HoldState {
  readonly connectionId: string;
  readonly number: number;
  readonly kind: ChangeKind;
  readonly operation: Operation;
  readonly reason: HoldReason;
  readonly open: boolean;
  readonly count: number;
  readonly firstLessonAt: string | null;
  readonly told: boolean;
  /** Since it was opened, by the database's clock. */
  readonly ageMs: number;
}

/** One hold by its id, as its workflow looks at it. */
export function readHold(tx: Transaction, holdId: string): Promise<HoldState> {
  return tx.one<HoldState>(
    `select connection_id as "connectionId", number, kind, operation, reason, state = 'open' as open,
            (select count(*) from hold_change c where c.hold_id = h.hold_id and c.state = 'open') as count,
            first_lesson_at as "firstLessonAt", told_at is not null as told,
            (extract(epoch from clock_timestamp() - opened_at) * 1000)::bigint as "ageMs"
       from hold h where hold_id = $1`,
    [holdId],
  );
}

export async function markTold(tx: Transaction, holdId: string): Promise<void> {
  await tx.execute('update hold set told_at = coalesce(told_at, clock_timestamp()) where hold_id = $1', [holdId]);
}

/** The open holds of a connection, and those that a run closed: their workflows are to know. */
export function holdsToWake(
  tx: Transaction,
  connectionId: string,
): Promise<{ holdId: string; number: number; open: boolean }[]> {
  return tx.query(
    `select hold_id as "holdId", number, state = 'open' as open from hold
      where connection_id = $1 and (state = 'open' or closed_at > clock_timestamp() - interval '10 minutes')
      order by number`,
    [connectionId],
  );
}

/** Open holds of all organisations, for the sweep: ids and numbers only. */
export function openHolds(
  tx: Transaction,
): Promise<{ organisationId: string; connectionId: string; holdId: string; number: number }[]> {
  return tx.query(
    `select organisation_id as "organisationId", connection_id as "connectionId", hold_id as "holdId", number
       from operator.hold_index where state = 'open' order by opened_at`,
  );
}
