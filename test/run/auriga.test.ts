import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AurigaDay } from '../support/auriga-day.ts';

interface Course {
  readonly ID: string;
  readonly NAME: string;
  readonly CLASSROOM: string;
  readonly START: string;
  readonly STUDENTS: readonly { readonly studentId: string }[];
  readonly SCHOOL_GROUP: readonly string[];
}

interface Group {
  readonly ID: string;
  readonly NAME: string;
  readonly DESCRIPTION: string;
  readonly STUDENTS: readonly string[];
}

// A Monday in winter: lessons of today are still to come.
const morning = '2027-01-11T05:00:00Z';
const group = 95_101_654;
const karole = 'timetable:16026415';
const john = 'timetable:16026416';

let day: AurigaDay;
beforeAll(async () => {
  day = await AurigaDay.open(morning);
});
afterAll(() => day.close());

const courses = () => day.atEdusign<Course>('course');
const groups = () => day.atEdusign<Group>('group');

describe('Auriga to Edusign on real servers', () => {
  it('makes people, their group with its code, and the lesson attached to it', async () => {
    expect(await day.sync()).toMatchObject({ state: 'completed', code: null });
    expect(await groups()).toMatchObject([{ NAME: 'Groupe TD 1', DESCRIPTION: '2526_ING_ING1_S5_TLS' }]);
    const [made] = await groups();
    expect(made?.STUDENTS).toHaveLength(2);
    expect(await courses()).toMatchObject([
      {
        NAME: 'Cours magistral § Éthique du numérique - ETHIX',
        CLASSROOM: 'Salle 210',
        START: expect.stringContaining('2027-01-12'),
        SCHOOL_GROUP: [made?.ID],
      },
    ]);
    expect((await day.auriga.keycloak()).openSessions).toBe(0);
  });

  it('writes nothing when nothing changed', async () => {
    const before = await day.writes();
    expect(await day.sync()).toMatchObject({ state: 'completed' });
    expect(await day.writes()).toEqual(before);
  });

  it('sends a lesson of today that was made today', async () => {
    const fields = {
      startDateTime: '2027-01-11T13:00:00Z',
      endDateTime: '2027-01-11T14:00:00Z',
      description: 'Rattrapage',
    };
    const people = { instructors: [20_001], learners: [16_026_415] };
    await day.auriga.edit({ edit: 'add-intervention', id: 7, fields: { ...fields, ...people } });
    await day.sync();
    expect((await courses()).map(({ NAME }) => NAME)).toContain('Rattrapage');
    await day.auriga.edit({ edit: 'remove-intervention', intervention: 7 });
    await day.sync();
    expect((await courses()).map(({ NAME }) => NAME)).not.toContain('Rattrapage');
  });

  it('renames a group, changes its code, and takes it off a description that is gone', async () => {
    const before = await day.writes();
    await day.auriga.edit({ edit: 'change-group', group, fields: { caption: { fr: 'TD A' }, code: 'NEW' } });
    await day.sync();
    expect(await groups()).toMatchObject([{ NAME: 'TD A', DESCRIPTION: 'NEW' }]);
    await day.auriga.edit({ edit: 'change-group', group, fields: { code: '' } });
    await day.sync();
    expect(await groups()).toMatchObject([{ NAME: 'TD A', DESCRIPTION: '' }]);
    expect((await day.writes()).slice(before.length)).toEqual(['PATCH /v1/group', 'PATCH /v1/group']);
  });

  it('makes the members exact', async () => {
    await day.auriga.edit({ edit: 'change-group', group, fields: { learners: [16_026_415] } });
    await day.sync();
    expect((await groups())[0]?.STUDENTS).toHaveLength(1);
    expect((await courses())[0]?.STUDENTS).toHaveLength(2);
  });

  it('returns an absence, its justification, and that it was none', async () => {
    const [course] = await courses();
    await day.goTo('2027-01-12T12:00:00Z');
    await day.editEdusign({ edit: 'finish', course: course?.ID, absent: [karole] });
    expect(await day.sync()).toMatchObject({ state: 'completed' });
    expect(await day.auriga.absenceWrites()).toEqual(['POST 201']);
    expect(await day.auriga.absences()).toMatchObject([
      {
        intervention: { id: 115849 },
        person: { id: 16026415 },
        justified: false,
        startDateTime: '2027-01-12T08:00:00.000Z',
        endDateTime: '2027-01-12T09:30:00.000Z',
      },
    ]);
    await day.editEdusign({ edit: 'justify', student: karole, course: course?.ID, type: 1, comment: 'certificat' });
    await day.sync();
    expect(await day.auriga.absences()).toMatchObject([{ justified: true, absenceReason: { id: 41 } }]);
    await day.sync();
    expect(await day.auriga.absenceWrites()).toEqual(['POST 201', 'PUT 200']);
  });

  it('takes an absence back', async () => {
    const [course] = await courses();
    await day.editEdusign({ edit: 'absent', course: course?.ID, student: john });
    await day.sync();
    expect(await day.auriga.absences()).toHaveLength(2);
    await day.editEdusign({ edit: 'sign', course: course?.ID, student: john });
    await day.sync();
    expect(await day.auriga.absences()).toMatchObject([{ person: { id: 16026415 } }]);
    expect((await day.auriga.absenceWrites()).at(-1)).toBe('DELETE 204');
  });

  it('archives a group that the source no longer has', async () => {
    await day.auriga.edit({ edit: 'remove-group', group });
    await day.sync();
    // One is within the floor of the limits.
    expect(await groups()).toEqual([]);
  });

  it('fails with a code on a refused password after one attempt', async () => {
    const before = (await day.auriga.tokenRequests()).length;
    await day.auriga.post('secret', { secret: 'another' });
    expect(await day.sync()).toMatchObject({ state: 'failed', code: 'SOURCE_AUTH_REFUSED', failedStep: 'fetch' });
    expect((await day.auriga.tokenRequests()).slice(before)).toEqual(['password']);
  });
});
