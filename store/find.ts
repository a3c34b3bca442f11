import type { Standing } from '../roster/records.ts';
import type { Transaction } from './database.ts';

/** A record that fits the words somebody looked for. */
export interface FoundRecord {
  readonly connectionId: string;
  readonly kind: 'person' | 'group' | 'lesson';
  readonly syncKey: string;
  readonly label: string;
  readonly email: string;
  readonly standing: Standing;
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
 * typing errors, best first.
 */
export function findRecords(
  tx: Transaction,
  words: string,
  options: { connectionId?: string; limit: number },
): Promise<FoundRecord[]> {
  return tx.query<FoundRecord>(
    `select f.connection_id as "connectionId", f.kind, f.sync_key as "syncKey", f.label, f.email, f.standing,
            f.starts_at as "startsAt", f.absent_since as "absentSince", f.fit,
            coalesce((select jsonb_agg(jsonb_build_object('kind', k.kind, 'targetId', o.target_id, 'state', o.state) order by k.kind)
                        from link k join target_object o using (target_object_id)
                       where k.connection_id = f.connection_id and k.sync_key = f.sync_key and k.kind = any(
                         case f.kind when 'person' then array['instructor', 'learner', 'person'] else array[f.kind] end)), '[]') as "atTarget"
       from find_records($1, $2, $3) f
      order by f.fit desc, f.absent_since is not null, f.starts_at desc nulls first, f.label, f.sync_key`,
    [words, options.connectionId ?? null, options.limit],
  );
}
