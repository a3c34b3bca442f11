import { errorMeanings, isErrorCode } from './error-codes.ts';
import { type FindingCode, findingMeanings, isFindingCode } from './finding-codes.ts';
import type { Mover } from './next-move.ts';
import type { Standing } from './records.ts';

/** What a verdict on a record rests on: facts of its connection and its own. Times are ISO instants. */
export interface WhyFacts {
  readonly kind: 'person' | 'group' | 'lesson';
  readonly syncKey: string;
  readonly mode: 'trial' | 'live';
  readonly pilot: boolean;
  readonly stop: { readonly reason: string; readonly setAt: string } | null;
  /** The pause or blackout that keeps records from moving now. */
  readonly pause: { readonly reason: string; readonly until: string | null } | null;
  /** The newest run that has ended, and the newest sync that completed. */
  readonly lastRun: RunFact | null;
  readonly lastGoodRun: RunFact | null;
  /** Days of the newest complete read of the source, and when it was; null where it was never read. */
  readonly window: { readonly fromDate: string; readonly toDate: string; readonly readAt: string } | null;
  /** Which data set of the source is read: its address and directories, as the connection's identity says. */
  readonly lookedIn: string;
  /** When all that the target's account holds was last listed. */
  readonly inventoryAt: string | null;
  /** What the source said last; null where it never named it. */
  readonly record: {
    readonly label: string;
    readonly email: string;
    readonly standing: Standing;
    readonly startsAt: string | null;
    /** Lessons: the day at the school. */
    readonly localDate: string | null;
    readonly firstSeenAt: string;
    readonly firstRun: number | null;
    readonly absentSince: string | null;
    readonly absentRun: number | null;
  } | null;
  /** Its objects at the target. */
  readonly links: readonly {
    readonly kind: string;
    readonly targetId: string;
    readonly state: string;
    readonly owns: boolean;
  }[];
  readonly findings: readonly {
    readonly code: string;
    readonly kind: string;
    readonly detail: string;
    readonly since: string;
  }[];
  /** Its newest change that a person must decide on, or has let through without it having been sent. */
  readonly held: {
    readonly hold: number;
    readonly operation: string;
    readonly state: 'open' | 'approved';
    readonly since: string;
  } | null;
  readonly lastChange: {
    readonly state: string;
    readonly operation: string;
    readonly run: number;
    readonly at: string;
  } | null;
}

export interface RunFact {
  readonly number: number;
  readonly state: string;
  readonly code: string | null;
  readonly at: string;
}

/** What is known around a record: a person's coming lessons, a lesson's people, and attendance the source refused. */
export interface WhyLessons {
  readonly lessons: readonly {
    readonly label: string;
    readonly startsAt: string;
    readonly placed: boolean;
    readonly sent: boolean;
    readonly code: string | null;
  }[];
  /** People a lesson names who are not on its sheet, with the open finding behind it. */
  readonly missing: readonly { readonly code: string | null }[];
  readonly stuckAttendance: StuckAttendance;
}

/** Attendance lines that the source refused: how many, and the business time from which the first is offered again. */
export interface StuckAttendance {
  readonly count: number;
  /** Lines that wait because their reason is not mapped. */
  readonly unmapped: number;
  readonly nextTryAt: string | null;
}

/** The closed list of answers to "why". */
export const verdictCodes = [
  'NEVER_READ',
  'NEVER_SEEN',
  'ONLY_AT_TARGET',
  'HELD',
  'APPROVED',
  'FINDING',
  'OUTSIDE_WINDOW',
  'GONE',
  'LEFT_OUT',
  'STOPPED',
  'PAUSED',
  'RUN_FAILED',
  'TRIAL',
  'NO_LESSON',
  'LESSONS_NOT_SENT',
  'NEXT_RUN',
  'NOT_AT_TARGET',
  'UNFINISHED',
  'REJECTED_BY_PERSON',
  'MISSING_FROM_LESSONS',
  'PEOPLE_MISSING',
  'ATTENDANCE_STUCK',
  'AT_TARGET',
] as const;
export type VerdictCode = (typeof verdictCodes)[number];

