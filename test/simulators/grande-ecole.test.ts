import { expect, test } from 'vitest';
import { alcuin, type Started } from './support.ts';

/** A Wednesday in the evening and a Saturday: the school differs where no lesson is taught today. */
const wednesday = '2026-11-25T19:00:00Z';
const saturday = '2026-11-28T05:00:00Z';

interface Trap {
  trap: string;
  kind: 'lesson' | 'person' | 'group';
  id: number;
  date?: string;
  what: string;
  expect: string;
}

interface Lesson {
  id: number;
  etat: string;
  debut: string;
  nom: string;
  dateCreation?: string;
  formateurs: { id: number; email: string }[];
  apprenants: { id: number; email: string; prenom: string; nom: string }[];
  groupes: { id: number }[];
  ressources: { id: number; type: string }[];
}

interface State {
  personnes: { id: number; idAnnuaire: number; email: string; prenom: string; nom: string }[];
  groupes: { id: number; idAnnuaire: number; nom: string; apprenants: number[] }[];
  evenements: {
    id: number;
    debut: string;
    fin: string;
    apprenants: number[];
    formateurs: number[];
    ressources: number[];
  }[];
}

async function open(now: string): Promise<Started> {
  return alcuin({ now, school: 'grande-ecole' });
}

async function trapsOf(started: Started): Promise<Trap[]> {
  return (await started.control.get('/traps')).data.traps;
}

/** The whole list, page by page, as a reader gets it. */
async function all<T>(started: Started, path: string, params: object = {}): Promise<T[]> {
  const rows: T[] = [];
  for (let numeroPage = 1; ; numeroPage += 1) {
    const { contenu, nbTotal } = (await started.api.get(path, { params: { ...params, numeroPage, taillePage: 1000 } }))
      .data;
    rows.push(...contenu);
    if (rows.length >= nbTotal || contenu.length === 0) return rows;
  }
}

const window = { dateDebut: '20261124', dateFin: '20261223' };

test('it is of the size of a real school, and mostly healthy', async () => {
  const started = await open(wednesday);
  const sizes = [];
  for (const directory of [11, 12, 13]) sizes.push((await all(started, `annuaires/${directory}/personnes`)).length);
  const [initial = 0, continuing = 0, instructors = 0] = sizes;
  expect(initial + continuing).toBeGreaterThan(1480);
  expect(continuing).toBeGreaterThan(150);
  expect(instructors).toBeGreaterThanOrEqual(120);
  expect((await all(started, 'annuaires/14/groupes')).length).toBeGreaterThanOrEqual(60);
  const coming = await all<Lesson>(started, 'evenements', { dateDebut: '20261126', dateFin: '20261209' });
  expect(coming.length).toBeGreaterThan(950);
  expect(coming.length).toBeLessThan(1150);

  const spoilt = new Set((await trapsOf(started)).filter(({ kind }) => kind === 'lesson').map(({ id }) => id));
  expect(spoilt.size / coming.length).toBeLessThan(0.045);
  const healthy = coming.filter(({ id }) => !spoilt.has(id));
  expect(healthy.every(({ apprenants }) => apprenants.length >= 5 && apprenants.length <= 35)).toBe(true);
  expect(healthy.every(({ formateurs, ressources }) => formateurs.length === 1 && ressources[0]?.type === 'SAL')).toBe(
    true,
  );
  expect(healthy.every(({ debut }) => debut.slice(11, 16) >= '08:30' && debut.slice(11, 16) <= '17:00')).toBe(true);
  const people = healthy.flatMap(({ formateurs, apprenants }) => [...formateurs, ...apprenants]);
  expect(people.every(({ email }) => /^[a-z0-9.-]+@(etu\.)?val-de-brume\.example$/.test(email))).toBe(true);
});

test.each([wednesday, saturday])('nobody and no room is in two places at once (%s)', async (now) => {
  const { evenements } = await (await open(now)).state<State>();
  const taken = new Set<string>();
  for (const event of evenements) {
    for (const id of [...event.formateurs, ...event.apprenants, ...event.ressources.filter((each) => each < 7_800)]) {
      const place = `${id} ${event.debut}`;
      expect(taken.has(place), place).toBe(false);
      taken.add(place);
    }
  }
});

test('the same day gives the same school, whatever the hour', async () => {
  const [morning, evening] = [await open('2026-11-25T05:00:00Z'), await open(wednesday)];
  expect(await morning.state()).toEqual(await evening.state());
  await morning.edit({ edit: 'reset', school: 'small-class' });
  expect(await trapsOf(morning)).toEqual([]);
});

test.each([wednesday, saturday])('every trap names a thing that is there (%s)', async (now) => {
  const started = await open(now);
  const { personnes, groupes } = await started.state<State>();
  const lessons = await all<Lesson>(started, 'evenements', window);
  const day = ({ debut }: Lesson) => {
    const agenda = /^(\d\d)\/(\d\d)\/(\d{4})/.exec(debut);
    return agenda === null ? debut.slice(0, 10) : `${agenda[3]}-${agenda[2]}-${agenda[1]}`;
  };
  for (const { kind, id, date, what, expect: then } of await trapsOf(started)) {
    const found = {
      person: () => personnes.some((each) => each.id === id),
      group: () => groupes.some((each) => each.id === id),
      lesson: () => lessons.some((each) => each.id === id && day(each) === date),
    }[kind]();
    expect(found, `${kind} ${id} ${date}`).toBe(true);
    expect(what.length * then.length).toBeGreaterThan(0);
  }
});

