import { RollcallError } from '../roster/errors.ts';
import type { ProtectedIdentities } from '../roster/rules.ts';
import type { Transaction } from './database.ts';

/** A set of credentials at an outside system, without the credentials. */
export interface Account {
  readonly accountId: string;
  readonly code: string;
  readonly system: string;
  readonly settings: unknown;
  readonly requestTimeoutMs: number;
}

/** One source feeding one target for one organisation. */
export interface Connection {
  readonly organisationId: string;
  readonly organisationCode: string;
  readonly connectionId: string;
  readonly code: string;
  readonly name: string;
  readonly timeZone: string;
  readonly mode: 'trial' | 'live';
  readonly liveSince: string | null;
  /** Only lessons attached to these groups are sent, by sync key; null for everything. */
  readonly pilot: readonly string[] | null;
  /** How people with protected identity are treated. */
  readonly protectedIdentities: ProtectedIdentities;
  readonly sourceOptions: unknown;
  readonly targetOptions: unknown;
  readonly source: Account;
  readonly target: Account;
}

/**
 * The connection with both its accounts. Removed ones are gone for everyone: `CONNECTION_REMOVED`. For a run that previews
 * other options, those of its command count.
 */
export async function readConnection(
  tx: Transaction,
  connectionId: string,
  runId: string | null = null,
): Promise<Connection> {
  const [connection] = await tx.query<Connection>(
    `select o.organisation_id as "organisationId", o.code as "organisationCode", o.time_zone as "timeZone",
            c.connection_id as "connectionId", c.code, c.name, c.mode, c.live_since as "liveSince",
            c.pilot_groups as pilot, o.protected_identities as "protectedIdentities", coalesce(asked.detail -> 'sourceOptions', c.source_options) as "sourceOptions",
            coalesce(asked.detail -> 'targetOptions', c.target_options) as "targetOptions",
            ${account('s')} as source, ${account('t')} as target
       from connection c
       join organisation o using (organisation_id)
       join account s on s.account_id = c.source_account_id
       join account t on t.account_id = c.target_account_id
       left join run r on r.run_id = $2 and r.plan_only
       left join command asked on asked.command_id = r.command_id
      where c.connection_id = $1 and c.removed_at is null`,
    [connectionId, runId],
  );
  if (connection === undefined) throw new RollcallError('CONNECTION_REMOVED', 'This connection no longer exists.');
  return connection;
}

function account(alias: string): string {
  return `jsonb_build_object('accountId', ${alias}.account_id, 'code', ${alias}.code, 'system', ${alias}.system,
    'settings', ${alias}.settings, 'requestTimeoutMs', ${alias}.request_timeout_ms)`;
}

/** A connection as people name it. */
export interface ConnectionName {
  readonly organisationId: string;
  readonly organisationCode: string;
  readonly connectionId: string;
  readonly connectionCode: string;
  readonly mode: 'trial' | 'live';
}

/** All connections of the installation, in codes only. */
export function listConnectionNames(tx: Transaction): Promise<ConnectionName[]> {
  return tx.query<ConnectionName>(
    `select organisation_id as "organisationId", organisation_code as "organisationCode",
            connection_id as "connectionId", connection_code as "connectionCode", mode
       from operator.connection_index where not removed order by organisation_code, connection_code`,
  );
}

/** What go-live was decided on. */
export interface GoLive {
  /** The plan that people saw: the first live run may do what it showed. */
  readonly shownRun?: string;
  /** Only lessons attached to these groups are sent, by sync key; null for everything. */
  readonly pilot?: readonly string[] | null;
}

/**
 * From now on the connection writes, a pilot or everything; a live one may be widened. Attendance counts for lessons that
 * start after the first go-live. A plan from before does not count for the next one. Gives whether the connection was in trial until now.
 */
export async function goLive(
  tx: Transaction,
  connectionId: string,
  { shownRun, pilot }: GoLive = {},
): Promise<boolean> {
  const { trial } = await tx.one<{ trial: boolean }>(
    `select mode = 'trial' as trial from connection where connection_id = $1 for no key update`,
    [connectionId],
  );
  await tx.execute(
    `update connection set mode = 'live', live_since = case when mode = 'trial' then business_now() else live_since end,
            shown_run = $2, pilot_groups = $3, changed_at = clock_timestamp()
      where connection_id = $1`,
    [connectionId, shownRun ?? null, pilot ?? null],
  );
  return trial;
}

/** Sets how an organisation treats people with protected identity. */
export async function chooseProtectedIdentities(
  tx: Transaction,
  organisationId: string,
  choice: Exclude<ProtectedIdentities, 'undecided'>,
): Promise<void> {
  await tx.execute('update organisation set protected_identities = $2 where organisation_id = $1', [
    organisationId,
    choice,
  ]);
}

/** What became of the objects at the target that a removed connection had. */
export interface Removal {
  /** Owned by it, and now by another connection that names the same people. */
  readonly passedOn: number;
  /** Owned by it alone: they stay at the target as they are, and nobody's run touches them any more. */
  readonly left: number;
}

/**
 * Takes a connection out of service for good. Nothing is written outside: what other connections refer to goes on in their
 * hands, the rest stays where it is. Its code is not given again, since it is part of names at the target.
 *
 * @throws RUN_AT_WORK while a run of it works.
 */
export async function removeConnection(tx: Transaction, connectionId: string): Promise<Removal> {
  await tx.query('select from connection where connection_id = $1 for no key update', [connectionId]);
  const atWork = await tx.query(`select from run where connection_id = $1 and state = 'working'`, [connectionId]);
  if (atWork.length > 0) {
    throw new RollcallError('RUN_AT_WORK', 'A run of this connection is at work: remove it when the run has ended.');
  }
  const owned = await tx.query<{ id: string }>(
    'select target_object_id as id from link where connection_id = $1 and owns',
    [connectionId],
  );
  await tx.execute('delete from link_member where connection_id = $1', [connectionId]);
  await tx.execute('delete from link where connection_id = $1', [connectionId]);
  const passedOn = await tx.execute(
    `update link set owns = true where (connection_id, kind, sync_key) in (
       select distinct on (k.target_object_id) k.connection_id, k.kind, k.sync_key
         from link k join connection c using (connection_id)
        where k.target_object_id = any($1) and c.removed_at is null
        order by k.target_object_id, c.slot)`,
    [owned.map(({ id }) => id)],
  );
  await tx.execute(
    `update hold set state = 'gone', closed_at = clock_timestamp() where connection_id = $1 and state = 'open'`,
    [connectionId],
  );
  await tx.execute(
    'update connection set removed_at = clock_timestamp(), schedule = null, follow_up = null where connection_id = $1',
    [connectionId],
  );
  return { passedOn, left: owned.length - passedOn };
}
