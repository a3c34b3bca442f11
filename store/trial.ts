import type { Transaction } from './database.ts';
import { named } from './named.ts';

/** What a plan shows of one kind of record, beside its changes. */
export interface LeftAlone {
  readonly kind: string;
  /** Whose key the objects carry; empty for what was made by hand. */
  readonly foreignSystem: string;
  readonly objects: number;
}

/** Another connector whose objects are still to come at the target: it may be at work there. */
export interface OtherWriter {
  readonly foreignSystem: string;
  readonly comingLessons: number;
}

/** A record that fits more than one object, or looks like a known one under another key: for a person to decide. */
export interface UndecidedMatch {
  readonly kind: string;
  readonly syncKey: string;
  readonly name: string;
  readonly code: 'ADOPTION_AMBIGUOUS' | 'KEY_CHANGED';
  readonly detail: string;
}

/** What a trial shows beside the counts of its plan. */
export interface TrialReport {
  readonly leftAlone: readonly LeftAlone[];
  readonly otherWriters: readonly OtherWriter[];
  readonly undecided: readonly UndecidedMatch[];
  /** People of another connector that lessons refer to without writing them. */
  readonly referred: number;
}

/** Reads what a plan-only run found at the target's account, and what it leaves alone. */
export async function readTrial(tx: Transaction, run: { runId: string; connectionId: string }): Promise<TrialReport> {
  const leftAlone = await tx.query<LeftAlone>(...named(leftAloneQuery, run));
  const otherWriters = await tx.query<OtherWriter>(...named(otherWritersQuery, run));
  const undecided = await tx.query<UndecidedMatch>(...named(undecidedQuery, run));
  const { referred } = await tx.one<{ referred: number }>(
    `select count(*) as referred from change where run_id = $1 and operation = 'adopt' and after ? 'refer'`,
    [run.runId],
  );
  return { leftAlone, otherWriters, undecided, referred };
}

// Ours, or about to be: what a link ties to us, and what this plan adopts or refers to.
const notOurs = `
  o.account_id = (select target_account_id from connection where connection_id = :connectionId) and o.state = 'active'
  and not exists (select from link k where k.target_object_id = o.target_object_id)
  and not exists (select from change c where c.run_id = :runId and c.target_object_id = o.target_object_id)`;

const leftAloneQuery = `
select o.kind, o.foreign_system as "foreignSystem", count(*) as objects
  from target_object o where ${notOurs} group by 1, 2 order by 1, 2`;

const otherWritersQuery = `
select o.foreign_system as "foreignSystem", count(*) as "comingLessons"
  from target_object o
 where ${notOurs} and o.foreign_system <> '' and o.kind = 'lesson' and (o.seen ->> 'startsAt')::timestamptz > business_now()
 group by 1 order by 2 desc`;

const undecidedQuery = `
select kind, sync_key as "syncKey", label as name, code, detail from finding
 where connection_id = :connectionId and closed_run is null and code in ('ADOPTION_AMBIGUOUS', 'KEY_CHANGED')
 order by kind, label, sync_key`;

/** The newest complete plan of a connection that nothing has overtaken: what go-live may be decided on. */
export interface ShownPlan {
  readonly runId: string;
  readonly number: number;
  readonly startedAt: string;
}

/** Days after which a plan is too old to decide on. */
export const planIsFreshDays = 7;

/** Undefined where there is none, it is too old, or the configuration was changed since. */
export async function shownPlan(tx: Transaction, connectionId: string): Promise<ShownPlan | undefined> {
  const [plan] = await tx.query<ShownPlan>(
    `select r.run_id as "runId", r.number, r.started_at as "startedAt"
       from run r join connection c using (connection_id)
       join account s on s.account_id = c.source_account_id join account t on t.account_id = c.target_account_id
       left join command asked on asked.command_id = r.command_id
      where r.connection_id = $1 and r.plan_only and r.state = 'completed' and r.only_key is null
        -- A preview of other options shows what they would do, not what going live does.
        and not coalesce(asked.detail ?| array['sourceOptions', 'targetOptions'], false)
        and r.started_at > greatest(c.changed_at, s.changed_at, t.changed_at)
        and r.started_at > clock_timestamp() - make_interval(days => $2::int)
        and exists (select from plan p where p.run_id = r.run_id)
      order by r.number desc limit 1`,
    [connectionId, planIsFreshDays],
  );
  return plan;
}

/** Groups that a source names, by key and name: what a pilot is chosen from. */
export function knownGroups(tx: Transaction, connectionId: string): Promise<{ syncKey: string; label: string }[]> {
  return tx.query(
    `select sync_key as "syncKey", label from record
      where connection_id = $1 and kind = 'group' and absent_run is null order by label, sync_key`,
    [connectionId],
  );
}

/** After the first live run nothing is taken as shown any more. */
export async function forgetShownPlan(tx: Transaction, connectionId: string): Promise<void> {
  await tx.execute('update connection set shown_run = null where connection_id = $1 and shown_run is not null', [
    connectionId,
  ]);
}
