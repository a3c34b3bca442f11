import { RollcallError } from '../../roster/errors.ts';
import type { Transaction } from '../database.ts';
import { named } from '../named.ts';
import type { PlanScope } from './scope.ts';

/**
 * Of a plan for one record only what concerns that record stays: its own changes, places in it or of it, and the people
 * that must be made for it. Nothing is taken away from anybody else.
 */
export async function keepOnly(tx: Transaction, scope: PlanScope): Promise<void> {
  if (scope.onlyKey === null) return;
  const { known } = await tx.one<{ known: boolean }>(...named(isKnown, scope));
  if (!known) {
    throw new RollcallError('RECORD_UNKNOWN', `The source names no record with the key "${scope.onlyKey}".`);
  }
  await tx.execute(...named(dropOthers, scope));
}

const isKnown = `
select exists (select from load.lesson where run_id = :runId and sync_key = :onlyKey)
    or exists (select from load.person where run_id = :runId and sync_key = :onlyKey)
    or exists (select from load.group where run_id = :runId and sync_key = :onlyKey)
    or exists (select from link where connection_id = :connectionId and sync_key = :onlyKey) as known`;

const dropOthers = `
delete from change c
 where c.run_id = :runId and c.sync_key <> :onlyKey
   and not (c.kind = 'membership' and (starts_with(c.sync_key, :onlyKey || '|') or right(c.sync_key, length(:onlyKey) + 1) = '|' || :onlyKey))
   and not (c.kind in ('instructor', 'learner', 'person') and c.operation in ('insert', 'adopt') and exists (
     select from load.membership m
      where m.run_id = :runId and m.parent_kind = 'lesson' and m.parent_key = :onlyKey and m.person_key = c.sync_key))`;
