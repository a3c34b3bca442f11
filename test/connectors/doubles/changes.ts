import type { TargetChange } from '../../../roster/contracts.ts';

const none = { before: {}, after: {}, instructorIds: [], learnerIds: [], groupIds: [] };

export function personChange(changes: Partial<TargetChange> = {}): TargetChange {
  const after = { givenName: 'Zoé', familyName: 'Martin', email: 'zoe.martin@school.example', phone: '' };
  return { ...none, kind: 'learner', operation: 'insert', foreignId: 'alc:1001', after, ...changes };
}

export function groupChange(changes: Partial<TargetChange> = {}): TargetChange {
  return {
    ...none,
    kind: 'group',
    operation: 'insert',
    foreignId: 'alc:G7',
    after: { title: 'BTS 1 A', members: ['1001', '1002'] },
    learnerIds: ['student1', 'student2'],
    ...changes,
  };
}

export function lessonChange(changes: Partial<TargetChange> = {}): TargetChange {
  const after = {
    title: 'Algèbre',
    startsAt: '2026-11-03T07:30:00.000Z',
    endsAt: '2026-11-03T09:00:00.000Z',
    room: 'B 204',
    instructors: ['9001'],
  };
  return {
    ...none,
    kind: 'lesson',
    operation: 'insert',
    foreignId: 'alc:501@2026-11-03',
    after,
    instructorIds: ['professor1'],
    learnerIds: ['student1', 'student2'],
    ...changes,
  };
}

/** The learner `student3` put on the sheet of {@link lessonChange}. */
export function membershipChange(changes: Partial<TargetChange> = {}): TargetChange {
  return {
    ...none,
    kind: 'membership',
    operation: 'insert',
    foreignId: 'alc:501@2026-11-03|1003',
    learnerIds: ['student3'],
    ...changes,
  };
}
