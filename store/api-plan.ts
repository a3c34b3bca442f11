import type { PlanCell, SourceSize } from '../roster/safety-filter.ts';
import type { PlanScope } from './api-plan/scope.ts';
import type { Transaction } from './database.ts';
import { named } from './named.ts';

/*
 * The plan for a target that is an API: staging is matched with what the account holds (match.ts), set against the mirror
 * by content (changes.ts), and what is left alone is told (findings.ts). All set-based, in one transaction of the loader.
 */
export { type Double, knownDoubles, planChanges } from './api-plan/changes.ts';
export { planFindings } from './api-plan/findings.ts';
export { matchRecords } from './api-plan/match.ts';
export { keepOnly } from './api-plan/only.ts';
export { recoverLinks, takeOverSeen } from './api-plan/recover.ts';
export { type PlanScope, planScope } from './api-plan/scope.ts';

/** What a plan came to. */
export interface StoredPlan {
  readonly changes: number;
  readonly adoptions: number;
  /** People who would be made at the target: each of them a mail where the target sends credentials. */
  readonly newPeople: number;
  readonly digest: string;
}

/** Counts the plan into cells, stores it for good, and gives its digest. */
export async function storePlan(tx: Transaction, scope: PlanScope): Promise<StoredPlan> {
  const cells = await tx.query<PlanCell>(
    ...named(
      `select c.kind, c.operation, c.school, count(*) as count,
              coalesce(case when c.kind = 'membership'
                then (select count(*) from link_member w where w.connection_id = :connectionId)
                else (select count(*) from link k join target_object o using (target_object_id)
                       where k.connection_id = :connectionId and k.kind = c.kind and o.state = 'active') end, 0) as base
         from change c where c.run_id = :runId group by c.kind, c.operation, c.school order by 1, 2, 3`,
      scope,
    ),
  );
  const size = await sourceSize(tx, scope);
  const { digest } = await tx.one<{ digest: string }>(
    `select encode(sha256(convert_to(coalesce(string_agg(digest, '' order by digest), ''), 'UTF8')), 'hex') as digest
       from change where run_id = $1`,
    [scope.runId],
  );
  await tx.execute(
    'insert into plan (run_id, organisation_id, cells, source_size, digest) values ($1, $2, $3, $4, $5)',
    [scope.runId, scope.organisationId, JSON.stringify(cells), size, digest],
  );
  const sum = (of: (cell: PlanCell) => boolean) => cells.filter(of).reduce((total, cell) => total + cell.count, 0);
  return {
    changes: sum(() => true),
    adoptions: sum((cell) => cell.operation === 'adopt'),
    newPeople: sum((cell) => cell.operation === 'insert' && (cell.kind === 'instructor' || cell.kind === 'learner')),
    digest,
  };
}

/** What the source said of the window against what the mirror knows of it; and rows it gave without a readable key. */
function sourceSize(tx: Transaction, scope: PlanScope): Promise<SourceSize> {
  return tx.one<SourceSize>(
    ...named(
      `select (select count(*) from load.lesson where run_id = :runId
                 and local_date between :fromDate::date and :toDate::date) as seen,
              (select count(*) from link k join target_object o using (target_object_id)
                where k.connection_id = :connectionId and k.kind = 'lesson' and o.state = 'active'
                  and (o.content ->> 'startsAt')::timestamptz >= :fromInstant::timestamptz
                  and (o.content ->> 'startsAt')::timestamptz < :toInstant::timestamptz) as known,
              (select jsonb_build_object('lesson', coalesce((counts ->> 'unreadable lessons')::int, 0),
                                         'group', coalesce((counts ->> 'unreadable groups')::int, 0),
                                         'membership', coalesce((counts ->> 'unreadable persons')::int, 0))
                 from run_step where run_id = :runId and step = 'validate') as unreadable`,
      scope,
    ),
  );
}

/** The stored plan of a run. */
export async function readPlan(
  tx: Transaction,
  runId: string,
): Promise<{ cells: PlanCell[]; size: SourceSize; digest: string }> {
  return tx.one('select cells, source_size as size, digest from plan where run_id = $1', [runId]);
}
