import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LessonAttendance } from '../../../roster/contracts.ts';
import type { AttendanceMark } from '../../../roster/records.ts';
import { type AurigaRunning, startAuriga } from '../../../simulators/auriga/server.ts';
import { failureOf } from '../doubles/access.ts';
import { Controls } from './controls.ts';
import { openOn } from './places.ts';

const karole = '16026415';
const john = '16026416';

let server: AurigaRunning;
let controls: Controls;

beforeAll(async () => {
  server = await startAuriga({ school: 'one-lesson', now: '2026-11-02T06:00:00Z' });
  controls = new Controls(server);
});
beforeEach(() => controls.reset('one-lesson'));
afterAll(() => server.close());

function sheet(marks: Readonly<Record<string, AttendanceMark>>): LessonAttendance {
  return {
    lessonKey: '115849@2026-11-03',
    sourceId: '115849',
    localDate: '2026-11-03',
    startsAt: '2026-11-03T08:00:00.000Z',
    endsAt: '2026-11-03T09:30:00.000Z',
    targetId: 'sheet-1',
    shared: false,
    marks: new Map(Object.entries(marks)),
  };
}

async function put(marks: Readonly<Record<string, AttendanceMark>>) {
  const before = (await controls.absenceWrites()).length;
  const answer = await openOn(server).attendance?.put(sheet(marks));
  return { ...answer, writes: (await controls.absenceWrites()).slice(before) };
}

const absent: AttendanceMark = { status: 'absent' };
const present: AttendanceMark = { status: 'present' };

describe('an absence', () => {
  it('is made with the times of the lesson, and nothing for whoever was there', async () => {
    const there = { [john]: { status: 'late', minutesLate: 12 } } as const;
    expect(await put({ [karole]: absent, ...there })).toEqual({ rejected: [], writes: ['POST 201'] });
    expect(await controls.absences()).toEqual([
      {
        id: expect.any(Number),
        externalCode: `edusign-sheet-1-${karole}`,
        intervention: { id: 115849 },
        person: { id: 16026415 },
        absenceReason: null,
        startDateTime: '2026-11-03T08:00:00.000Z',
        endDateTime: '2026-11-03T09:30:00.000Z',
        justified: false,
        comment: '',
      },
    ]);
  });

  it('is written once however often it is sent', async () => {
    await put({ [karole]: absent });
    expect(await put({ [karole]: absent })).toEqual({ rejected: [], writes: [] });
  });

  it('is corrected when a justification changes, with the mapped reason', async () => {
    await put({ [karole]: absent });
    const justified: AttendanceMark = {
      status: 'justified',
      reason: '1',
      reasonName: 'Arrêt maladie',
      comment: 'certificat',
      sourceReason: { id: '41', code: 'MAL' },
    };
    expect(await put({ [karole]: justified })).toEqual({ rejected: [], writes: ['PUT 200'] });
    expect(await controls.absences()).toMatchObject([
      { justified: true, absenceReason: { id: 41 }, comment: 'certificat' },
    ]);
    expect(await put({ [karole]: justified })).toMatchObject({ writes: [] });
  });

  it('without a mapped reason says it in words', async () => {
    await put({ [karole]: { status: 'justified', reason: '3', reasonName: 'Obsèques', comment: 'tante' } });
    expect(await controls.absences()).toMatchObject([
      { justified: true, absenceReason: null, comment: 'Motif : Obsèques ; tante' },
    ]);
  });

  it('is taken back when it was wrong', async () => {
    await put({ [karole]: absent, [john]: absent });
    expect(await put({ [karole]: present, [john]: absent })).toEqual({ rejected: [], writes: ['DELETE 204'] });
    expect(await controls.absences()).toMatchObject([{ person: { id: 16026416 } }]);
  });

  it('that somebody else entered is left alone', async () => {
    const [own] = await (async () => {
      await put({ [karole]: absent });
      return controls.absences();
    })();
    await put({ [karole]: present });
    expect(await controls.absences()).toEqual([]);
    const other = openOn(server).attendance;
    await other?.put({ ...sheet({ [karole]: absent }), targetId: 'by-hand' });
    expect(await put({ [karole]: present })).toMatchObject({ writes: [] });
    expect(await controls.absences()).toMatchObject([
      { externalCode: `edusign-by-hand-${karole}`, person: own?.person },
    ]);
  });
});

describe('the catalogue of absence reasons', () => {
  it('is read with codes, captions and whether they justify', async () => {
    expect(await openOn(server).reasons?.()).toEqual([
      { id: '41', code: 'MAL', caption: 'Maladie', justified: true },
      { id: '42', code: 'TRANSP', caption: 'Problème de transport', justified: true },
      { id: '43', code: 'INJ', caption: 'Absence injustifiée', justified: false },
    ]);
  });
});

describe('what Auriga refuses', () => {
  it('is told of the learner; the others are taken', async () => {
    const stranger = { '999': absent };
    expect(await put({ ...stranger, [karole]: absent })).toEqual({
      rejected: [{ personKey: '999', code: 'NOT_ON_INTERVENTION', message: "Apprenant non inscrit à l'intervention" }],
      writes: ['POST 400', 'POST 201'],
    });
  });

  it('is an unknown reason', async () => {
    const mark: AttendanceMark = { status: 'justified', reason: '1', sourceReason: { id: '99', code: 'X' } };
    expect(await put({ [karole]: mark })).toMatchObject({
      rejected: [{ personKey: karole, code: 'UNKNOWN' }],
    });
  });

  it('as a system is an error, after which a repeat is harmless', async () => {
    await controls.fault({ match: { method: 'POST', path: '/api/absences' }, fault: 'status', status: 503, count: 1 });
    expect(await failureOf(put({ [karole]: absent }))).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(await put({ [karole]: absent })).toEqual({ rejected: [], writes: ['POST 201'] });
  });
});

describe('an answer that was lost', () => {
  it('is found by reading, and nothing is written twice', async () => {
    await controls.fault({ match: { method: 'POST', path: '/api/absences' }, fault: 'lost-after-commit', count: 1 });
    expect(await failureOf(put({ [karole]: absent }))).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    const sink = openOn(server).attendance;
    expect(await sink?.holds(sheet({ [karole]: absent }))).toBe(true);
    expect(await sink?.holds(sheet({ [karole]: { status: 'justified' } }))).toBe(false);
    expect(await put({ [karole]: absent })).toEqual({ rejected: [], writes: [] });
  });

  it('and arrives late makes a conflict, which is brought up to date', async () => {
    // The look finds nothing, as if the request of before were still on its way.
    await put({ [karole]: absent });
    const look = { method: 'GET', path: '/api/absences' };
    const nothing = {
      fault: 'status',
      status: 200,
      body: '{"content":[],"totalPages":0}',
      contentType: 'application/json',
    };
    await controls.fault({ match: look, ...nothing, count: 1 });
    expect(await put({ [karole]: { status: 'justified' } })).toEqual({ rejected: [], writes: ['POST 409', 'PUT 200'] });
    expect(await controls.absences()).toMatchObject([{ justified: true }]);
  });

  it('of a removal is done all the same', async () => {
    await put({ [karole]: absent });
    await controls.fault({ match: { method: 'DELETE' }, fault: 'lost-after-commit', count: 1 });
    expect(await failureOf(put({ [karole]: present }))).toMatchObject({ code: 'SOURCE_UNREACHABLE' });
    expect(await put({ [karole]: present })).toEqual({ rejected: [], writes: [] });
  });
});
