import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Calendar } from '../roster/calendar.ts';
import { RollcallError } from '../roster/errors.ts';
import type { Limits } from '../roster/safety-filter.ts';
import type { Schedule } from '../roster/schedule.ts';
import type { Transaction } from './database.ts';
import { applySubscribers, applyTelling, type ConfiguredSubscriber, type ConfiguredTelling } from './subscribers.ts';

/** What a configuration file says of one organisation, checked by the connectors' schemas. No secrets. */
export interface Configuration {
  readonly organisation: {
    readonly code: string;
    readonly name: string;
    readonly timeZone: string;
    /** Holidays, blackouts and the like; none when left out. */
    readonly calendar?: Calendar;
    /** Who is told of every connection; stays as it is when left out. */
    readonly subscribers?: readonly ConfiguredSubscriber[] | undefined;
  };
  readonly accounts: readonly ConfiguredAccount[];
  readonly connections: readonly ConfiguredConnection[];
}

export interface ConfiguredAccount {
  readonly code: string;
  readonly system: string;
  readonly settings: object;
  readonly requestTimeoutMs: number;
  /** Requests a minute by rate class. */
  readonly rates: Readonly<Record<string, number>>;
}

export interface ConfiguredConnection extends ConfiguredTelling {
  readonly code: string;
  readonly name: string;
  readonly sourceAccount: string;
  readonly targetAccount: string;
  readonly sourceOptions: object;
  readonly targetOptions: object;
  /** What names the data set behind the source. */
  readonly sourceIdentity: string;
  /** Limits of the safety filter by kind and operation; the default of what is left out. */
  readonly limits?: Limits;
  /** What happens to the rest of a run of which a part is over its limit; holds that part when left out. */
  readonly overLimit?: 'hold-part' | 'stop-all';
  /** Limits of the first run after a planned pause. */
  readonly limitsOnReturn?: Limits;
  /** When it runs by itself; never when null or left out. */
  readonly schedule?: Schedule | null;
  readonly runsOnSchoolFreeDays?: boolean;
}

/** One line of what an application of a configuration does, or would do. */
export interface ConfigurationChange {
  readonly thing: 'organisation' | 'account' | 'connection';
  readonly code: string;
  readonly action: 'created' | 'changed' | 'unchanged';
  /** The fields that differ; and whether the connection goes back into trial. */
  readonly fields: readonly string[];
  readonly backToTrial: boolean;
}

/** The id of an organisation by its code; a new one gets one here, so that the caller can work in its name. */
export async function organisationIdOf(tx: Transaction, code: string): Promise<{ id: string; isNew: boolean }> {
  const [known] = await tx.query<{ organisation_id: string }>(
    'select organisation_id from operator.organisation_index where code = $1',
    [code],
  );
  return known === undefined ? { id: randomUUID(), isNew: true } : { id: known.organisation_id, isNew: false };
}

/**
 * Makes the store say what the file says; what the file does not name stays. A connection whose source identity changed
 * goes back into trial: what it knows is of another data set. Runs in the organisation's transaction; a preview is the
 * same transaction rolled back by the caller.
 */
export async function applyConfiguration(
  tx: Transaction,
  organisationId: string,
  configuration: Configuration,
): Promise<ConfigurationChange[]> {
  const changes = [await applyOrganisation(tx, organisationId, configuration.organisation)];
  const accountIds = new Map<string, string>();
  for (const account of configuration.accounts) {
    const { change, accountId } = await applyAccount(tx, organisationId, account);
    accountIds.set(account.code, accountId);
    changes.push(change);
    if (change.fields.includes('settings') || change.fields.includes('system')) {
      changes.push(...(await distrustUnnamed(tx, accountId, configuration.connections)));
    }
  }
  for (const connection of configuration.connections) {
    changes.push(await applyConnection(tx, organisationId, connection, accountIds));
  }
  return changes;
}

type Fields = Readonly<Record<string, unknown>>;

