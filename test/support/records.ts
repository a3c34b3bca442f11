import type { GroupRecord, LessonRecord, PersonRecord } from '../../roster/records.ts';

const place = { part: 'test', line: 1 };

export function person(syncKey: string, given: Partial<PersonRecord> = {}): PersonRecord {
  const name = `Person${syncKey}`;
  return {
    kind: 'person',
    syncKey,
    givenName: 'Given',
    familyName: name,
    email: `${name.toLowerCase()}@school.example`,
    phone: '',
    directory: '',
    place,
    ...given,
  };
}

/** A lesson that starts so many hours from now. */
export function lesson(sourceId: string, startsInHours: number, given: Partial<LessonRecord> = {}): LessonRecord {
  const startsAt = new Date(Math.floor(Date.now() / 3_600_000 + startsInHours) * 3_600_000);
  const localDate = startsAt.toISOString().slice(0, 10);
  return {
    kind: 'lesson',
    syncKey: `${sourceId}@${localDate}`,
    sourceId,
    localDate,
    title: `Lesson ${sourceId}`,
    startsAt: startsAt.toISOString(),
    endsAt: new Date(startsAt.getTime() + 5_400_000).toISOString(),
    room: 'A1',
    state: 'active',
    instructorKeys: ['i1'],
    learnerKeys: ['l1'],
    groupKeys: [],
    // Made long before its day: the same-day rule has tests of its own.
    createdOn: '2020-01-01',
    place,
    ...given,
  };
}

export function group(syncKey: string, given: Partial<GroupRecord> = {}): GroupRecord {
  return { kind: 'group', syncKey, title: `Group ${syncKey}`, directory: '', memberKeys: ['l1'], place, ...given };
}
