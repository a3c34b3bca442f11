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
});

afterAll(() => double.close());

function lesson(marks: Record<string, AttendanceMark>, changes: Partial<LessonAttendance> = {}): LessonAttendance {
  return {
    lessonKey: '501@2026-11-03',
    sourceId: '501',
    localDate: '2026-11-03',
    startsAt: '2026-11-03T07:30:00.000Z',
    targetId: 'sheet1',
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
        '1003': { status: 'justified', reason: '4' },
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

  it('sends nothing for the second lesson of an event on one day', async () => {
    const second = lesson({ '1001': { status: 'present' } }, { lessonKey: '501@2026-11-03#2' });
    expect(await sink.put(second)).toMatchObject({ rejected: [{ personKey: '1001', code: 'OCCURRENCE_AMBIGUE' }] });
    expect(double.seen).toHaveLength(0);
  });
});
