import type { LessonRecord, PersonRecord } from '../../roster/records.ts';

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
    place,
    ...given,
  };
}
