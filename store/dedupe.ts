import type { Finding } from '../roster/codes.ts';
import type { Transaction } from './database.ts';

// What makes two staged rows the same record.
const keys = {
  person: 'sync_key',
  group: 'sync_key',
  lesson: 'sync_key',
  membership: 'parent_kind, parent_key, person_key, role',
} as const;

/**
 * Removes doubled keys from staging: the first row in the source's order counts. The manifest then speaks of what is
 * left. Gives a finding for each doubled key and the number of rows that went.
 */
export async function dedupeStaging(tx: Transaction, runId: string): Promise<{ removed: number; findings: Finding[] }> {
  const findings: Finding[] = [];
  let removed = 0;
  for (const [kind, key] of Object.entries(keys)) {
    const order = kind === 'membership' ? 'position' : 'line';
    const name = kind === 'membership' ? `parent_key || '|' || person_key` : 'sync_key';
    const doubled = await tx.query<{ syncKey: string; rows: number }>(
      `with ranked as (
         select ctid, row_number() over (partition by ${key} order by ${order}, ctid) as place
           from load.${kind} where run_id = $1
       ), gone as (
         delete from load.${kind} d using ranked r where d.ctid = r.ctid and r.place > 1 returning ${name} as sync_key
       )
       select sync_key as "syncKey", count(*) as rows from gone group by sync_key order by sync_key`,
      [runId],
    );
    const rows = doubled.reduce((sum, row) => sum + row.rows, 0);
    if (rows === 0) continue;
    removed += rows;
    await tx.execute('update load_manifest set rows = rows - $3 where run_id = $1 and kind = $2', [runId, kind, rows]);
    for (const row of doubled) {
      findings.push({
        code: 'DUPLICATE_KEY',
        kind,
        syncKey: row.syncKey,
        detail: `The source lists it ${row.rows + 1} times; the first one counts.`,
      });
    }
  }
  return { removed, findings };
}
