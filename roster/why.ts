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
  /** The newest run that has ended, and the newest sync that completed. */
  readonly lastRun: RunFact | null;
  readonly lastGoodRun: RunFact | null;
  /** Days of the newest snapshot. */
  readonly window: { readonly fromDate: string; readonly toDate: string } | null;
  /** When all that the target's account holds was last listed. */
  readonly inventoryAt: string | null;
  /** What the source said last; null where it never named it. */
  readonly record: {
    readonly label: string;
    readonly email: string;
    readonly standing: Standing;
    readonly startsAt: string | null;
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
  readonly held: { readonly hold: number; readonly operation: string; readonly since: string } | null;
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

/** What is known of the people side: coming lessons that name a person, and attendance the source refused. */
export interface WhyLessons {
  readonly lessons: readonly {
    readonly label: string;
    readonly placed: boolean;
    readonly sent: boolean;
    readonly code: string | null;
  }[];
  readonly stuckAttendance: number;
}

/** The closed list of answers to "why". */
export const verdictCodes = [
  'NEVER_SEEN',
  'HELD',
  'FINDING',
  'OUTSIDE_WINDOW',
  'GONE',
  'LEFT_OUT',
  'STOPPED',
  'RUN_FAILED',
  'TRIAL',
  'NO_LESSON',
  'LESSONS_NOT_SENT',
  'NEXT_RUN',
  'NOT_AT_TARGET',
  'MISSING_FROM_LESSONS',
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
    readonly since?: string;
    readonly run?: number;
    readonly hold?: number;
    readonly code?: string;
    readonly reason?: string;
    readonly from?: string;
    readonly to?: string;
    readonly lesson?: string;
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
  const { record, links, held } = facts;
  const window = facts.window === null ? {} : { from: facts.window.fromDate, to: facts.window.toDate };
  if (record === null && links.length === 0 && facts.findings.length === 0) {
    return { code: 'NEVER_SEEN', mover: 'school', facts: window };
  }
  if (held !== null) return { code: 'HELD', mover: 'school', facts: { hold: held.hold, since: held.since } };
  const atTarget = links.some(({ state }) => state === 'active');
  const finding = gravest(facts, atTarget ? ['error', 'warning'] : severities);
  if (finding?.code === 'LESSON_OUTSIDE_WINDOW') return outsideWindow(facts);
  if (finding !== undefined) return ofFinding(finding.code, { since: finding.since });
  if (record?.absentSince != null) {
    const run = record.absentRun === null ? {} : { run: record.absentRun };
    return { code: 'GONE', mover: 'school', facts: { since: record.absentSince, ...run } };
  }
  return ofConnection(facts, atTarget) ?? (atTarget ? ofSent(facts, around) : ofUnsent(facts, around, window));
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
  const day = record?.startsAt?.slice(0, 10);
  if (day === undefined || window === null) return ofFinding('LESSON_OUTSIDE_WINDOW', {});
  const length = Date.parse(window.toDate) - Date.parse(window.fromDate);
  const from = new Date(Date.parse(day) - length).toISOString().slice(0, 10);
  return { code: 'OUTSIDE_WINDOW', mover: 'nobody', facts: { from, to: day } };
}

/** What keeps every record of the connection from moving. */
function ofConnection({ stop, mode, lastRun }: WhyFacts, atTarget: boolean): Verdict | undefined {
  if (stop !== null) return { code: 'STOPPED', mover: 'operator', facts: { since: stop.setAt, reason: stop.reason } };
  if (lastRun !== null && (lastRun.state === 'failed' || lastRun.state === 'lost')) {
    return {
      code: 'RUN_FAILED',
      mover: 'operator',
      facts: { run: lastRun.number, code: lastRun.code ?? 'INTERNAL', since: lastRun.at },
    };
  }
  if (mode === 'trial' && !atTarget) return { code: 'TRIAL', mover: 'school', facts: {} };
  return undefined;
}

function ofSent({ lastGoodRun }: WhyFacts, { lessons, stuckAttendance }: WhyLessons): Verdict {
  const run = lastGoodRun === null ? {} : { run: lastGoodRun.number, since: lastGoodRun.at };
  if (stuckAttendance > 0) {
    return {
      code: 'ATTENDANCE_STUCK',
      mover: 'school',
      finding: 'ATTENDANCE_REJECTED',
      facts: { missing: stuckAttendance },
    };
  }
  const without = lessons.filter(({ placed }) => !placed);
  const [first] = without;
  if (first !== undefined) return missing('MISSING_FROM_LESSONS', first, without.length, lessons.length);
  return { code: 'AT_TARGET', mover: 'nobody', facts: run };
}

function ofUnsent(facts: WhyFacts, { lessons }: WhyLessons, window: Verdict['facts']): Verdict {
  if (facts.links.length > 0) return { code: 'NOT_AT_TARGET', mover: 'school', facts: {} };
  if (facts.record?.standing === 'filtered') return { code: 'LEFT_OUT', mover: 'school', facts: {} };
  if (facts.kind !== 'person') return { code: 'NEXT_RUN', mover: 'nobody', facts: {} };
  const [first] = lessons;
  if (first === undefined) return { code: 'NO_LESSON', mover: 'nobody', facts: window };
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
    facts: { lesson: first.label, missing: count, lessons },
  };
}
