import { expect, test } from 'vitest';
import { alcuin, type Started } from './support.ts';

const window = { dateDebut: '20261123', dateFin: '20261207' };
const monday = { now: '2026-11-23T07:00:00Z' };

async function events(started: Started, query: object = {}) {
  return (await started.api.get('evenements', { params: { ...window, ...query } })).data;
}

test('one lesson is taught tomorrow from 09:00 to 10:30 Paris time, with its people and its room inline', async () => {
  const started = await alcuin(monday);
  expect(await events(started)).toMatchObject({
    numeroPage: 1,
    taillePage: 200,
    nbTotal: 1,
    contenu: [
      {
        id: 5001,
        etat: 'ACT',
        debut: '2026-11-24T09:00:00+01:00',
        fin: '2026-11-24T10:30:00+01:00',
        formateurs: [{ id: 2001, nom: 'Garnier', idAnnuaire: 13 }],
        apprenants: [{ id: 1001, prenom: 'Zoé', idAnnuaire: 11 }],
        ressources: [{ nom: 'Salle 101', type: 'SAL' }],
      },
    ],
  });
});

test('summer lessons carry the offset of summer', async () => {
  const started = await alcuin({ now: '2026-03-28T12:00:00Z' });
  const { contenu } = await events(started, { dateDebut: '20260328', dateFin: '20260330' });
  expect(contenu[0].debut).toBe('2026-03-29T09:00:00+02:00');
});

test('the same day gives the same small class, inside a window of 14 days', async () => {
  const [first, second] = [
    await alcuin({ ...monday, school: 'small-class' }),
    await alcuin({ ...monday, school: 'small-class' }),
  ];
  const read = await events(first);
  expect(read).toEqual(await events(second));
  expect(read.nbTotal).toBe(10);
});

test('pages are cut at the hard cap, whatever the caller asks', async () => {
  const started = await alcuin({ ...monday, school: 'small-class', pageCap: 4 });
  const pages = [];
  for (const numeroPage of [1, 2, 3, 4]) pages.push(await events(started, { taillePage: 500, numeroPage }));
  expect(pages.map((page) => page.contenu.length)).toEqual([4, 4, 2, 0]);
  expect(pages.every((page) => page.taillePage === 4 && page.nbTotal === 10)).toBe(true);
  expect(new Set(pages.flatMap((page) => page.contenu).map((event) => event.id)).size).toBe(10);
});

test('a wrong or missing password is refused, and the journal does not keep it', async () => {
  const started = await alcuin();
  for (const Authorization of ['Bearer wrong', '']) {
    const answer = await started.api.get('ping', { headers: { Authorization } });
    expect(answer.status).toBe(401);
    expect(answer.data).toMatchObject({ code: 'AUTH_REFUSEE' });
  }
  await started.control.post('/secret', { secret: 'changed' });
  expect((await started.api.get('ping')).status).toBe(401);
  expect(JSON.stringify(await started.journal())).not.toContain('wrong');
});

test('bad parameters and unknown directories are told apart', async () => {
  const started = await alcuin({ school: 'small-class' });
  expect((await started.api.get('evenements')).data.code).toBe('PARAMETRE_INVALIDE');
  expect((await started.api.get('evenements?dateDebut=20260231&dateFin=20260301')).status).toBe(400);
  expect((await started.api.get('ressources?numeroPage=0')).status).toBe(400);
  expect((await started.api.get('annuaires/99/personnes')).data.code).toBe('ANNUAIRE_INCONNU');
  expect((await started.api.get('annuaires/13/personnes')).data.nbTotal).toBe(3);
  expect((await started.api.get('annuaires/14/groupes')).data.contenu[1].apprenants).toHaveLength(6);
});