/** Lessons of one trap, as the API gives them. */
async function trapped(started: Started) {
  const traps = await trapsOf(started);
  const lessons = await all<Lesson>(started, 'evenements', window);
  return {
    ids: (name: string, kind: string) => traps.filter((each) => each.trap === name && each.kind === kind),
    lessons: (name: string) => {
      const ids = new Set(traps.filter(({ trap, kind }) => trap === name && kind === 'lesson').map(({ id }) => id));
      expect(ids.size, name).toBeGreaterThan(0);
      return lessons.filter(({ id }) => ids.has(id));
    },
  };
}

test('people of the traps are as flawed as they say', async () => {
  const started = await open(wednesday);
  const { personnes, groupes } = await started.state<State>();
  const { ids, lessons } = await trapped(started);
  const people = (name: string) => ids(name, 'person').map(({ id }) => personnes.find((each) => each.id === id));
  const ofGroup = (name: string) => groupes.find((each) => each.id === ids(name, 'group')[0]?.id);
  for (const name of ['instructor-email-twice', 'learner-email-twice']) {
    const [one, two] = people(name).map((person) => person?.email ?? '');
    expect(one).not.toBe(two);
    expect(one?.toLowerCase()).toBe(two?.toLowerCase());
  }
  expect(lessons('instructor-email-twice').map(({ formateurs }) => formateurs[0]?.id)).toEqual(
    expect.arrayContaining(people('instructor-email-twice').map((person) => person?.id)),
  );
  expect(people('learner-without-email')[0]?.email).toBe('');
  expect(people('instructor-without-email')[0]?.email).toBe('');
  expect(people('learner-without-first-name')[0]?.prenom).toBe('');
  expect(people('learner-broken-email')[0]?.email).not.toContain('@');
  expect(people('name-with-no-break-space')[0]?.nom).toContain('\u00a0');
  expect(people('name-with-double-space')[0]?.nom).toContain('  ');
  expect(people('learner-wrong-directory').map((person) => person?.idAnnuaire)).toEqual([13, 15]);
  expect(people('instructor-wrong-directory')[0]?.idAnnuaire).toBe(15);
  expect(ofGroup('group-other-directory')?.idAnnuaire).toBe(15);
  expect(ofGroup('empty-group')?.apprenants).toEqual([]);
  expect(ofGroup('nameless-group')?.nom).toBe('');
  const [lesson] = lessons('group-members-not-learners');
  const other = groupes.find(({ id }) => id === lesson?.groupes.at(-1)?.id);
  expect(other?.apprenants.some((id) => lesson?.apprenants.some((learner) => learner.id === id))).toBe(false);
});

test('lessons of the traps are as flawed as they say', async () => {
  const { lessons } = await trapped(await open(wednesday));
  const one = (name: string) => lessons(name)[0];
  expect(one('lesson-without-instructor')?.formateurs).toEqual([]);
  expect(one('lesson-without-learner')?.apprenants).toEqual([]);
  expect(one('lesson-only-invalid-instructor')?.formateurs).toMatchObject([{ email: '' }]);
  expect(one('lesson-only-invalid-learners')?.apprenants).toHaveLength(3);
  expect(one('created-today-for-today')).toMatchObject({
    debut: '2026-11-25T17:00:00+01:00',
    dateCreation: '2026-11-25T00:05:00+01:00',
  });
  expect(one('past-today')?.debut).toBe('2026-11-25T00:10:00+01:00');
  expect(one('past-day')?.debut).toMatch(/^2026-11-24T/);
  expect(one('beyond-window')?.debut).toMatch(/^2026-12-15T/);
  expect(one('without-creation-date')).not.toHaveProperty('dateCreation');
  expect([one('state-waiting')?.etat, one('state-cancelled')?.etat]).toEqual(['ATT', 'NON']);
  const dates = (name: string) => lessons(name).map(({ debut }) => debut.slice(0, 10));
  expect(new Set(lessons('recurring-id').map(({ id }) => id)).size).toBe(1);
  expect(new Set(dates('recurring-id')).size).toBe(3);
  expect(dates('id-twice-on-one-date')).toHaveLength(2);
  expect(new Set(dates('id-twice-on-one-date')).size).toBe(1);
  expect(one('several-rooms')?.ressources.map(({ type }) => type)).toEqual(['SAL', 'SAL']);
  expect(lessons('resource-not-a-room').every(({ ressources }) => ressources.at(-1)?.type !== 'SAL')).toBe(true);
  expect(one('title-with-spaces')?.nom).toMatch(/\u00a0 /);
  expect(one('learner-as-single-object')?.apprenants).toMatchObject({ id: expect.any(Number) });
  expect(one('times-without-offset')?.debut).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00$/);
  expect(one('times-as-agenda')?.debut).toMatch(/^\d\d\/\d\d\/\d{4} \d\dh\d\d$/);
});

test('a busy hour at the secretary: the edits are told, and doing them again gives the same school', async () => {
  const [first, second] = [await open(wednesday), await open(wednesday)];
  const done = (await first.edit({ edit: 'churn', count: 40, seed: 3 })) as { edits: { edit: string }[] };
  expect(done.edits).toHaveLength(40);
  expect(new Set(done.edits.map(({ edit }) => edit)).size).toBe(8);
  for (const edit of done.edits) await second.edit(edit);
  const timeless = async (started: Started) =>
    (await started.state<State>()).evenements.map((event) => ({ ...event, dateModification: 0, dateCreation: 0 }));
  expect(await timeless(second)).toEqual(await timeless(first));
  const moves = (await first.edit({ edit: 'churn', count: 3, kinds: ['cancel'] })) as { edits: object[] };
  expect(moves.edits).toMatchObject([{ edit: 'cancel' }, { edit: 'cancel' }, { edit: 'cancel' }]);
});