/** The one answer, whose move it is, and what its sentence needs. */
export interface Verdict {
  readonly code: VerdictCode;
  readonly mover: Mover;
  /** The record's problem behind it, where there is one. */
  readonly finding?: FindingCode;
  readonly facts: {
    /** When it began, was decided, was read, or is tried again. */
    readonly since?: string;
    readonly run?: number;
    readonly hold?: number;
    readonly code?: string;
    readonly reason?: string;
    readonly from?: string;
    readonly to?: string;
    /** The first lesson concerned: its title, and its start for texts that must not hold titles. */
    readonly lesson?: string;
    readonly startsAt?: string;
    readonly missing?: number;
    readonly lessons?: number;
  };
}

const severities = ['error', 'warning', 'info'] as const;

/**
 * The answer to "why is this record as it is at the target?". What concerns the record itself comes first; then the
 * connection, which is then said not to be about the record; then that all is well.
 */
export function verdictOf(facts: WhyFacts, around: WhyLessons): Verdict {
  const { record, links } = facts;
  if (record === null && facts.findings.length === 0) {
    if (links.length === 0) return neverSeen(facts);
    if (links.every(({ owns }) => !owns)) return { code: 'ONLY_AT_TARGET', mover: 'school', facts: {} };
  }
  const atTarget = links.some(({ state }) => state === 'active');
  return (
    ofRecord(facts, atTarget) ??
    connectionVerdict(facts) ??
    (atTarget ? ofSent(facts, around) : ofUnsent(facts, around))
  );
}

function neverSeen({ window }: WhyFacts): Verdict {
  return window === null
    ? { code: 'NEVER_READ', mover: 'operator', facts: {} }
    : {
        code: 'NEVER_SEEN',
        mover: 'school',
        facts: { from: window.fromDate, to: window.toDate, since: window.readAt },
      };
}

/** What the record itself waits for or is kept back by. */
function ofRecord(facts: WhyFacts, atTarget: boolean): Verdict | undefined {
  const { record, held } = facts;
  if (held?.state === 'open') {
    return { code: 'HELD', mover: 'school', facts: { hold: held.hold, since: held.since } };
  }
  const finding = gravest(facts, atTarget ? ['error', 'warning'] : severities);
  if (finding?.code === 'LESSON_OUTSIDE_WINDOW') return outsideWindow(facts);
  // An approval outlives the finding that said a person must decide.
  if (held?.state === 'approved' && (finding === undefined || finding.code === 'CHANGE_HELD')) {
    return { code: 'APPROVED', mover: 'nobody', facts: { hold: held.hold, since: held.since } };
  }
  if (finding !== undefined) return ofFinding(finding.code, { since: finding.since });
  if (record?.absentSince != null) {
    const run = record.absentRun === null ? {} : { run: record.absentRun };
    return { code: 'GONE', mover: 'school', facts: { since: record.absentSince, ...run } };
  }
  return undefined;
}

function gravest(
  facts: WhyFacts,
  shown: readonly (typeof severities)[number][],
): { code: FindingCode; since: string } | undefined {
  const known = facts.findings.flatMap(({ code, since }) => (isFindingCode(code) ? [{ code, since }] : []));
  const rankOf = (code: FindingCode) => severities.indexOf(findingMeanings[code].severity);
  return known
    .filter(({ code }) => shown.includes(findingMeanings[code].severity))
    .sort((a, b) => rankOf(a.code) - rankOf(b.code))[0];
}

function ofFinding(code: FindingCode, facts: Verdict['facts']): Verdict {
  return { code: 'FINDING', mover: findingMeanings[code].mover, finding: code, facts };
}

/** A lesson that comes into view by itself, so many days before it takes place as the window is long. */
function outsideWindow({ record, window }: WhyFacts): Verdict {
  const day = record?.localDate ?? null;
  if (day === null || window === null) return ofFinding('LESSON_OUTSIDE_WINDOW', {});
  const length = Date.parse(window.toDate) - Date.parse(window.fromDate);
  const from = new Date(Date.parse(day) - length).toISOString().slice(0, 10);
  return { code: 'OUTSIDE_WINDOW', mover: 'nobody', facts: { from, to: day } };
}

