import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openAlcuin } from '../../../connectors/alcuin/source.ts';
import type { AttendanceSink, LessonAttendance } from '../../../roster/contracts.ts';
import type { AttendanceMark } from '../../../roster/records.ts';
import { failureOf, testAccess } from '../doubles/access.ts';
import { type AlcuinDouble, alcuinDouble } from '../doubles/alcuin-double.ts';

let double: AlcuinDouble;
let sink: AttendanceSink;

beforeAll(async () => {
  double = alcuinDouble();
  const settings = { url: `${await double.listen()}/api/` };
  const { attendance } = openAlcuin(testAccess({ settings, requestTimeoutMs: 300 }));
  if (attendance === undefined) throw new Error('Alcuin takes attendance back.');
  sink = attendance;
});

beforeEach(() => {
  double.seen.length = 0;
  double.presencesAnswer = undefined;
  double.held = undefined;
});

afterAll(() => double.close());

function lesson(marks: Record<string, AttendanceMark>, changes: Partial<LessonAttendance> = {}): LessonAttendance {
  return {
    lessonKey: '501@2026-11-03',
    sourceId: '501',
    localDate: '2026-11-03',
    startsAt: '2026-11-03T07:30:00.000Z',
    targetId: 'sheet1',
    shared: false,
    marks: new Map(Object.entries(marks)),
    ...changes,
  };
}

const two = lesson({ '1001': { status: 'present' }, '1002': { status: 'absent' } });

