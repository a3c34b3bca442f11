import type { System } from '../connectors/system.ts';
import type { Access, ApiTarget, Source } from '../roster/contracts.ts';
import { RollcallError } from '../roster/errors.ts';
import { businessNow } from '../store/clock.ts';
import type { Account, Connection } from '../store/connections.ts';
import { readSecrets } from '../store/secrets.ts';
import { Pacer } from './pacer.ts';
import type { Services } from './services.ts';

/** What is needed to open a system: a step has it, and so does a command that tries the credentials. */
export type Opening = Pick<Services, 'db' | 'master' | 'systems' | 'allowHosts' | 'proxy'>;

/** How a step reaches an account: what stops it, and what it must still be allowed to do before each request. */
export interface Reach {
  readonly signal: AbortSignal;
  /** Throws when this step may not write any more. */
  readonly mayStillSend?: () => void;
}

/** Opens the source of a connection. */
export async function openSource(services: Opening, connection: Connection, reach: Reach): Promise<Source> {
  const system = systemOf(services, connection.source);
  const options = system.sourceOptions?.parse(connection.sourceOptions);
  const access = await accessTo(services, connection, connection.source, system, options, reach);
  if (system.openSource === undefined) throw wrongRole(system, 'source');
  return system.openSource(access);
}

/** Opens the target of a connection. */
export async function openTarget(services: Opening, connection: Connection, reach: Reach): Promise<ApiTarget> {
  const system = systemOf(services, connection.target);
  const options = system.targetOptions?.parse(connection.targetOptions);
  const access = await accessTo(services, connection, connection.target, system, options, reach);
  if (system.openTarget === undefined) throw wrongRole(system, 'target');
  return system.openTarget(access);
}

function systemOf(services: Opening, account: Account): System {
  const system = services.systems.get(account.system);
  if (system === undefined) throw new RollcallError('INTERNAL', `No connector is called "${account.system}".`);
  return system;
}

function wrongRole(system: System, role: string): RollcallError {
  return new RollcallError('INTERNAL', `${system.name} cannot be a ${role}.`);
}

async function accessTo(
  services: Opening,
  connection: Connection,
  account: Account,
  system: System,
  options: unknown,
  reach: Reach,
): Promise<Access> {
  const { db } = services;
  const { organisationId } = connection;
  const { secrets, now } = await db.organisation(organisationId, async (tx) => ({
    secrets: await readSecrets(tx, services.master, account.accountId),
    now: await businessNow(tx),
  }));
  for (const name of system.secretNames) {
    if (secrets[name] === undefined) {
      throw new RollcallError(
        'SECRET_MISSING',
        `The account "${account.code}" has no "${name}". Set it with: rollcall secret set ` +
          `${connection.organisationCode}/${account.code} ${name}`,
      );
    }
  }
  const pacer = new Pacer(db, { organisationId, accountId: account.accountId });
  const openedAt = performance.now();
  return {
    settings: system.accountSettings.parse(account.settings),
    options,
    secrets,
    requestTimeoutMs: account.requestTimeoutMs,
    allowHosts: services.allowHosts,
    ...(services.proxy === undefined ? {} : { proxy: services.proxy }),
    signal: reach.signal,
    // Business time goes on ticking from what the database said when the step began.
    now: () => new Date(Date.parse(now) + performance.now() - openedAt).toISOString(),
    pace: async (rateClass) => {
      await pacer.place(rateClass);
      reach.mayStillSend?.();
    },
  };
}
