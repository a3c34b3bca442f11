import { RollcallError } from '../roster/errors.ts';
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
  readonly sourceOptions: unknown;
  readonly targetOptions: unknown;
  readonly source: Account;
  readonly target: Account;
}

/** The connection with both its accounts. Removed ones are gone for everyone: `CONNECTION_REMOVED`. */
export async function readConnection(tx: Transaction, connectionId: string): Promise<Connection> {
  const [connection] = await tx.query<Connection>(
    `select o.organisation_id as "organisationId", o.code as "organisationCode", o.time_zone as "timeZone",
            c.connection_id as "connectionId", c.code, c.name, c.mode, c.live_since as "liveSince",
            c.source_options as "sourceOptions", c.target_options as "targetOptions",
            ${account('s')} as source, ${account('t')} as target
       from connection c
       join organisation o using (organisation_id)
       join account s on s.account_id = c.source_account_id
       join account t on t.account_id = c.target_account_id
      where c.connection_id = $1 and c.removed_at is null`,
    [connectionId],
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

/** From now on the connection writes. Attendance counts for lessons that start after this moment. */
export async function goLive(tx: Transaction, connectionId: string): Promise<boolean> {
  const changed = await tx.execute(
    `update connection set mode = 'live', live_since = business_now() where connection_id = $1 and mode = 'trial'`,
    [connectionId],
  );
  return changed > 0;
}
