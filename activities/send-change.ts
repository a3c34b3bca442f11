import type { FindingCode } from '../roster/codes.ts';
import type { ApiTarget, TargetChange } from '../roster/contracts.ts';
import { foreignId } from '../roster/sync-key.ts';
import {
  type DueChange,
  markApplied,
  markEnded,
  markGone,
  markLooked,
  markSending,
  type NamedRecord,
  resolvePeople,
} from '../store/changes.ts';
import type { Connection } from '../store/connections.ts';
import type { Transaction } from '../store/database.ts';
import type { Lease } from '../store/leases.ts';
import type { Attempt } from '../store/steps.ts';
import type { Services } from './services.ts';

/** What a change is sent with. */
export interface Sending {
  readonly services: Services;
  readonly connection: Connection;
  readonly attempt: Attempt;
  readonly lease: Lease;
  readonly target: ApiTarget;
  /** Called when the lease was renewed. */
  readonly renewed: () => void;
}

/** A change with the people it names looked up in the mirror. */
interface Resolved {
  readonly asked: TargetChange;
  /** Learners that exist at the target: the roster of a new lesson as it will be written. */
  readonly learnerKeys: readonly string[];
}

/** Takes one change to its outcome: *sending* is committed before the request, the outcome after it. */
export async function sendChange(sending: Sending, change: DueChange): Promise<void> {
  const resolved = await resolve(sending, change);
  if ('blocked' in resolved) {
    await write(sending, (tx) => markEnded(tx, sending.attempt, change, resolved.blocked));
    return;
  }
  const found = await lookUpAfterDoubt(sending, change, resolved);
  if (found === 'wait') return;
  if (found !== undefined) {
    await confirm(sending, change, resolved, found);
    return;
  }
  const { requestTimeoutMs } = sending.connection.target;
  await write(sending, (tx) => markSending(tx, sending.attempt, sending.lease, requestTimeoutMs, change));
  sending.renewed();
  const outcome = await sending.target.applyOne(resolved.asked);
  switch (outcome.state) {
    case 'applied':
      return confirm(sending, change, resolved, outcome.targetId);
    case 'rejected':
      return write(sending, (tx) =>
        markEnded(tx, sending.attempt, change, {
          state: 'rejected',
          code: 'CHANGE_REJECTED',
          explanation: outcome.message,
        }),
      );
    case 'stale':
      return write(sending, (tx) =>
        markEnded(tx, sending.attempt, change, { state: 'stale', code: 'CHANGE_STALE', explanation: outcome.message }),
      );
    case 'gone':
      return write(sending, (tx) => markGone(tx, sending.attempt, change, outcome.message));
  }
}

function write<T>(sending: Sending, work: (tx: Transaction) => Promise<T>): Promise<T> {
  return sending.services.db.organisation(sending.attempt.run.organisationId, work);
}

function confirm(sending: Sending, change: DueChange, resolved: Resolved, targetId: string): Promise<void> {
  const { accountId } = sending.connection.target;
  const applied = { targetId, learnerKeys: resolved.learnerKeys };
  return write(sending, (tx) => markApplied(tx, sending.attempt, accountId, change, applied));
}

/**
 * An insert that was sent without an answer may have worked. It is looked up, and looked up once more a time-out later,
 * before it may be written again: the request of a killed worker can still arrive after the first look.
 */
async function lookUpAfterDoubt(
  sending: Sending,
  change: DueChange,
  resolved: Resolved,
): Promise<string | 'wait' | undefined> {
  if (change.state !== 'sending' || change.operation !== 'insert' || change.kind === 'membership') return undefined;
  const found = await sending.target.lookUp(resolved.asked);
  if (found !== undefined) return found;
  if (change.lookedMsAgo !== null) return undefined;
  await write(sending, (tx) => markLooked(tx, sending.attempt, change));
  return 'wait';
}

type Blocked = { state: 'rejected' | 'waiting'; code: FindingCode; explanation: string };

async function resolve(sending: Sending, change: DueChange): Promise<Resolved | { blocked: Blocked }> {
  const { run } = sending.attempt;
  const { instructors, learners } = namedPeople(change);
  const people = await write(sending, async (tx) => ({
    instructors: await resolvePeople(tx, run, 'instructor', instructors),
    learners: await resolvePeople(tx, run, 'learner', learners),
  }));
  const missing = people.instructors.find((person) => person.targetId === null);
  if (missing !== undefined) return { blocked: blockedBy('instructor', missing) };
  const present = people.learners.filter((person) => person.targetId !== null);
  const [absent] = people.learners.filter((person) => person.targetId === null);
  if (present.length === 0 && absent !== undefined) return { blocked: blockedBy('learner', absent) };
  return {
    asked: {
      kind: change.kind,
      operation: change.operation,
      foreignId: foreignId(sending.connection.code, change.syncKey),
      ...(change.targetId === null ? {} : { targetId: change.targetId }),
      before: change.before,
      after: change.after,
      instructorIds: people.instructors.map((person) => person.targetId ?? ''),
      learnerIds: present.map((person) => person.targetId ?? ''),
    },
    learnerKeys: present.map((person) => person.syncKey),
  };
}

/** Sync keys of the people a change names: those of a lesson's content, or the one learner of a roster change. */
function namedPeople(change: DueChange): { instructors: string[]; learners: string[] } {
  if (change.kind === 'lesson') {
    return { instructors: textList(change.after['instructors']), learners: textList(change.after['learners']) };
  }
  if (change.kind === 'membership') {
    const { person } = change.operation === 'insert' ? change.after : change.before;
    return { instructors: [], learners: typeof person === 'string' ? [person] : [] };
  }
  return { instructors: [], learners: [] };
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function blockedBy(role: string, person: NamedRecord): Blocked {
  const waits = person.insertState === 'held' || person.insertState === 'waiting';
  return waits
    ? { state: 'waiting', code: 'CHANGE_WAITS', explanation: `Its ${role} ${person.syncKey} is held.` }
    : {
        state: 'rejected',
        code: 'CHANGE_REJECTED',
        explanation: `Its ${role} ${person.syncKey} is not at the target${person.insertState === 'rejected' ? ': it was refused there' : ''}.`,
      };
}