function difference(known: Fields, wanted: Fields): string[] {
  return Object.keys(wanted).filter((field) => !isDeepStrictEqual(known[field], wanted[field]));
}

function changeOf(
  thing: ConfigurationChange['thing'],
  code: string,
  known: Fields | undefined,
  fields: readonly string[],
  backToTrial = false,
): ConfigurationChange {
  const action = known === undefined ? 'created' : fields.length === 0 ? 'unchanged' : 'changed';
  return { thing, code, action, fields: known === undefined ? [] : fields, backToTrial };
}

async function applyOrganisation(
  tx: Transaction,
  organisationId: string,
  { code, name, timeZone, calendar = {}, subscribers }: Configuration['organisation'],
): Promise<ConfigurationChange> {
  const [known] = await tx.query<Fields>(
    'select name, time_zone as "timeZone", calendar from organisation where organisation_id = $1',
    [organisationId],
  );
  await tx.execute(
    `insert into organisation (organisation_id, code, name, time_zone, calendar) values ($1, $2, $3, $4, $5)
     on conflict (organisation_id) do update set name = excluded.name, time_zone = excluded.time_zone,
       calendar = excluded.calendar`,
    [organisationId, code, name, timeZone, calendar],
  );
  const fields = known ? difference(known, { name, timeZone, calendar }) : [];
  if (await applySubscribers(tx, organisationId, null, subscribers)) fields.push('subscribers');
  return changeOf('organisation', code, known, fields);
}

async function applyAccount(
  tx: Transaction,
  organisationId: string,
  account: ConfiguredAccount,
): Promise<{ change: ConfigurationChange; accountId: string }> {
  const { code, system, settings, requestTimeoutMs, rates } = account;
  const [known] = await tx.query<Fields & { accountId: string }>(
    `select a.account_id as "accountId", system, settings, request_timeout_ms as "requestTimeoutMs",
            coalesce((select jsonb_object_agg(rate_class, per_minute) from account_rate r where r.account_id = a.account_id), '{}') as rates
       from account a where code = $1`,
    [code],
  );
  const accountId = known?.accountId ?? randomUUID();
  const fields = known ? difference(known, { system, settings, requestTimeoutMs, rates }) : [];
  await tx.execute(
    `insert into account (account_id, organisation_id, code, system, settings, request_timeout_ms)
     values ($1, $2, $3, $4, $5, $6)
     on conflict (account_id) do update set system = excluded.system, settings = excluded.settings,
       request_timeout_ms = excluded.request_timeout_ms,
       changed_at = case when $7 then clock_timestamp() else account.changed_at end`,
    [accountId, organisationId, code, system, settings, requestTimeoutMs, fields.some((field) => field !== 'rates')],
  );
  await tx.execute('delete from account_rate where account_id = $1 and not rate_class = any($2)', [
    accountId,
    Object.keys(rates),
  ]);
  for (const [rateClass, perMinute] of Object.entries(rates)) {
    await tx.execute(
      `insert into account_rate (account_id, organisation_id, rate_class, per_minute) values ($1, $2, $3, $4)
       on conflict (account_id, rate_class) do update set per_minute = excluded.per_minute`,
      [accountId, organisationId, rateClass, perMinute],
    );
  }
  return { change: changeOf('account', code, known, fields), accountId };
}

/**
 * Live connections that the file does not name, but whose source account it changed, go back into trial: they may read
 * another data set now, and only a file that names them says which.
 */
async function distrustUnnamed(
  tx: Transaction,
  accountId: string,
  named: readonly ConfiguredConnection[],
): Promise<ConfigurationChange[]> {
  const distrusted = await tx.query<{ code: string }>(
    `update connection set mode = 'trial', shown_run = null
      where source_account_id = $1 and mode = 'live' and not code = any($2) returning code`,
    [accountId, named.map(({ code }) => code)],
  );
  return distrusted.map(({ code }) => ({
    thing: 'connection',
    code,
    action: 'changed',
    fields: ['sourceIdentity'],
    backToTrial: true,
  }));
}