describe('sending attendance to Alcuin', () => {
  it('replaces the list of the occurrence', async () => {
    const answer = await sink.put(
      lesson({
        '1001': { status: 'present' },
        '1002': { status: 'absent', comment: 'Exclue' },
        '1003': { status: 'justified', reason: '9' },
        '1004': { status: 'late', minutesLate: 12 },
        '1005': { status: 'left-early', leftAt: '2026-11-03T08:40:00.000Z' },
        'A-6': { status: 'late', minutesLate: 5, leftAt: '2026-11-03T08:40:00.000Z' },
      }),
    );
    expect(answer).toEqual({ rejected: [] });
    expect(double.seen).toMatchObject([{ method: 'PUT', url: '/api/evenements/501/presences?date=20261103' }]);
    expect(double.seen[0]?.body).toEqual({
      source: 'edusign',
      idFeuille: 'sheet1',
      presences: [
        { idApprenant: 1001, statut: 'PRESENT' },
        { idApprenant: 1002, statut: 'ABSENT', commentaire: 'Exclue' },
        { idApprenant: 1003, statut: 'ABSENT_JUSTIFIE' },
        { idApprenant: 1004, statut: 'RETARD', heureArrivee: '2026-11-03T08:42:00+01:00' },
        { idApprenant: 1005, statut: 'DEPART_ANTICIPE', heureDepart: '2026-11-03T09:40:00+01:00' },
        {
          idApprenant: 'A-6',
          statut: 'RETARD',
          heureArrivee: '2026-11-03T08:35:00+01:00',
          heureDepart: '2026-11-03T09:40:00+01:00',
        },
      ],
    });
  });

  it.each([
    [
      'by the code that was chosen for it',
      { reason: '4', reasonName: 'Malade', sourceReason: { id: 'MAL', code: 'MAL' }, comment: 'Vu' },
      { motif: 'MAL', commentaire: 'Vu' },
    ],
    ['by a code of the default although it has none', { sourceReason: { id: '12', code: '12' } }, { motif: '12' }],
    ['in words when no code was chosen for it', { reason: '8', reasonName: 'Grève' }, { commentaire: 'Motif : Grève' }],
    [
      'in words before the comment',
      { reasonName: ' Grève ', comment: 'Métro' },
      { commentaire: 'Motif : Grève ; Métro' },
    ],
    ['not at all when it is only a number of the target', { reason: '8' }, {}],
  ])('names the reason %s', async (_, mark, line) => {
    await sink.put(lesson({ '1003': { status: 'justified', ...mark } }));
    const presences = [{ idApprenant: 1003, statut: 'ABSENT_JUSTIFIE', ...line }];
    expect(double.seen[0]?.body).toEqual({ source: 'edusign', idFeuille: 'sheet1', presences });
  });

  it('returns the lines the ERP refused', async () => {
    const rejets = [{ idApprenant: 1002, code: 'APPRENANT_NON_INSCRIT', message: 'Non inscrit' }];
    double.presencesAnswer = { status: 200, body: { idEvenement: 501, acceptes: 1, rejets } };
    expect(await sink.put(two)).toEqual({
      rejected: [{ personKey: '1002', code: 'APPRENANT_NON_INSCRIT', message: 'Non inscrit' }],
    });
  });

  it.each([
    [404, 'EVENEMENT_INCONNU'],
    [409, 'EVENEMENT_VERROUILLE'],
    [422, 'STATUT_INVALIDE'],
  ])('returns all lines as refused for %i %s', async (status, code) => {
    double.presencesAnswer = { status, body: { code, message: 'Non' } };
    expect(await sink.put(two)).toEqual({
      rejected: ['1001', '1002'].map((personKey) => ({ personKey, code, message: 'Non' })),
    });
  });

  it('takes a 404 of some web server for a wrong address', async () => {
    double.fail({ kind: 'status', status: 404 });
    expect(await failureOf(sink.put(two))).toMatchObject({ code: 'SOURCE_SETTING_WRONG' });
  });

  it.each([
    [{ kind: 'status', status: 401 }, 'SOURCE_AUTH_REFUSED'],
    [{ kind: 'status', status: 403 }, 'SOURCE_FORBIDDEN'],
    [{ kind: 'status', status: 400 }, 'SOURCE_SETTING_WRONG'],
    [{ kind: 'status', status: 502 }, 'SOURCE_UNREACHABLE'],
    [{ kind: 'html' }, 'SOURCE_ANSWER_INVALID'],
    [{ kind: 'lost' }, 'SOURCE_UNREACHABLE'],
    [{ kind: 'hang' }, 'SOURCE_UNREACHABLE'],
  ] as const)('throws for %j', async (fault, code) => {
    double.fail(fault);
    expect(await failureOf(sink.put(two))).toMatchObject({ code });
  });

  it.each([{ lessonKey: '501@2026-11-03#2' }, { shared: true }])(
    'sends and asks nothing for one of several lessons of an event on one day: %j',
    async (changes) => {
      const one = lesson({ '1001': { status: 'present' } }, changes);
      expect(await sink.put(one)).toMatchObject({ rejected: [{ personKey: '1001', code: 'OCCURRENCE_AMBIGUE' }] });
      expect(await sink.holds(one)).toBe(false);
      expect(double.seen).toHaveLength(0);
    },
  );
});

const anyMark: fc.Arbitrary<AttendanceMark> = fc.record(
  {
    status: fc.constantFrom('present', 'late', 'left-early', 'absent', 'justified'),
    minutesLate: fc.integer({ min: 0, max: 90 }),
    leftAt: fc.constantFrom('2026-11-03T08:40:00.000Z', '2026-11-03T08:41:30.000Z'),
    reason: fc.constantFrom('4', '8'),
    reasonName: fc.constantFrom('Grève', 'Rendez-vous médical'),
    sourceReason: fc.constantFrom({ id: 'MAL', code: 'MAL' }, { id: '12', code: '12' }),
    comment: fc.string(),
  },
  { requiredKeys: ['status'] },
);
const anyMarks = fc.dictionary(fc.constantFrom('1001', '1002', '1003', 'A-6'), anyMark);

