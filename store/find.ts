import type { Standing } from '../roster/records.ts';
import type { Transaction } from './database.ts';
import { named } from './named.ts';

/** A record that fits the words somebody looked for. */
export interface FoundRecord {
  readonly connectionId: string;
  readonly kind: 'person' | 'group' | 'lesson';
  /** Empty for an object that only the target has: made by hand, or by another connector. */
  readonly syncKey: string;
  readonly label: string;
  readonly email: string;
  /** What the rules made of what the source said last; null where nothing is known of the source. */
  readonly standing: Standing | null;
  readonly startsAt: string | null;
  /** Since when the source no longer names it. */
  readonly absentSince: string | null;
  /** How well it fits: from 3 on it is exact, from 2 on it contains the words, below it resembles them. */
  readonly fit: number;
  /** Its objects at the target, by role: none where it was never sent. */
  readonly atTarget: readonly { readonly kind: string; readonly targetId: string; readonly state: string }[];
}

/**
 * Records of the organisation by name, e-mail address, key, lesson title or number, or target id; tolerant of accents and
 * typing errors, best first. Objects that only the target has are among them.
 */
export function findRecords(
  tx: Transaction,
  words: string,
  options: { connectionId?: string; limit: number },
): Promise<FoundRecord[]> {
  return tx.query<FoundRecord>(
    ...named(
      `select "connectionId", kind, "syncKey", label, email, standing, "startsAt", "absentSince", fit, "atTarget"
         from (select *, max(fit) over () as best from (
         select f.connection_id as "connectionId", f.kind, f.sync_key as "syncKey", f.label, f.email, f.standing,
                iso(f.starts_at) as "startsAt", iso(f.absent_since) as "absentSince", f.fit,
                coalesce((select jsonb_agg(jsonb_build_object('kind', k.kind, 'targetId', o.target_id, 'state', o.state) order by k.kind)
                            from link k join target_object o using (target_object_id)
                           where k.connection_id = f.connection_id and k.sync_key = f.sync_key and k.kind = any(
                             case f.kind when 'person' then array['instructor', 'learner', 'person'] else array[f.kind] end)), '[]') as "atTarget"
           from find_records(:words, :connectionId::uuid, :limit::int) f
         union all
         select connection_id, kind, sync_key, label, email, null, iso(starts_at), null, fit,
                jsonb_build_array(jsonb_build_object('kind', target_kind, 'targetId', target_id, 'state', state))
           from find_at_target(:words, :connectionId::uuid, :limit::int)) each_of) found
        -- What only resembles the words is told where nothing contains them.
        where fit >= 2 or best < 2
        order by fit desc, "absentSince" is not null, "startsAt" desc nulls first, label, "syncKey" limit :limit::int`,
      { words, connectionId: options.connectionId ?? null, limit: options.limit },
    ),
  );
}
