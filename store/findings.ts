import type { Finding } from '../roster/finding-codes.ts';
import type { Transaction } from './database.ts';
import type { Counts, RunRef, StepName } from './steps.ts';

/**
 * Makes the open findings of a step what this run saw: new ones are opened, known ones left as they are (their words
 * brought up to date), and those that were not seen again closed. Nothing is written for a finding that stays. A run for
 * one record closes findings of that record only. A preview of other options keeps none: it gives their counts by code, for
 * the counts of its step.
 */
export async function settleFindings(
  tx: Transaction,
  run: RunRef,
  step: StepName,
  findings: readonly Finding[],
  onlyKey: string | null = null,
): Promise<Counts> {
  const [of] = await tx.query<{ hypothetical: boolean }>('select hypothetical from run where run_id = $1', [run.runId]);
  if (of?.hypothetical) return countByCode(findings);
  await tx.execute(
    `with seen as materialized (
       select distinct on (code, kind, sync_key) code, kind, sync_key, detail, coalesce(label, '') as label
         from jsonb_to_recordset($4::jsonb) as f(code text, kind text, sync_key text, detail text, label text)
        order by code, kind, sync_key
     ), closed as (
       update finding set closed_run = $3, closed_at = clock_timestamp()
        where connection_id = $2 and step = $5 and closed_run is null
          and ($6::text is null or sync_key = $6 or starts_with(sync_key, $6 || '|') or right(sync_key, length($6) + 1) = '|' || $6)
          and not exists (select from seen s where (s.code, s.kind, s.sync_key) = (finding.code, finding.kind, finding.sync_key))
     )
     insert into finding (organisation_id, connection_id, step, code, kind, sync_key, label, detail, first_run, last_detail_run)
     select $1, $2, $5, code, kind, sync_key, label, detail, $3, $3 from seen
     on conflict (connection_id, step, code, kind, sync_key) where closed_run is null
       do update set label = excluded.label, detail = excluded.detail, last_detail_run = excluded.last_detail_run
       where (finding.label, finding.detail) is distinct from (excluded.label, excluded.detail)`,
    [
      run.organisationId,
      run.connectionId,
      run.runId,
      JSON.stringify(
        findings.map((f) => ({ code: f.code, kind: f.kind, sync_key: f.syncKey, detail: f.detail, label: f.label })),
      ),
      step,
      onlyKey,
    ],
  );
  return {};
}

/** How the counts of a step name findings that are not kept. */
const notKept = 'finding ';

function countByCode(findings: readonly Finding[]): Counts {
  const counts: Record<string, number> = {};
  for (const { code } of findings) counts[`${notKept}${code}`] = (counts[`${notKept}${code}`] ?? 0) + 1;
  return counts;
}

/** Findings of a preview of other options, by code: what its steps counted. */
export function findingsCounted(steps: readonly { readonly counts: Counts }[]): Record<string, number> {
  const byCode: Record<string, number> = {};
  for (const [name, count] of steps.flatMap(({ counts }) => Object.entries(counts))) {
    if (!name.startsWith(notKept)) continue;
    const code = name.slice(notKept.length);
    byCode[code] = (byCode[code] ?? 0) + count;
  }
  return byCode;
}

/** An open problem of a record, as screens show it. */
export interface OpenFinding extends Finding {
  readonly label: string;
  readonly step: StepName;
  readonly openedAt: string;
}

/** The open findings of a connection, oldest first. */
export function openFindings(tx: Transaction, connectionId: string): Promise<OpenFinding[]> {
  return tx.query<OpenFinding>(
    `select code, kind, sync_key as "syncKey", label, detail, step, opened_at as "openedAt"
       from finding where connection_id = $1 and closed_run is null order by finding_id`,
    [connectionId],
  );
}

/** Findings of staged records with what people call them. Runs as the loader, while the run's staging is there. */
export async function labelled(tx: Transaction, run: RunRef, findings: readonly Finding[]): Promise<Finding[]> {
  const keys = [...new Set(findings.map((finding) => finding.syncKey))];
  const rows = await tx.query<{ kind: string; key: string; label: string }>(
    `select 'lesson' as kind, l.sync_key as key, concat_ws(', ', nullif(l.title, ''), l.local_date ||
            to_char(l.starts_at at time zone o.time_zone, ' HH24:MI')) as label
       from load.lesson l cross join organisation o
      where l.run_id = $1 and o.organisation_id = $2 and l.sync_key = any($3)
     union all
     select 'person', sync_key, masked(protected, btrim(given_name || ' ' || family_name)) from load.person
      where run_id = $1 and sync_key = any($3)
     union all
     select 'group', sync_key, title from load.group where run_id = $1 and sync_key = any($3)
     union all
     select k.kind, k.sync_key, concat_ws(', ', nullif(o.content ->> 'title', ''), k.local_date::text)
       from link k join target_object o using (target_object_id)
      where k.connection_id = $4 and k.kind = 'lesson' and k.sync_key = any($3)`,
    [run.runId, run.organisationId, keys, run.connectionId],
  );
  const labels = new Map<string, string>();
  for (const { kind, key, label } of rows) if (!labels.has(`${kind} ${key}`)) labels.set(`${kind} ${key}`, label);
  return findings.map((finding) => {
    const kind = finding.kind === 'instructor' || finding.kind === 'learner' ? 'person' : finding.kind;
    return { ...finding, label: finding.label ?? labels.get(`${kind} ${finding.syncKey}`) ?? '' };
  });
}
