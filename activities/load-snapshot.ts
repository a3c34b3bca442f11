import type { RawChunk, Source } from '../roster/contracts.ts';
import type { Finding } from '../roster/finding-codes.ts';
import { type Judged, judgeRecords, type Taken } from '../roster/judge.ts';
import type { GroupRecord, LessonRecord, PersonRecord, SourceRecord } from '../roster/records.ts';
import { readSnapshot, snapshotOf } from '../store/snapshots.ts';
import type { StagedGroup, StagedLesson, StagedLessonGroup, StagedMembership, StagedPerson } from '../store/staging.ts';
import type { RunRef } from '../store/steps.ts';
import type { Services } from './services.ts';

/** What a snapshot says after the rules: rows for staging and the findings of what did not pass. */
export interface JudgedSnapshot {
  readonly persons: readonly StagedPerson[];
  readonly groups: readonly StagedGroup[];
  readonly lessons: readonly StagedLesson[];
  readonly lessonGroups: readonly StagedLessonGroup[];
  readonly memberships: readonly StagedMembership[];
  readonly findings: readonly Finding[];
  /** Rows without a readable key, by kind. */
  readonly unreadable: Readonly<Record<'person' | 'group' | 'lesson', number>>;
  /** The first day of the window: the local date of the run. */
  readonly today: string;
}

/**
 * Reads the run's snapshot and judges every record of it. The same snapshot always gives the same answer. Whoever looks on
 * sees the raw chunks on their way.
 */
export async function judgeSnapshot(
  services: Services,
  run: RunRef,
  source: Source,
  taken: Pick<Taken, 'pilot' | 'protectedIdentities'>,
  lookOn: (chunk: RawChunk) => void = () => {},
): Promise<JudgedSnapshot> {
  const { window } = await snapshotOf(services.db, run);
  const records: SourceRecord[] = [];
  const chunks = watched(readSnapshot(services.db, services.master, run), lookOn);
  for await (const record of source.read(chunks, window)) records.push(record);
  const judged = judgeRecords(records, { directories: source.directories, ...taken }, window);
  const unreadable = (of: 'person' | 'group' | 'lesson') => judged.unreadable.filter((row) => row.of === of).length;
  return {
    persons: judged.persons.map(stagedPerson),
    groups: judged.groups.map(stagedGroup),
    lessons: judged.lessons.map(stagedLesson),
    lessonGroups: judged.lessons.flatMap(({ record }) =>
      record.groupKeys.map((groupKey) => ({ lessonKey: record.syncKey, groupKey })),
    ),
    memberships: judged.places,
    findings: judged.findings,
    unreadable: { person: unreadable('person'), group: unreadable('group'), lesson: unreadable('lesson') },
    today: window.fromDate,
  };
}

async function* watched(chunks: AsyncIterable<RawChunk>, lookOn: (chunk: RawChunk) => void): AsyncGenerator<RawChunk> {
  for await (const chunk of chunks) {
    lookOn(chunk);
    yield chunk;
  }
}

function stagedPerson({ record, standing }: Judged<PersonRecord>): StagedPerson {
  const { syncKey, givenName, familyName, email, phone, place } = record;
  const isProtected = record.protectedIdentity === true;
  return {
    syncKey,
    school: '',
    standing,
    givenName,
    familyName,
    email,
    phone,
    username: '',
    line: place.line,
    protected: isProtected,
  };
}

function stagedGroup({ record, standing }: Judged<GroupRecord>): StagedGroup {
  const { syncKey, title, description = '', place } = record;
  return { syncKey, school: '', standing, title, parentKey: '', type: '', line: place.line, description };
}

function stagedLesson({ record, standing }: Judged<LessonRecord>): StagedLesson {
  const { syncKey, sourceId, localDate, createdOn, title, startsAt, room, place } = record;
  // One without a readable end is invalid, and staged all the same: its key was seen.
  const endsAt = record.endsAt === '' ? startsAt : record.endsAt;
  return {
    syncKey,
    school: '',
    standing,
    sourceId,
    localDate,
    createdOn,
    title,
    startsAt,
    endsAt,
    room,
    line: place.line,
  };
}
