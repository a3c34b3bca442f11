import type { Transaction } from './database.ts';

/** What a person said of one record that is not clear. */
export interface MatchDecision {
  readonly kind: string;
  readonly syncKey: string;
  /** `adopt` the object `other` at the target; `new`: none of them is it; `same`: it is the known record `other`. */
  readonly decision: 'adopt' | 'new' | 'same';
  /** Target id, or former sync key; empty for `new`. */
  readonly other: string;
}

/** Keeps decisions; a later one on the same record replaces the earlier. They count from the next plan on. */
export async function saveDecisions(
  tx: Transaction,
  by: { organisationId: string; connectionId: string; commandId: string },
  decisions: readonly MatchDecision[],
): Promise<void> {
  await tx.execute(
    `insert into match_decision (connection_id, organisation_id, kind, sync_key, decision, target_id, former_key, command_id)
     select $1, $2, kind, sync_key, decision, case decision when 'adopt' then other end, case decision when 'same' then other end, $3
       from jsonb_to_recordset($4::jsonb) as d(kind text, sync_key text, decision text, other text)
     on conflict (connection_id, kind, sync_key) do update
       set decision = excluded.decision, target_id = excluded.target_id, former_key = excluded.former_key,
           command_id = excluded.command_id, decided_at = clock_timestamp()`,
    [
      by.connectionId,
      by.organisationId,
      by.commandId,
      JSON.stringify(
        decisions.map(({ kind, syncKey, decision, other }) => ({ kind, sync_key: syncKey, decision, other })),
      ),
    ],
  );
}
