import { DateTime } from 'luxon';
import type { AlcuinState, Event, Person } from '../../simulators/alcuin/state.ts';
import type { Pick } from '../../simulators/kit/pick.ts';
import { localDay } from './timetable.ts';
import type { World } from './world.ts';

/** Writes the order of events of a round. */
export type Tell = (what: string) => void;

const zone = 'Europe/Paris';
const slots = ['08:30', '10:15', '12:45', '14:30', '16:15'] as const;
const rooms = [701, 702, 703, 704] as const;
const equipment = 791;

/** Directories of learners; the last is one that a connection with chosen directories does not take. */
const homes = [11, 11, 11, 12, 15] as const;

let serial = 0;

/** An address that nobody ever had. */
function freshAddress(pick: Pick): string {
  serial += 1;
  return `p${serial}.${pick.between(1000, 9999)}@etu.ecole-lumiere.example`;
}

/** Makes a small school larger, with everything in it that a careful reader must not stumble over. */
export async function foundSchool(world: World, pick: Pick): Promise<void> {
  serial = 0;
  await addPeople(world, pick);
  const groups = pick.between(1, 3);
  for (let number = 1; number <= groups; number += 1) await addGroup(world, pick, `Groupe ${number}`);
  await world.edit('alcuin', { edit: 'add-group', directory: 14, name: 'Groupe vide', learners: [] });
  const lessons = pick.between(18, 40);
  for (let number = 1; number <= lessons; number += 1) await addLesson(world, pick, pick.between(0, 17));
  await addRecurring(world, pick);
}

async function addPeople(world: World, pick: Pick): Promise<void> {
  const learners = pick.between(6, 14);
  for (let number = 1; number <= learners; number += 1) await addLearner(world, pick);
  const instructors = pick.between(2, 4);
  for (let number = 1; number <= instructors; number += 1) await addInstructor(world, pick, freshAddress(pick));
  const flawed = { directory: 11, nom: 'Incomplet', prenom: 'Ivan' };
  await world.edit('alcuin', { edit: 'add-person', ...flawed, email: '' });
  await world.edit('alcuin', { edit: 'add-person', ...flawed, email: 'ivan.at.example' });
  await world.edit('alcuin', { edit: 'add-person', ...flawed, prenom: '', email: freshAddress(pick) });
  await addInstructor(world, pick, '');
  const [twice, shared] = [freshAddress(pick), freshAddress(pick)];
  await addInstructor(world, pick, twice);
  await addInstructor(world, pick, twice.toUpperCase());
  for (const email of [shared, shared.toUpperCase()]) {
    await world.edit('alcuin', { edit: 'add-person', directory: 11, nom: 'Jumeau', prenom: 'Jean', email });
  }
}

function addLearner(world: World, pick: Pick): Promise<Person> {
  const nom = pick.one(['Lefèvre', 'Du Plessis', 'Nœuvéglise', 'Kervadec', "L'Hermelin"]);
  const prenom = pick.one(['Zoé', 'Maël', 'François-Xavier', 'Anaïs', 'Jules']);
  const person = { directory: pick.one(homes), nom, prenom, email: freshAddress(pick) };
  return world.edit('alcuin', { edit: 'add-person', ...person });
}

function addInstructor(world: World, pick: Pick, email: string): Promise<Person> {
  const nom = pick.one(['Garnier', 'Castaignède', 'Aubépin']);
  const directory = pick.chance(0.85) ? 13 : 15;
  return world.edit('alcuin', { edit: 'add-person', directory, nom, prenom: 'Rémi', email });
}

async function addGroup(world: World, pick: Pick, name: string): Promise<void> {
  const learners = pick.shuffled(learnersOf(await world.alcuinState())).slice(0, pick.between(2, 6));
  await world.edit('alcuin', { edit: 'add-group', directory: pick.chance(0.8) ? 14 : 11, name, learners });
}

