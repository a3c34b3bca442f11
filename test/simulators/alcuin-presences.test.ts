import { expect, test } from 'vitest';
import { alcuin } from './support.ts';

const monday = { now: '2026-11-23T07:00:00Z' };
const path = 'evenements/5001/presences?date=20261124';

function sheet(...presences: object[]) {
  return { source: 'edusign', idFeuille: 'sheet-1', presences };
}

test('a list of presences replaces the one before, and reads back', async () => {
  const started = await alcuin(monday);
  expect((await started.api.get(path)).data.presences).toEqual([]);
  await started.api.put(path, sheet({ idApprenant: 1001, statut: 'ABSENT' }));
  const answer = await started.api.put(path, sheet({ idApprenant: 1001, statut: 'RETARD', heureArrivee: '09:12' }));
  expect(answer.data).toEqual({ idEvenement: 5001, acceptes: 1, rejets: [] });
  expect((await started.api.get(path)).data).toEqual({
    idEvenement: 5001,
    date: '20261124',
    source: 'edusign',
    idFeuille: 'sheet-1',
    presences: [{ idApprenant: 1001, statut: 'RETARD', heureArrivee: '09:12' }],
  });
});

test('a line that does not fit is rejected alone', async () => {
  const started = await alcuin({ ...monday, school: 'small-class' });
  const day = '20261124';
  const answer = await started.api.put(
    `evenements/5001/presences?date=${day}`,
    sheet(
      { idApprenant: 1001, statut: 'PRESENT' },
      { idApprenant: 9999, statut: 'PRESENT' },
      { idApprenant: 1002, statut: 'ENDORMI' },
      { idApprenant: 1003, statut: 'ABSENT_JUSTIFIE', motif: 'XXX' },
      { idApprenant: 1004, statut: 'ABSENT_JUSTIFIE', motif: 'MAL' },
    ),
  );
  expect(answer.status).toBe(200);
  expect(answer.data.acceptes).toBe(2);
  expect(answer.data.rejets).toMatchObject([
    { idApprenant: 9999, code: 'APPRENANT_NON_INSCRIT' },
    { idApprenant: 1002, code: 'STATUT_INVALIDE' },
    { idApprenant: 1003, code: 'MOTIF_INCONNU' },
  ]);
});

test('unknown, wrongly dated, malformed and closed lists are refused as a whole', async () => {
  const started = await alcuin(monday);
  const line = sheet({ idApprenant: 1001, statut: 'PRESENT' });
  const put = async (url: string, body: unknown) => (await started.api.put(url, body)).data.code;
  expect(await put('evenements/9/presences?date=20261124', line)).toBe('EVENEMENT_INCONNU');
  expect(await put('evenements/5001/presences?date=20261125', line)).toBe('EVENEMENT_INCONNU');
  expect(await put('evenements/5001/presences', line)).toBe('PARAMETRE_INVALIDE');
  expect(await put(path, { presences: 'none' })).toBe('PARAMETRE_INVALIDE');
  await started.edit({ edit: 'lock-presences', event: 5001, date: '2026-11-24' });
  const closed = await started.api.put(path, line);
  expect([closed.status, closed.data.code]).toEqual([409, 'EVENEMENT_VERROUILLE']);
  await started.edit({ edit: 'unlock-presences', event: 5001, date: '2026-11-24' });
  expect((await started.api.put(path, line)).data.acceptes).toBe(1);
});

test('a lost answer leaves the list written', async () => {
  const started = await alcuin(monday);
  await started.fault({ match: { method: 'PUT' }, fault: 'lost-after-commit', count: 1 });
  await expect(started.api.put(path, sheet({ idApprenant: 1001, statut: 'PRESENT' }))).rejects.toThrow();
  expect((await started.api.get(path)).data.presences).toHaveLength(1);
});
