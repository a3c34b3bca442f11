import pg from 'pg';
import { RollcallError } from '../roster/errors.ts';

/** A transaction in which statements run under one role and, mostly, for one organisation. */
export interface Transaction {
  /** Runs one statement and gives its rows. The caller names the shape of a row; the statement next to it proves it. */
  query<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Exactly one row, or a loud failure: for statements that cannot give another number. */
  one<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row>;
  /** Runs one statement and gives the number of rows it touched. */
  execute(text: string, values?: readonly unknown[]): Promise<number>;
  /** The connection itself, for COPY. */
  readonly client: pg.ClientBase;
}

type DatabaseRole = 'rollcall_app' | 'rollcall_loader';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

// Timestamps and dates stay text in ISO form: JavaScript dates would lose the zone of a local date. bigint is a number
// here: our identities and counts stay far below 2^53.
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => new Date(text).toISOString());
types.setTypeParser(pg.types.builtins.DATE, (text) => text);
types.setTypeParser(pg.types.builtins.INT8, (text) => Number(text));

/**
 * The store's door. Statements run as the application role or the loader role, never as the owner, and see one
 * organisation at a time. Every failure to reach PostgreSQL is a `STORE_UNAVAILABLE`.
 */
export class Database {
  readonly #pool: pg.Pool;
  readonly #only: string;

  /**
   * @param url Connection string of a login that may become the application and the loader role.
   * @param options.onlyOrganisation The only organisation that is ever seen, also in views of operators: for an actor
   *   who belongs to it.
   */
  constructor(url: string, options: { maxConnections?: number; onlyOrganisation?: string } = {}) {
    this.#only = options.onlyOrganisation ?? '';
    this.#pool = new pg.Pool({
      connectionString: url,
      max: options.maxConnections ?? 10,
      connectionTimeoutMillis: 10_000,
      application_name: 'rollcall',
      // A frozen worker must not keep its locks: PostgreSQL ends a transaction that nobody speaks in.
      idle_in_transaction_session_timeout: 15_000,
      types,
    });
    // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
    this.#pool.on('error', () => {});
  }

  /** A transaction of one organisation, as the application. */
  organisation<T>(organisationId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#transact('rollcall_app', organisationId, work);
  }

  /** A transaction of one organisation, as the loader: the only role that reaches staging. */
  loading<T>(organisationId: string, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#transact('rollcall_loader', organisationId, work);
  }

  /** A transaction outside any organisation: sees operator views and tables, and no row of an organisation. */
  operator<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.#transact('rollcall_app', undefined, work);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #transact<T>(
    role: DatabaseRole,
    organisationId: string | undefined,
    work: (tx: Transaction) => Promise<T>,
  ): Promise<T> {
    if (organisationId !== undefined && !uuid.test(organisationId)) {
      throw new RollcallError('INTERNAL', `"${organisationId}" is not an organisation id.`);
    }
    if (this.#only !== '' && organisationId !== undefined && organisationId !== this.#only) {
      throw new RollcallError('ACTOR_ELSEWHERE', 'Whoever calls belongs to another organisation.');
    }
    const client = await this.#pool.connect().catch((cause: unknown) => {
      throw asStoreError(cause);
    });
    let broken: Error | undefined;
    // A connection that breaks under a transaction also emits an event; unheard it would end the process.
    const heard = (error: Error) => {
      broken = error;
    };
    client.on('error', heard);
    try {
      await client.query(
        `begin; set local role ${role}; select set_config('rollcall.organisation_id', '${organisationId ?? ''}', true), set_config('rollcall.only_organisation', '${this.#only}', true)`,
      );
      const result = await work(transactionOn(client));
      await client.query('commit');
      return result;
    } catch (cause) {
      await client.query('rollback').catch((error: Error) => {
        broken = error;
      });
      throw asStoreError(cause);
    } finally {
      client.off('error', heard);
      client.release(broken);
    }
  }
}

function transactionOn(client: pg.ClientBase): Transaction {
  const query = async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row[]> => {
    const result = await client.query<Row>(text, [...values]);
    return result.rows;
  };
  return {
    client,
    query,
    one: async <Row extends object>(text: string, values: readonly unknown[] = []): Promise<Row> => {
      const [row, ...more] = await query<Row>(text, values);
      if (row === undefined || more.length > 0) {
        throw new RollcallError('INTERNAL', `A statement that gives one row gave ${more.length + (row ? 1 : 0)}.`);
      }
      return row;
    },
    execute: async (text, values = []) => (await client.query(text, [...values])).rowCount ?? 0,
  };
}

// Connection exceptions, insufficient resources, operator intervention.
const unavailableStates = /^(08|53|57P)/;
const unavailableSystemCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT', 'EAI_AGAIN']);
const unavailableMessages = /connection (terminated|ended)|timeout exceeded when trying to connect|server closed/i;

function asStoreError(cause: unknown): unknown {
  if (!(cause instanceof Error) || cause instanceof RollcallError) return cause;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (code === '53100') {
    return new RollcallError('STORE_UNAVAILABLE', 'PostgreSQL has no space left on its disk. Make room there.', {
      cause,
    });
  }
  if (
    unavailableStates.test(code) ||
    unavailableSystemCodes.has(code) ||
    code === '25P03' || // idle_in_transaction_session_timeout
    unavailableMessages.test(cause.message)
  ) {
    return new RollcallError('STORE_UNAVAILABLE', `PostgreSQL did not answer (${code || 'connection lost'}).`, {
      cause,
    });
  }
  return cause;
}
