import { randomUUID } from 'node:crypto';
import type { PauseFact } from '../roster/calendar.ts';
import type { Transaction } from './database.ts';

/** What a pause covers. */
export type PauseScope =
  | { readonly connectionId: string }
  | { readonly targetAccountId: string }
  | { readonly organisation: true };

/** A pause that a person asks for. */
export interface NewPause {
  readonly organisationId: string;
  readonly scope: PauseScope;
  readonly school: string | null;
  readonly cause: PauseFact['cause'];
  readonly effect: PauseFact['effect'];
  readonly stopNow: boolean;
  /** Instants; now when left out. */
  readonly startsAt: string | null;
  readonly endsAt: string | null;
  readonly reason: string;
  readonly commandId: string;
}

/** A pause as people see it. */
export interface Pause extends PauseFact {
  readonly pauseId: string;
  readonly organisationId: string;
  readonly connectionId: string | null;
  readonly targetAccountId: string | null;
  /** Code of the connection, of the target's account, or of the organisation. */
  readonly covers: string;
  readonly scope: 'connection' | 'target' | 'organisation';
  readonly stopNow: boolean;
  readonly setBy: string;
  /** 'planned' before its start, 'in force', 'over'. */
  readonly state: 'planned' | 'in force' | 'over';
  readonly endedAt: string | null;
  /** Its end was told, and what it covered was asked to catch up. */
  readonly closed: boolean;
}

const columns = `
  p.pause_id as "pauseId", p.organisation_id as "organisationId", p.number, p.connection_id as "connectionId",
  p.target_account_id as "targetAccountId", p.school, p.cause, p.effect, p.stop_now as "stopNow",
  p.starts_at as "startsAt", p.ends_at as "endsAt", p.ended_at as "endedAt",
  p.closed_at is not null as closed, p.reason, d.actor as "setBy",
  case when c.code is not null then 'connection' when a.code is not null then 'target' else 'organisation' end as scope,
  o.code || coalesce('/' || c.code, '/' || a.code, '') as covers,
  case when p.ended_at is not null or p.ends_at <= business_now() then 'over'
       when p.starts_at > business_now() then 'planned' else 'in force' end as state`;
const tables = `
  pause p join organisation o using (organisation_id) join command d using (command_id)
  left join connection c on c.connection_id = p.connection_id left join account a on a.account_id = p.target_account_id`;

/** Sets a pause; gives its number. */
export async function setPause(tx: Transaction, pause: NewPause): Promise<{ pauseId: string; number: number }> {
  const pauseId = randomUUID();
  const { scope } = pause;
  // Two at once would take one number: they stand in line at the organisation.
  await tx.query('select from organisation where organisation_id = $1 for no key update', [pause.organisationId]);
  const { number } = await tx.one<{ number: number }>(
    `insert into pause (pause_id, organisation_id, number, connection_id, target_account_id, school, cause, effect, stop_now,
                        starts_at, ends_at, reason, command_id)
     select $1, $2, 1 + coalesce((select max(number) from pause where organisation_id = $2), 0), $3, $4, $5, $6, $7, $8,
            coalesce($9::timestamptz, business_now()), $10, $11, $12 returning number`,
    [
      pauseId,
      pause.organisationId,
      'connectionId' in scope ? scope.connectionId : null,
      'targetAccountId' in scope ? scope.targetAccountId : null,
      pause.school,
      pause.cause,
      pause.effect,
      pause.stopNow,
      pause.startsAt,
      pause.endsAt,
      pause.reason,
      pause.commandId,
    ],
  );
  return { pauseId, number };
}

export async function readPause(tx: Transaction, pauseId: string): Promise<Pause> {
  return tx.one<Pause>(`select ${columns} from ${tables} where p.pause_id = $1`, [pauseId]);
}

