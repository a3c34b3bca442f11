import type { ApiTarget, TargetChange } from '../roster/contracts.ts';
import type { FindingCode } from '../roster/finding-codes.ts';
import { foreignId } from '../roster/sync-key.ts';
import {
  type Applied,
  type DueChange,
  markApplied,
  markEnded,
  markGone,
  markLooked,
  markSending,
  type NamedRecord,
  resolveRecords,
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

/** A change with the records it names looked up in the mirror. */
interface Resolved {
  readonly asked: TargetChange;
  /** Learners that exist at the target: the roster of a new lesson, or the members of a group, as they will be written. */
  readonly learnerKeys: readonly string[];
  readonly groupKeys: readonly string[];
}

/** Takes one change to its outcome: *sending* is committed before the request, the outcome after it. */
export async function sendChange(sending: Sending, change: DueChange): Promise<void> {
  const resolved = await resolve(sending, change);
  if ('blocked' in resolved) {
    await write(sending, (tx) => markEnded(tx, sending.attempt, change, resolved.blocked));
    return;
  }
  // Somebody else's object is only tied to our key: nothing is written there.
  if (change.after['refer'] === true) return confirm(sending, change, resolved, { targetId: change.targetId ?? '' });
  const found = await lookUpAfterDoubt(sending, change, resolved);
  if (found === 'wait') return;
  if (found !== undefined) return confirm(sending, change, resolved, { targetId: found });
  const { requestTimeoutMs } = sending.connection.target;
  await write(sending, (tx) => markSending(tx, sending.attempt, sending.lease, requestTimeoutMs, change));
  sending.renewed();
  const outcome = await sending.target.applyOne(resolved.asked);
  switch (outcome.state) {
    case 'applied':
      return confirm(sending, change, resolved, outcome);
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

function confirm(
  sending: Sending,
  change: DueChange,
  { asked, learnerKeys, groupKeys }: Resolved,
  outcome: { readonly targetId: string; readonly leftAsItIs?: boolean },
): Promise<void> {
  const { accountId } = sending.connection.target;
  const anothers = change.after['refer'] === true;
  const applied: Applied = {
    targetId: outcome.targetId,
    foreignId: anothers ? '' : asked.foreignId,
    foreignSystem: anothers ? '' : sending.target.ownSystem,
    learnerKeys,
    instructorIds: asked.instructorIds,
    groupKeys,
    leftAsItIs: outcome.leftAsItIs === true,
  };
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

/** Looks up what a change names. Whoever is missing is left out where others remain, and blocks the change where not. */
async function resolve(sending: Sending, change: DueChange): Promise<Resolved | { blocked: Blocked }> {
  const { run } = sending.attempt;
  const names = namedRecords(change);
  const found = await write(sending, async (tx) => ({
    instructors: await resolveRecords(tx, run, 'instructor', names.instructors),
    learners: await resolveRecords(tx, run, 'learner', names.learners),
    groups: await resolveRecords(tx, run, 'group', names.groups),
    lessons: await resolveRecords(tx, run, 'lesson', names.lessons),
    formerMembers: await resolveRecords(tx, run, 'learner', names.formerMembers),
  }));
  const [instructor] = missing(found.instructors);
  if (instructor !== undefined) return { blocked: blockedBy('instructor', instructor) };
  const [lesson] = missing(found.lessons);
  if (lesson !== undefined) return { blocked: blockedBy('lesson', lesson) };
  const learners = present(found.learners);
  const [learner] = missing(found.learners);
  if (learners.length === 0 && learner !== undefined) return { blocked: blockedBy('learner', learner) };
  const groups = present(found.groups);
  return {
    asked: {
      kind: change.kind,
      operation: change.operation,
      foreignId: foreignId(sending.connection.code, change.syncKey),
      ...(change.targetId === null ? {} : { targetId: change.targetId }),
      before:
        change.kind === 'group' ? { ...change.before, memberIds: ids(present(found.formerMembers)) } : change.before,
      after: change.after,
      instructorIds: ids(found.instructors),
      learnerIds: ids(learners),
      groupIds: ids(groups),
    },
    // Whoever is on an adopted sheet is there already.
    learnerKeys:
      change.kind === 'lesson' && change.operation === 'adopt'
        ? textList(change.after['members'])
        : learners.map((record) => record.syncKey),
    groupKeys: groups.map((record) => record.syncKey),
  };
}

const present = (records: readonly NamedRecord[]) => records.filter((record) => record.targetId !== null);
const missing = (records: readonly NamedRecord[]) => records.filter((record) => record.targetId === null);
const ids = (records: readonly NamedRecord[]) => records.map((record) => record.targetId ?? '');

interface Names {
  readonly instructors: string[];
  readonly learners: string[];
  readonly groups: string[];
  readonly lessons: string[];
  readonly formerMembers: string[];
}

const nobody: Names = { instructors: [], learners: [], groups: [], lessons: [], formerMembers: [] };

/** Sync keys of what a change names. */
function namedRecords({ kind, operation, before, after }: DueChange): Names {
  switch (kind) {
    case 'lesson':
      return {
        ...nobody,
        instructors: textList(after['instructors']),
        learners: textList(after['learners']),
        groups: textList(after['groups']),
      };
    case 'group':
      return { ...nobody, learners: textList(after['members']), formerMembers: textList(before['members']) };
    case 'membership': {
      const { person, lesson } = operation === 'insert' ? after : before;
      return { ...nobody, learners: textList([person]), lessons: textList([lesson]) };
    }
    default:
      return nobody;
  }
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