async function applyConnection(
  tx: Transaction,
  organisationId: string,
  connection: ConfiguredConnection,
  accountIds: ReadonlyMap<string, string>,
): Promise<ConfigurationChange> {
  const { code, name, sourceOptions, targetOptions, sourceIdentity, limits = {}, overLimit = 'hold-part' } = connection;
  const { limitsOnReturn = {}, schedule = null, runsOnSchoolFreeDays = false } = connection;
  const sourceAccountId = accountIds.get(connection.sourceAccount);
  const targetAccountId = accountIds.get(connection.targetAccount);
  const [known] = await tx.query<Fields & { connectionId: string; mode: string }>(
    `select connection_id as "connectionId", mode, name, source_account_id as "sourceAccountId",
            target_account_id as "targetAccountId", source_options as "sourceOptions", target_options as "targetOptions",
            source_identity as "sourceIdentity", limits, over_limit as "overLimit",
            limits_on_return as "limitsOnReturn", schedule, runs_on_school_free_days as "runsOnSchoolFreeDays"
       from connection where code = $1 and removed_at is null`,
    [code],
  );
  await refuseFormerCode(tx, code);
  const wanted = {
    name,
    sourceAccountId,
    targetAccountId,
    sourceOptions,
    targetOptions,
    sourceIdentity,
    limits,
    overLimit,
    limitsOnReturn,
    schedule,
    runsOnSchoolFreeDays,
  };
  const fields = known ? difference(known, wanted) : [];
  const backToTrial = known?.mode === 'live' && fields.includes('sourceIdentity');
  const connectionId = known?.connectionId ?? randomUUID();
  await tx.execute(
    `insert into connection (connection_id, organisation_id, code, name, source_account_id, target_account_id,
                             source_options, target_options, source_identity, limits, over_limit, limits_on_return,
                             schedule, runs_on_school_free_days)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $11, $12, $14, $15, $16)
     on conflict (connection_id) do update set name = excluded.name, source_account_id = excluded.source_account_id,
       target_account_id = excluded.target_account_id, source_options = excluded.source_options,
       target_options = excluded.target_options, source_identity = excluded.source_identity,
       mode = case when $10 then 'trial' else connection.mode end,
       shown_run = case when $10 then null else connection.shown_run end,
       limits = excluded.limits, over_limit = excluded.over_limit,
       limits_on_return = excluded.limits_on_return, schedule = excluded.schedule,
       runs_on_school_free_days = excluded.runs_on_school_free_days,
       changed_at = case when $13 then clock_timestamp() else connection.changed_at end`,
    [
      connectionId,
      organisationId,
      code,
      name,
      sourceAccountId,
      targetAccountId,
      sourceOptions,
      targetOptions,
      sourceIdentity,
      backToTrial,
      limits,
      overLimit,
      fields.length > 0,
      limitsOnReturn,
      schedule,
      runsOnSchoolFreeDays,
    ],
  );
  // Apart from the rest: who is told changes nothing of what a trial showed.
  const told = await applyTelling(tx, organisationId, connectionId, connection);
  return changeOf('connection', code, known, [...fields, ...told], backToTrial);
}

/** A code is part of names at the target: a removed connection keeps it. */
async function refuseFormerCode(tx: Transaction, code: string): Promise<void> {
  const former = await tx.query('select from connection where code = $1 and removed_at is not null', [code]);
  if (former.length === 0) return;
  throw new RollcallError(
    'CONNECTION_REMOVED',
    `The connection "${code}" was removed, and its code is not given again: take another one, and name this one in takeOverFrom.`,
  );
}

/** An account by its code, to give it a secret. */
export async function findAccount(
  tx: Transaction,
  code: string,
): Promise<{ accountId: string; system: string } | undefined> {
  const [account] = await tx.query<{ accountId: string; system: string }>(
    'select account_id as "accountId", system from account where code = $1',
    [code],
  );
  return account;
}
