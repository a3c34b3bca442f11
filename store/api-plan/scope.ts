import type { Window } from '../../roster/window.ts';
import type { Run } from '../runs.ts';

/** What a plan is made for: parameters of its statements, by name. */
export interface PlanScope {
  readonly runId: string;
  readonly connectionId: string;
  readonly organisationId: string;
  readonly accountId: string;
  /** The connection's code, which begins our foreign ids at the target. */
  readonly code: string;
  /** The run's fixed business time; the local date of it. */
  readonly asOf: string;
  readonly today: string;
  readonly fromDate: string;
  readonly toDate: string;
  readonly fromInstant: string;
  readonly toInstant: string;
  /** What we write as the owner of our foreign ids, and the owners whose objects are taken over. */
  readonly ownSystem: string;
  readonly takeOver: readonly string[];
  /** The one record the plan is for, by sync key; null for all. */
  readonly onlyKey: string | null;
  /** Whether a person let that record be made on its own day. */
  readonly allowSameDay: boolean;
  /** Whether the source's lessons are sent on the day they were made. */
  readonly sendsSameDay: boolean;
}

export function planScope(
  run: Run,
  window: Window,
  connection: { readonly code: string; readonly target: { readonly accountId: string } },
  target: { readonly ownSystem: string; readonly takeOverFrom: readonly string[] },
  source: { readonly sendsSameDay?: boolean } | undefined,
): PlanScope {
  const { runId, connectionId, organisationId, asOf } = run;
  const { fromDate, toDate, fromInstant, toInstant } = window;
  return {
    runId,
    connectionId,
    organisationId,
    accountId: connection.target.accountId,
    code: connection.code,
    asOf,
    today: fromDate,
    fromDate,
    toDate,
    fromInstant,
    toInstant,
    ownSystem: target.ownSystem,
    takeOver: target.takeOverFrom,
    onlyKey: run.onlyKey,
    allowSameDay: run.allowSameDay,
    sendsSameDay: source?.sendsSameDay ?? false,
  };
}

/** Writes rows of `change` from a query that gives them without their bookkeeping. */
export const insertChange = `insert into change (organisation_id, run_id, connection_id, kind, operation, sync_key, school,
    rank, state, before, after, digest, target_object_id, target_id)
  select :organisationId, :runId, :connectionId, kind, operation, sync_key, school, rank, 'planned', before, after,
         change_digest(kind, operation, sync_key, before, after), target_object_id, target_id`;

/** Whether an object carries no foreign key, or one of a system that was retired in our favour. */
export const isFree = (object: string) =>
  `(${object}.foreign_system = '' and ${object}.foreign_id = '' or ${object}.foreign_system = any(:takeOver::text[]))`;

/** Content of a person as roster/changes.ts PersonContent has it. */
export const personContent = `jsonb_build_object(
  'givenName', p.given_name, 'familyName', p.family_name, 'email', p.email, 'phone', p.phone)`;

/**
 * A query that gives for each lesson at the target, as it was last read there, the sync keys of its instructors; one that
 * is nobody's of ours by the target's id.
 */
export const seenInstructors = `
  select o.target_object_id, jsonb_agg(coalesce(k.sync_key, 'target:' || i.id) order by i.position) as instructors
    from target_object o
   cross join lateral jsonb_array_elements_text(o.seen -> 'instructorIds') with ordinality as i(id, position)
    left join target_object io on (io.account_id, io.kind, io.target_id) = (:accountId, 'instructor', i.id)
    left join link k on k.target_object_id = io.target_object_id and k.connection_id = :connectionId and k.kind = 'instructor'
   where o.account_id = :accountId and o.kind = 'lesson' and o.seen is not null
   group by o.target_object_id`;

/**
 * For statements over staging: it has no statistics, so that the planner takes a run for a handful of rows and loops over
 * tens of thousands of them again and again.
 */
export const withoutStatistics = 'set local enable_nestloop = off';
