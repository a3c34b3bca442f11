import type { Transaction } from './database.ts';

/** What our books say of a run in counts, codes and times: nothing of people, no keys, no words of theirs. */
export interface RunBooks {
  readonly run: Readonly<Record<string, unknown>>;
  readonly steps: readonly Readonly<Record<string, unknown>>[];
  readonly plan: Readonly<Record<string, unknown>> | null;
  readonly changes: readonly Readonly<Record<string, unknown>>[];
  readonly findings: readonly Readonly<Record<string, unknown>>[];
  readonly holds: readonly Readonly<Record<string, unknown>>[];
  readonly earlier: readonly Readonly<Record<string, unknown>>[];
  readonly database: string;
}

/** Gathers what a developer needs to understand a run, without personal data. */
export async function runBooks(tx: Transaction, run: { runId: string; connectionId: string }): Promise<RunBooks> {
  const { runId, connectionId } = run;
  const rows = (sql: string, values: unknown[] = [runId]) => tx.query<Readonly<Record<string, unknown>>>(sql, values);
  const [row] = await rows(
    `select number, kind, trigger, source, plan_only, as_of, state, code, failed_step, canary, only_key is not null as one_record,
            retry_of is not null as is_retry, started_at, ended_at from run where run_id = $1`,
  );
  return {
    run: row ?? {},
    steps: await rows(
      `select step, state, attempts, counts, code, started_at, ended_at from run_step where run_id = $1 order by started_at`,
    ),
    plan: (await rows('select cells, source_size, digest from plan where run_id = $1'))[0] ?? null,
    changes: await rows(
      `select kind, operation, state, code, count(*) as count, sum(sends) as sends, count(*) filter (where doubtful) as doubtful,
              min(sent_at) as first_sent, max(ended_at) as last_ended
         from change where run_id = $1 group by 1, 2, 3, 4 order by 1, 2, 3, 4`,
    ),
    findings: await rows(
      `select step, code, kind, count(*) as count, min(opened_at) as since from finding
        where connection_id = $1 and closed_run is null group by 1, 2, 3 order by 1, 2, 3`,
      [connectionId],
    ),
    holds: await rows(
      `select number, kind, operation, reason, count, base, state, opened_at from hold where connection_id = $1
        order by number desc limit 20`,
      [connectionId],
    ),
    earlier: await rows(
      `select number, kind, trigger, state, code, failed_step, started_at, ended_at from run where connection_id = $1
        order by number desc limit 20`,
      [connectionId],
    ),
    database: (await tx.one<{ version: string }>('select version() as version')).version,
  };
}
