import { userInfo } from 'node:os';
import type { Client } from '@temporalio/client';
import { RollcallError } from '../../roster/errors.ts';
import type { ActorRole } from '../../store/commands.ts';
import { type ConnectionName, listConnectionNames } from '../../store/connections.ts';
import { Database } from '../../store/database.ts';
import type { MasterKeys } from '../../store/envelope.ts';
import { readMasterKeys, readSettings, type Settings } from '../../worker/settings.ts';
import { connectTemporal } from '../../worker/temporal.ts';
import { UsageError } from './exit-codes.ts';

/** What a command works with. Temporal is reached only by those that need it. */
export interface Session {
  readonly settings: Settings;
  readonly db: Database;
  readonly master: MasterKeys;
  readonly actor: { readonly name: string; readonly role: ActorRole };
  temporal(): Promise<Client>;
}

/** Runs a command's work with an open store, and closes what was opened. */
export async function withSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const settings = setting(() => readSettings(process.env));
  const master = readMasterKeys(process.env, { makeIfMissing: settings.local });
  const db = new Database(settings.databaseUrl, { maxConnections: 4 });
  let client: Promise<Client> | undefined;
  try {
    return await work({
      settings,
      db,
      master,
      actor: { name: process.env['ROLLCALL_ACTOR'] ?? userInfo().username, role: 'operator' },
      temporal: async () => {
        const temporalAddress = setting(() => settings.temporalAddress);
        client ??= connectTemporal({ temporalAddress, temporalNamespace: settings.temporalNamespace }, master);
        return client;
      },
    });
  } finally {
    await db.close();
    if (client !== undefined) await client.then(({ connection }) => connection.close()).catch(() => {});
  }
}

/** A setting that is missing or wrong is a mistake in how the command was called: nothing was tried yet. */
function setting<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof RollcallError ? new UsageError(error.message) : error;
  }
}

/** A connection as people write it: `organisation/connection`, or the connection alone where that is clear. */
export async function findConnection(db: Database, name: string): Promise<ConnectionName> {
  const all = await db.operator(listConnectionNames);
  const fullName = ({ organisationCode, connectionCode }: ConnectionName) => `${organisationCode}/${connectionCode}`;
  const fitting = all.filter((one) => fullName(one) === name || one.connectionCode === name);
  const [only, another] = fitting;
  if (only !== undefined && another === undefined) return only;
  const list = (fitting.length > 0 ? fitting : all).map(fullName).join(', ');
  throw new UsageError(
    fitting.length > 0
      ? `"${name}" is more than one connection: ${list}. Write the organisation too.`
      : `There is no connection "${name}". There are: ${list || 'none yet; make one with "rollcall config apply FILE"'}.`,
  );
}