/** A lesson so many days ahead, on the next day of school. */
async function addLesson(world: World, pick: Pick, days: number, given: Record<string, unknown> = {}): Promise<Event> {
  const state = await world.alcuinState();
  const day = schoolDay(world, days);
  const start = pick.one(slots);
  const end = DateTime.fromISO(`${day}T${start}`).plus({ minutes: pick.one([60, 90]) });
  const group = pick.chance(0.3) ? pick.one(state.groupes) : undefined;
  const others = pick.shuffled(learnersOf(state)).slice(0, pick.between(0, 6));
  const planned = new Date(world.now().getTime() - pick.between(1, 20) * 86_400_000).toISOString();
  return world.edit('alcuin', {
    edit: 'add-lesson',
    name: `${pick.one(['Droit', 'Économie', 'Comptabilité générale', 'Anglais'])} ${pick.between(1, 99)}`,
    start: `${day}T${start}`,
    end: end.toFormat("yyyy-MM-dd'T'HH:mm"),
    state: pick.one(['ACT', 'ACT', 'ACT', 'ACT', 'ACT', 'ACT', 'ACT', 'ACT', 'ATT', 'NON']),
    createdAt: pick.one([planned, planned, planned, null]),
    instructors: pick.chance(0.05) ? [] : pick.shuffled(instructorsOf(state)).slice(0, pick.one([1, 1, 1, 2])),
    learners: [...new Set([...(group?.apprenants ?? []), ...others])],
    groups: group === undefined ? [] : [group.id],
    resources: pick.one([[], [pick.one(rooms)], [pick.one(rooms)], [701, 702], [pick.one(rooms), equipment]]),
    ...given,
  });
}

/** One identifier on several dates, and one twice on one date. */
async function addRecurring(world: World, pick: Pick): Promise<void> {
  const state = await world.alcuinState();
  const who = { instructors: instructorsOf(state).slice(0, 1), learners: learnersOf(state).slice(0, 3), state: 'ACT' };
  for (const days of [2, 5, 9]) await addLesson(world, pick, days, { id: 6001, ...who });
  const day = schoolDay(world, pick.between(3, 8));
  for (const [start, end] of [
    ['09:00', '10:00'],
    ['11:00', '12:00'],
  ]) {
    const span = { start: `${day}T${start}`, end: `${day}T${end}` };
    await addLesson(world, pick, 3, { id: 6002, ...span, ...who });
  }
}

/** What a secretary does between two syncs. Lessons of today and before are left alone. */
export async function stirSchool(world: World, pick: Pick, tell: Tell): Promise<void> {
  const seed = pick.between(1, 1_000_000);
  const { edits } = await world.edit<{ edits: unknown[] }>('alcuin', {
    edit: 'churn',
    count: pick.between(2, 8),
    seed,
  });
  for (const edit of edits) tell(`Alcuin ${JSON.stringify(edit)}`);
  const more = pick.between(0, 4);
  for (let number = 0; number < more; number += 1) {
    const edit = pick.one(stirs)(await world.alcuinState(), pick, world);
    if (edit === undefined) continue;
    tell(`Alcuin ${JSON.stringify(edit)}`);
    await world.edit('alcuin', edit);
  }
  if (pick.chance(0.5)) tell(`Alcuin new lesson ${JSON.stringify(await addLesson(world, pick, pick.between(0, 16)))}`);
}

type Stir = (state: AlcuinState, pick: Pick, world: World) => Record<string, unknown> | undefined;