/** What keeps every record of a connection from moving: never about one of them. */
export function connectionVerdict({ stop, pause, mode, lastRun, links }: WhyFacts): Verdict | undefined {
  if (stop !== null) return { code: 'STOPPED', mover: 'operator', facts: { since: stop.setAt, reason: stop.reason } };
  if (pause !== null) {
    const until = pause.until === null ? {} : { since: pause.until };
    return { code: 'PAUSED', mover: 'nobody', facts: { reason: pause.reason, ...until } };
  }
  if (lastRun !== null && (lastRun.state === 'failed' || lastRun.state === 'lost')) {
    const code = lastRun.code !== null && isErrorCode(lastRun.code) ? lastRun.code : 'INTERNAL';
    const { mover } = errorMeanings[code];
    return { code: 'RUN_FAILED', mover, facts: { run: lastRun.number, code, since: lastRun.at } };
  }
  const atTarget = links.some(({ state }) => state === 'active');
  if (mode === 'trial' && !atTarget) return { code: 'TRIAL', mover: 'school', facts: {} };
  return undefined;
}

/** At the target: what of it is not as the source says. */
function ofSent(facts: WhyFacts, { lessons, missing: people, stuckAttendance }: WhyLessons): Verdict {
  const { lastChange, lastGoodRun, findings } = facts;
  if (lastChange?.state === 'planned' || lastChange?.state === 'sending') {
    return { code: 'UNFINISHED', mover: 'nobody', facts: { run: lastChange.run, since: lastChange.at } };
  }
  const rejected = findings.find(({ code }) => code === 'CHANGE_SUPPRESSED');
  if (rejected !== undefined) return { code: 'REJECTED_BY_PERSON', mover: 'school', facts: { since: rejected.since } };
  if (stuckAttendance.count > 0) {
    const since = stuckAttendance.nextTryAt === null ? {} : { since: stuckAttendance.nextTryAt };
    return {
      code: 'ATTENDANCE_STUCK',
      mover: 'school',
      finding: 'ATTENDANCE_REJECTED',
      facts: { missing: stuckAttendance.count, ...since },
    };
  }
  if (stuckAttendance.unmapped > 0) return ofFinding('ATTENDANCE_REASON_UNMAPPED', {});
  const without = lessons.filter(({ placed }) => !placed);
  const [first] = without;
  if (first !== undefined) return missing('MISSING_FROM_LESSONS', first, without.length, lessons.length);
  const [person] = troubled(people);
  if (person !== undefined) {
    const mover = findingMeanings[person].mover;
    return { code: 'PEOPLE_MISSING', mover, finding: person, facts: { missing: troubled(people).length } };
  }
  return {
    code: 'AT_TARGET',
    mover: 'nobody',
    facts: lastGoodRun === null ? {} : { run: lastGoodRun.number, since: lastGoodRun.at },
  };
}

/** Who is left out on purpose, or joins with the next run, is no trouble. */
function troubled(people: WhyLessons['missing']): FindingCode[] {
  return people.flatMap(({ code }) =>
    code !== null && isFindingCode(code) && findingMeanings[code].severity !== 'info' ? [code] : [],
  );
}

function ofUnsent(facts: WhyFacts, { lessons }: WhyLessons): Verdict {
  if (facts.record?.standing === 'filtered') return { code: 'LEFT_OUT', mover: 'school', facts: {} };
  if (facts.links.length > 0) return { code: 'NOT_AT_TARGET', mover: 'school', facts: {} };
  if (facts.kind !== 'person') return { code: 'NEXT_RUN', mover: 'nobody', facts: {} };
  const [first] = lessons;
  if (first === undefined) {
    const days = facts.window === null ? {} : { from: facts.window.fromDate, to: facts.window.toDate };
    return { code: 'NO_LESSON', mover: 'nobody', facts: days };
  }
  if (lessons.some(({ sent }) => sent)) return { code: 'NEXT_RUN', mover: 'nobody', facts: {} };
  return missing('LESSONS_NOT_SENT', first, lessons.length, lessons.length);
}

function missing(
  code: 'MISSING_FROM_LESSONS' | 'LESSONS_NOT_SENT',
  first: WhyLessons['lessons'][number],
  count: number,
  lessons: number,
): Verdict {
  const known = first.code !== null && isFindingCode(first.code) ? first.code : undefined;
  return {
    code,
    mover: known === undefined ? 'nobody' : findingMeanings[known].mover,
    ...(known === undefined ? {} : { finding: known }),
    facts: { lesson: first.label, startsAt: first.startsAt, missing: count, lessons },
  };
}