describe('looking whether Alcuin holds an attendance list', () => {
  const marks: Record<string, AttendanceMark> = {
    '1001': { status: 'late', minutesLate: 12 },
    '1002': { status: 'justified', reason: '4', sourceReason: { id: 'MAL', code: 'MAL' } },
  };
  const line = { idApprenant: 1001, statut: 'RETARD', heureArrivee: '2026-11-03T08:42:00+01:00' };
  const other = { idApprenant: 1002, statut: 'ABSENT_JUSTIFIE', motif: 'MAL' };

  it('asks for the occurrence, and writes nothing', async () => {
    await sink.holds(lesson(marks));
    expect(double.seen).toMatchObject([{ method: 'GET', url: '/api/evenements/501/presences?date=20261103' }]);
  });

  it.each([
    ['the same lines', [line, other]],
    ['them in another order', [other, line]],
    ['numbers as texts', [{ ...line, idApprenant: '1001' }, other]],
    ['times in another form', [{ ...line, heureArrivee: '03/11/2026 08h42' }, other]],
    ['empty fields', [{ ...line, motif: '', commentaire: null, heureDepart: undefined }, other]],
    ['fields of its own', [{ ...line, saisiPar: 'edusign' }, other]],
  ])('says yes to %s', async (_, presences) => {
    double.held = { idEvenement: 501, presences };
    expect(await sink.holds(lesson(marks))).toBe(true);
  });

  it('takes a single line for a list of one', async () => {
    double.held = { presences: { idApprenant: 1001, statut: 'PRESENT' } };
    expect(await sink.holds(lesson({ '1001': { status: 'present' } }))).toBe(true);
  });

  it.each([
    ['nothing', { presences: [] }],
    ['a line less', { presences: [line] }],
    ['a line more', { presences: [line, other, { idApprenant: 1, statut: 'PRESENT' }] }],
    ['another status', { presences: [{ ...line, statut: 'PRESENT' }, other] }],
    ['another time', { presences: [{ ...line, heureArrivee: '2026-11-03T08:43:00+01:00' }, other] }],
    ['no time', { presences: [{ ...line, heureArrivee: null }, other] }],
    ['another reason', { presences: [line, { ...other, motif: 'GRE' }] }],
    ['a comment of somebody', { presences: [line, { ...other, commentaire: 'Vu' }] }],
    ['no list', {}],
    ['null for a list', { presences: null }],
    ['text', 'Session perdue'],
    ['lines that are none', { presences: [1, null] }],
  ])('says no to %s', async (_, held) => {
    double.held = held;
    expect(await sink.holds(lesson(marks))).toBe(false);
  });

  it.each([400, 404, 409, 422])('says no to a refusal with %i', async (status) => {
    double.fail({ kind: 'status', status });
    expect(await sink.holds(lesson(marks))).toBe(false);
  });

  it('says no to an error page with status 200, even for an empty list', async () => {
    double.fail({ kind: 'html' });
    expect(await sink.holds(lesson({}))).toBe(false);
  });

  it.each([
    [{ kind: 'hang' }, 'SOURCE_UNREACHABLE'],
    [{ kind: 'lost' }, 'SOURCE_UNREACHABLE'],
    [{ kind: 'cut' }, 'SOURCE_ANSWER_INVALID'],
    [{ kind: 'status', status: 401 }, 'SOURCE_AUTH_REFUSED'],
    [{ kind: 'status', status: 403 }, 'SOURCE_FORBIDDEN'],
    [{ kind: 'status', status: 429 }, 'SOURCE_RATE_LIMITED'],
    [{ kind: 'status', status: 502 }, 'SOURCE_UNREACHABLE'],
  ] as const)('throws for %j', async (fault, code) => {
    double.fail(fault);
    expect(await failureOf(sink.holds(lesson(marks)))).toMatchObject({ code });
  });

  it('says yes to any list that was put, in any order, and no once any line of it is another', async () => {
    await fc.assert(
      fc.asyncProperty(anyMarks, async (given) => {
        await sink.put(lesson(given));
        const { presences } = double.held as { presences: Record<string, unknown>[] };
        double.held = { presences: [...presences].reverse() };
        expect(await sink.holds(lesson(given))).toBe(true);
        for (const [index] of presences.entries()) {
          double.held = { presences: presences.map((each, at) => (at === index ? { ...each, statut: '?' } : each)) };
          expect(await sink.holds(lesson(given))).toBe(false);
        }
      }),
      { numRuns: 40 },
    );
  });
});