/** The pauses of an organisation, the newest first; only those that are not over unless asked. */
export function listPauses(tx: Transaction, { all }: { all: boolean }): Promise<Pause[]> {
  return tx.query<Pause>(
    `select ${columns} from ${tables} where $1 or p.ended_at is null order by p.starts_at desc, p.number desc`,
    [all],
  );
}

/**
 * Ends a pause that is in force or still to come; false where it is over already. What it covers returns: after a planned
 * pause that kept records back, the next run has the limits for a return.
 */
export async function endPause(tx: Transaction, pauseId: string): Promise<boolean> {
  const [ended] = await tx.query<{ began: boolean; cause: string }>(
    `update pause set ended_at = business_now() where pause_id = $1 and ended_at is null
     returning starts_at <= business_now() as began, cause`,
    [pauseId],
  );
  if (ended === undefined) return false;
  if (ended.began && ended.cause === 'summer') {
    await tx.execute(
      `update connection c set returns = true from pause p
        where p.pause_id = $1 and c.mode = 'live' and ${covers}`,
      [pauseId],
    );
  }
  return true;
}

const covers = `
  (p.connection_id = c.connection_id or p.target_account_id = c.target_account_id
   or p.connection_id is null and p.target_account_id is null) and p.organisation_id = c.organisation_id`;

/** Live connections that a pause covers: those that catch up when it is over. */
export function connectionsUnder(
  tx: Transaction,
  pauseId: string,
): Promise<{ connectionId: string; connectionCode: string; organisationCode: string }[]> {
  return tx.query(
    `select c.connection_id as "connectionId", c.code as "connectionCode", o.code as "organisationCode"
       from pause p join connection c on ${covers} join organisation o on o.organisation_id = c.organisation_id
      where p.pause_id = $1 and c.mode = 'live' and c.removed_at is null order by c.slot`,
    [pauseId],
  );
}

/**
 * Pauses of a connection that are not over, in force or to come, as the judge of moments reads them; of those that are over
 * also what ended after an instant, where one is given.
 */
export function pausesOf(tx: Transaction, connectionId: string, since: string | null = null): Promise<PauseFact[]> {
  return tx.query<PauseFact>(
    `select p.number, p.cause, p.effect, p.school, p.reason, p.starts_at as "startsAt",
            least(p.ends_at, p.ended_at) as "endsAt"
       from connection c join pause p on ${covers}
      where c.connection_id = $1 and (p.ended_at is null or p.ended_at > $2) order by p.starts_at, p.number`,
    [connectionId, since],
  );
}

/** The pause that ends the work of a run now, at its next slice: one that was set to stop what is at work. */
export async function stoppingPause(
  tx: Transaction,
  connectionId: string,
): Promise<{ number: number; cause: PauseFact['cause']; reason: string } | undefined> {
  const [pause] = await tx.query<{ number: number; cause: PauseFact['cause']; reason: string }>(
    `select p.number, p.cause, p.reason from connection c join pause p on ${covers}
      where c.connection_id = $1 and p.ended_at is null and p.stop_now and p.effect = 'no-runs' and p.school is null
        and p.starts_at <= business_now() and (p.ends_at is null or p.ends_at > business_now())
      order by p.cause = 'incident' desc limit 1`,
    [connectionId],
  );
  return pause;
}

/** The end of a pause was told, and what it covered was asked to catch up. */
export async function closePause(tx: Transaction, pauseId: string): Promise<void> {
  await tx.execute('update pause set closed_at = clock_timestamp() where pause_id = $1 and closed_at is null', [
    pauseId,
  ]);
}

/** The pauses that somebody still has to care for, of all organisations. */
export function openPauses(
  tx: Transaction,
): Promise<{ organisationId: string; pauseId: string; number: number; organisationCode: string }[]> {
  return tx.query(
    `select p.organisation_id as "organisationId", p.pause_id as "pauseId", p.number, o.code as "organisationCode"
       from operator.open_pause p join operator.organisation_index o using (organisation_id)`,
  );
}
