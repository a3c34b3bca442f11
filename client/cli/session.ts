import { userInfo } from 'node:os';
import type { Client } from '@temporalio/client';
import { RollcallError } from '../../roster/errors.ts';
import { type Action, allowed, mayDo, type Role } from '../../roster/roles.ts';
import { type ConnectionName, listConnectionNames } from '../../store/connections.ts';
import { Database } from '../../store/database.ts';
import type { MasterKeys } from '../../store/envelope.ts';
import { isUnguarded, looksLikeToken, type TokenHolder, tokenHolder } from '../../store/tokens.ts';
import { readMasterKeys, readSettings, type Settings } from '../../worker/settings.ts';
import { connectTemporal } from '../../worker/temporal.ts';
import { Refused, UsageError } from './exit-codes.ts';

/** What a command works with. Temporal is reached only by those that need it. */
export interface Session {
  readonly settings: Settings;
  readonly db: Database;
  readonly master: MasterKeys;
  readonly actor: { readonly name: string; readonly role: Role };
  temporal(): Promise<Client>;
}

/**
 * Runs a command's work with an open store, for an actor who may do that, and closes what was opened.
 *
 * @throws Refused when the actor's role does not allow the action, or there is no actor.
 */
export async function withSession<T>(action: Action, work: (session: Session) => Promise<T>): Promise<T> {
  const settings = setting(() => readSettings(process.env));
  const master = readMasterKeys(process.env, { makeIfMissing: settings.local });
  const actor = await findActor(settings, action);
  if (!mayDo(actor.role, action)) {
    throw new Refused(`${actor.name} is ${actor.role}; "${action}" needs ${allowed[action].join(' or ')}.`);
  }
  const db = new Database(settings.databaseUrl, {
    maxConnections: 4,
    ...(actor.organisationId === null ? {} : { onlyOrganisation: actor.organisationId }),
  });
  let client: Promise<Client> | undefined;
  try {
    return await work({
      settings,
      db,
      master,
      actor,
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

/**
 * Who calls: on a developer's machine the user of the operating system, who may do everything; elsewhere whoever holds the
 * token in ROLLCALL_TOKEN. The first operator's token is issued by whoever reaches the database.
 */
async function findActor(settings: Settings, action: Action): Promise<TokenHolder> {
  const token = process.env['ROLLCALL_TOKEN'] ?? '';
  const operator: TokenHolder = { name: userInfo().username, role: 'operator', organisationId: null };
  if (settings.local && token === '') return operator;
  if (token !== '' && !looksLikeToken(token)) {
    throw new Refused('ROLLCALL_TOKEN is no token: it was cut or mistyped. It begins with rct_ and has 42 characters.');
  }
  const db = new Database(settings.databaseUrl, { maxConnections: 1 });
  try {
    const holder = token === '' ? undefined : await db.operator((tx) => tokenHolder(tx, token));
    if (holder !== undefined) return holder;
    if (token !== '')
      throw new Refused(
        'The token in ROLLCALL_TOKEN is unknown, was revoked, or has run out. Ask an operator for another.',
      );
    if (action === 'token' && (await db.operator(isUnguarded))) return operator;
    throw new Refused(
      'Say who you are: set ROLLCALL_TOKEN. An operator issues it with "rollcall token issue NAME --role ROLE".',
    );
  } finally {
    await db.close();
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