test('a secretary moves, renames, cancels and removes lessons', async () => {
  const started = await alcuin({ ...monday, school: 'small-class' });
  const find = async (id: number) => (await events(started)).contenu.find((event: { id: number }) => event.id === id);
  await started.edit({ edit: 'move', event: 5001, start: '2026-11-25T14:00', end: '2026-11-25T15:00' });
  await started.edit({ edit: 'rename', event: 5002, name: 'Droit' });
  await started.edit({ edit: 'cancel', event: 5003 });
  await started.edit({ edit: 'remove', event: 5004 });
  await started.edit({ edit: 'replace-instructor', event: 5005, to: 2003 });
  await started.edit({ edit: 'remove-learner', event: 5005, person: 1001 });
  await started.edit({ edit: 'change-email', person: 1002, email: 'new@etu.ecole-lumiere.example' });
  expect((await find(5001)).debut).toBe('2026-11-25T14:00:00+01:00');
  expect((await find(5002)).nom).toBe('Droit');
  expect((await find(5003)).etat).toBe('NON');
  expect(await find(5004)).toBeUndefined();
  expect((await find(5005)).formateurs.map((person: { id: number }) => person.id)).toEqual([2003]);
  expect((await find(5005)).apprenants).toHaveLength(11);
  expect((await find(5005)).apprenants[0].email).toBe('new@etu.ecole-lumiere.example');
  const added = await started.edit({
    edit: 'add-lesson',
    name: 'Rattrapage',
    start: '2026-11-26T17:00',
    end: '2026-11-26T18:00',
    instructors: [2001],
    learners: [1001],
  });
  const { id } = added as { id: number };
  expect(await find(id)).toMatchObject({ nom: 'Rattrapage', dateCreation: '2026-11-23T08:00:00+01:00' });
});

test('an edit that makes no sense changes nothing and says why', async () => {
  const started = await alcuin();
  const unknown = await started.control.post('/school', { edit: 'rename', event: 1, name: 'x' });
  expect([unknown.status, unknown.data.error]).toEqual([404, 'no event 1']);
  expect((await started.control.post('/school', { edit: 'teleport' })).status).toBe(400);
});

test('a page drifts, doubles, comes as HTML, in another charset or as a single object, once each', async () => {
  const started = await alcuin({ ...monday, school: 'small-class' });
  const ids = async (query: object) => (await events(started, query)).contenu.map((event: { id: number }) => event.id);
  const second = { taillePage: 5, numeroPage: 2 };
  const truth = await ids(second);

  await started.fault({ match: { path: '/api/evenements' }, fault: 'doubled-page', count: 1 });
  expect(await ids(second)).toEqual(await ids({ ...second, numeroPage: 1 }));

  await started.fault({ fault: 'drift', count: 1 });
  const drifted = await events(started, second);
  expect(drifted.nbTotal).toBe(9);
  expect(drifted.contenu.map((event: { id: number }) => event.id)).toEqual(truth.slice(1));

  await started.fault({ fault: 'html200', count: 1 });
  const page = await started.api.get('evenements', { params: window });
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);

  await started.fault({ fault: 'windows-1252-undeclared', count: 1 });
  const raw = await started.api.get<ArrayBuffer>('annuaires/13/personnes', { responseType: 'arraybuffer' });
  expect(raw.headers['content-type']).toBe('application/json');
  expect(Buffer.from(raw.data).toString('latin1')).toContain('Hélène');

  await started.fault({ fault: 'single-object', count: 1 });
  expect((await events(started, { taillePage: 1 })).contenu).toMatchObject({ id: 5001 });

  await started.fault({ fault: 'ip-refused', count: 1 });
  expect((await started.api.get('ping')).data.code).toBe('IP_REFUSEE');
  expect(await ids(second)).toEqual(truth);
});

test('a cut answer announces more than it brings', async () => {
  const started = await alcuin({ school: 'small-class' });
  await started.fault({ fault: 'cut', count: 1 });
  // The client has read the headers of a good answer before it meets the end of the connection.
  await expect(started.api.get('ressources')).rejects.toThrow('aborted');
  expect((await started.journal()).at(-1)).toMatchObject({ fault: 'cut', ended: 'cut', handled: true });
});

test('faults with a chance hit the same requests for the same seed', async () => {
  const hits = async () => {
    const started = await alcuin();
    await started.fault({ fault: 'status', status: 429, retryAfter: 3, probability: 0.5, seed: 7 });
    const statuses = [];
    for (let at = 0; at < 12; at += 1) statuses.push((await started.api.get('ping')).status);
    return statuses;
  };
  const first = await hits();
  expect(await hits()).toEqual(first);
  expect(new Set(first)).toEqual(new Set([200, 429]));
});