const stirs: readonly Stir[] = [
  (state, pick) => ({ edit: 'change-email', person: pick.one(healthy(state)), email: freshAddress(pick) }),
  (state, pick) => ({ edit: 'change-person', person: pick.one(healthy(state)), nom: `Nom-${pick.between(1, 999)}` }),
  (state, pick) => ({
    edit: 'change-person',
    person: pick.one(healthy(state)),
    telephone: `+33 1 ${pick.between(1000, 9999)}`,
  }),
  // Data that becomes incomplete: whoever is known keeps every place.
  (state, pick) => ({ edit: 'change-person', person: pick.one(healthy(state)), prenom: '' }),
  (state, pick) => ({ edit: 'change-person', person: pick.one(healthy(state)), directory: pick.one([11, 12, 13, 15]) }),
  (state, pick) => ({
    edit: 'change-person-id',
    person: pick.one(healthy(state)),
    to: pick.between(7_000_000, 7_999_999),
  }),
  (state, pick) => ({ edit: 'remove-person', person: pick.one(healthy(state)) }),
  (state, pick) => ({
    edit: 'set-group-learners',
    group: pick.one(state.groupes).id,
    learners: pick.shuffled(learnersOf(state)).slice(0, pick.between(0, 6)),
  }),
  (state, pick) => ({ edit: 'remove-group', group: pick.one(state.groupes).id }),
  (state, pick) => ({
    edit: 'add-group',
    directory: 14,
    name: `Groupe ajouté ${pick.between(1000, 9999)}`,
    learners: pick.shuffled(learnersOf(state)).slice(0, pick.between(1, 5)),
  }),
  (state, pick, world) =>
    onComing(state, pick, world, () => ({ edit: 'set-state', state: pick.one(['ATT', 'NON', 'ACT']) })),
  (state, pick, world) => onComing(state, pick, world, () => ({ edit: 'set-resources', resources: [pick.one(rooms)] })),
  (state, pick, world) => onComing(state, pick, world, () => ({ edit: 'set-instructors', persons: [] })),
  (state, pick, world) =>
    onComing(state, pick, world, () => ({
      edit: 'set-groups',
      groups: state.groupes.length === 0 ? [] : [pick.one(state.groupes).id],
    })),
];

function onComing(
  state: AlcuinState,
  pick: Pick,
  world: World,
  edit: () => Record<string, unknown>,
): Record<string, unknown> | undefined {
  const today = localDay(world.now().toISOString());
  const alone = (event: Event) =>
    state.evenements.filter((other) => other.id === event.id && dateOf(other) === dateOf(event)).length === 1;
  const coming = state.evenements.filter((event) => dateOf(event) > today && alone(event));
  if (coming.length === 0) return undefined;
  const event = pick.one(coming);
  return { ...edit(), event: event.id, date: dateOf(event) };
}

function dateOf(event: Event): string {
  return event.debut.slice(0, 10);
}

/** People whose address is complete and nobody else's, so that an edit means what it says. */
function healthy(state: AlcuinState): number[] {
  const shared = (email: string) =>
    state.personnes.filter((other) => other.email.toLowerCase() === email.toLowerCase()).length > 1;
  return state.personnes.filter(({ email }) => email.includes('@') && !shared(email)).map(({ id }) => id);
}

export function learnersOf(state: AlcuinState): number[] {
  return state.personnes.filter(({ email, id }) => !isInstructor(id, state) && email !== 'nobody').map(({ id }) => id);
}

function isInstructor(id: number, state: AlcuinState): boolean {
  return instructorsOf(state).includes(id);
}

/** By their names: some are filed in a wrong directory. */
export function instructorsOf(state: AlcuinState): number[] {
  const teach = new Set(state.evenements.flatMap(({ formateurs }) => formateurs));
  return state.personnes
    .filter(({ id, idAnnuaire, prenom }) => idAnnuaire === 13 || prenom === 'Rémi' || teach.has(id))
    .map(({ id }) => id);
}

/** The day so many days from now, or the Monday after it. */
export function schoolDay(world: World, days: number): string {
  const day = DateTime.fromJSDate(world.now(), { zone }).plus({ days });
  const weekend = day.weekday > 5 ? 8 - day.weekday : 0;
  return day.plus({ days: weekend }).toFormat('yyyy-MM-dd');
}
