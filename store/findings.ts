import type { Finding } from '../roster/codes.ts';
import type { Transaction } from './database.ts';
import type { RunRef, StepName } from './steps.ts';

/**
 * Makes the open findings of a step what this run saw: new ones are opened, known ones left as they are (their words
 * brought up to date), and those that were not seen again closed. Nothing is written for a finding that stays.
 */
export async function settleFindings(
  tx: Transaction,
  run: RunRef,
  step: StepName,
  findings: readonly Finding[],
): Promise<void> {
  await tx.execute(
    `with seen as materialized (
       select distinct on (code, kind, sync_key) code, kind, sync_key, detail
         from jsonb_to_recordset($4::jsonb) as f(code text, kind text, sync_key text, detail text)
        order by code, kind, sync_key
     ), closed as (
       update finding set closed_run = $3, closed_at = clock_timestamp()
        where connection_id = $2 and step = $5 and closed_run is null
          and not exists (select from seen s where (s.code, s.kind, s.sync_key) = (finding.code, finding.kind, finding.sync_key))
     )
     insert into finding (organisation_id, connection_id, step, code, kind, sync_key, detail, first_run, last_detail_run)
     select $1, $2, $5, code, kind, sync_key, detail, $3, $3 from seen
     on conflict (connection_id, step, code, kind, sync_key) where closed_run is null
       do update set detail = excluded.detail, last_detail_run = excluded.last_detail_run
       where finding.detail is distinct from excluded.detail`,
    [
      run.organisationId,
      run.connectionId,
      run.runId,
      JSON.stringify(findings.map((f) => ({ code: f.code, kind: f.kind, sync_key: f.syncKey, detail: f.detail }))),
      step,
    ],
  );
}

/** An open problem of a record, as screens show it. */
export interface OpenFinding extends Finding {
  readonly step: StepName;
  readonly openedAt: string;
}

/** The open findings of a connection, oldest first. */
export function openFindings(tx: Transaction, connectionId: string): Promise<OpenFinding[]> {
  return tx.query<OpenFinding>(
    `select code, kind, sync_key as "syncKey", detail, step, opened_at as "openedAt"
       from finding where connection_id = $1 and closed_run is null order by finding_id`,
    [connectionId],
  );
}
