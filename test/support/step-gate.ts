import pg from 'pg';
import type { StepName } from '../../store/steps.ts';
import type { TestDatabase } from './database.ts';
import { until } from './school-day.ts';

// Any number that nothing else locks.
const lockId = 20_261_125;

/**
 * Stops a run exactly before a step: a trigger in the test's database makes the step's first write wait for a lock that
 * the test holds.
 */
export class StepGate {
  readonly #url: string;
  readonly #holder: pg.Client;

  private constructor(url: string, holder: pg.Client) {
    this.#url = url;
    this.#holder = holder;
  }

  static async close(database: TestDatabase, step: StepName): Promise<StepGate> {
    const holder = new pg.Client({ connectionString: database.url });
    // The server may be stopped under it on purpose.
    holder.on('error', () => {});
    await holder.connect();
    await holder.query('select pg_advisory_lock($1)', [lockId]);
    await holder.query(`
      create or replace function test_gate() returns trigger language plpgsql as $$
      begin perform pg_advisory_lock(${lockId}); perform pg_advisory_unlock(${lockId}); return new; end $$;
      create trigger test_gate before insert on run_step for each row when (new.step = '${step}') execute function test_gate()`);
    return new StepGate(database.url, holder);
  }

  /** Resolves when a worker stands at the gate. */
  async reached(): Promise<void> {
    const watcher = new pg.Client({ connectionString: this.#url });
    await watcher.connect();
    try {
      await until(async () => {
        const { rows } = await watcher.query(
          `select 1 from pg_locks where locktype = 'advisory' and objid = $1 and not granted
              and database = (select oid from pg_database where datname = current_database())`,
          [lockId],
        );
        return rows.length > 0 || undefined;
      });
    } finally {
      await watcher.end();
    }
  }

  /** Lets everybody through, now and later. */
  async open(): Promise<void> {
    await this.#holder.end().catch(() => {});
    const client = new pg.Client({ connectionString: this.#url });
    await client.connect();
    await client.query('drop trigger test_gate on run_step').finally(() => client.end());
  }
}
