import type { Person } from '../../state.ts';
import { directories } from '../frame.ts';
import type { Ground } from './ground.ts';
import { domain } from './people.ts';

/** Directory that no connector setting names: former learners and visitors. */
export const outsideDirectory = 15;

/** Whose records are not what they should be, each in one lesson that shows it. */
export function plantPeople(ground: Ground): void {
  plantTwins(ground);
  plantBrokenRecords(ground);
  plantNames(ground);
  plantWrongDirectories(ground);
}

function plantTwins(ground: Ground): void {
  const klass = ground.nextClass();
  const first = ground.instructor(klass);
  const second = ground.addPerson({
    ...without(first),
    prenom: first.prenom.toUpperCase(),
    email: shouted(first.email),
  });
  const trap = 'instructor-email-twice';
  const upper = `same address as person ${first.id} in other letter case`;
  ground.note(trap, 'person', first.id, `shares the address of person ${second.id}`, 'kept: the lower number');
  ground.note(trap, 'person', second.id, upper, 'reported; cannot be made a second time');
  ground.noteLesson(trap, ground.lesson({}, { klass, instructor: first.id }), `of person ${first.id}`, 'made');
  for (const _ of [1, 2]) {
    const event = ground.lesson({ formateurs: [second.id] }, { klass });
    ground.noteLesson(trap, event, `of person ${second.id}, the second record of one address`, 'left out and reported');
  }

  const other = ground.lesson();
  const learner = ground.person(other.apprenants[0] ?? 0);
  const twin = ground.addPerson({ ...without(learner), email: shouted(learner.email) });
  other.apprenants.push(twin.id);
  const twice = 'learner-email-twice';
  ground.note(twice, 'person', learner.id, `shares the address of person ${twin.id}`, 'one of the two on the sheet');
  ground.note(twice, 'person', twin.id, `same address as person ${learner.id}`, 'reported, once on the sheet');
  ground.noteLesson(twice, other, `has both learners, ${learner.id} and ${twin.id}`, 'made, with one of the two');
}

function plantBrokenRecords(ground: Ground): void {
  const broken: readonly [string, string, Partial<Person>][] = [
    ['learner-without-email', 'has no address', { email: '' }],
    ['learner-without-first-name', 'has no first name', { prenom: '' }],
    ['learner-broken-email', 'has an address that is none', { email: 'prune.sablavernay(at)etu' }],
  ];
  for (const [at, [trap, what, flaw]] of broken.entries()) {
    const learner = ground.addPerson({ ...stranger(directories.initial, at), ...flaw });
    const event = ground.lesson();
    event.apprenants.push(learner.id);
    ground.note(trap, 'person', learner.id, `learner ${what}`, 'left out and reported');
    ground.noteLesson(trap, event, `one of its learners, ${learner.id}, ${what}`, 'made without that learner');
  }
  const instructor = ground.addPerson({ ...stranger(directories.instructors, 3), nom: 'Galtournel', email: '' });
  const only = ground.lesson({ formateurs: [instructor.id] });
  ground.note(
    'instructor-without-email',
    'person',
    instructor.id,
    'instructor has no address',
    'left out and reported',
  );
  ground.noteLesson('lesson-only-invalid-instructor', only, `only instructor ${instructor.id}, invalid`, 'left out');

  const invalid = broken.map(
    ([, , flaw], at) => ground.addPerson({ ...stranger(directories.continuing, at + 4), ...flaw }).id,
  );
  const empty = ground.lesson({ apprenants: invalid, groupes: [] });
  ground.noteLesson(
    'lesson-only-invalid-learners',
    empty,
    `learners ${invalid.join(', ')} are all invalid`,
    'left out',
  );
}

function plantNames(ground: Ground): void {
  const names: readonly [string, string, string, string, string][] = [
    ['name-with-accents', "Nœuvéglise-d'Écouflant", 'Éléonore-Gwenaëlle', 'eleonore.noeuveglise', 'kept as written'],
    ['name-with-no-break-space', 'Le\u00a0Guérinel', 'Anne\u00a0', 'anne.leguerinel', 'usual spaces, none at the ends'],
    ['name-with-double-space', 'De  La  Fayolle', ' Marie  Laure', 'marie-laure.delafayolle', 'single spaces'],
  ];
  for (const [trap, nom, prenom, address, expect] of names) {
    const learner = ground.addPerson({
      idAnnuaire: directories.initial,
      nom,
      prenom,
      email: `${address}@etu.${domain}`,
    });
    const event = ground.lesson();
    event.apprenants.push(learner.id);
    ground.note(trap, 'person', learner.id, `named "${prenom}" "${nom}"`, expect);
    ground.noteLesson(trap, event, `learner ${learner.id} has such a name`, 'made');
  }
}

function plantWrongDirectories(ground: Ground): void {
  const places = [directories.instructors, outsideDirectory];
  for (const directory of places) {
    const email = `prune.lestariviere${directory}@etu.${domain}`;
    const learner = ground.addPerson({ ...stranger(directory, 8), nom: 'Lestarivière', email });
    const event = ground.lesson();
    event.apprenants.push(learner.id);
    const what = `learner is filed in directory ${directory}`;
    ground.note('learner-wrong-directory', 'person', learner.id, what, 'left out where learners are filtered');
    ground.noteLesson(
      'learner-wrong-directory',
      event,
      `learner ${learner.id} is filed there`,
      'made without him or her',
    );
  }
  const visitor = ground.addPerson({ ...stranger(outsideDirectory, 9), email: `vacataire@${domain}` });
  const event = ground.lesson({ formateurs: [visitor.id] });
  const what = `instructor is filed in directory ${outsideDirectory}`;
  ground.note('instructor-wrong-directory', 'person', visitor.id, what, 'left out where instructors are filtered');
  ground.noteLesson('instructor-wrong-directory', event, `only instructor ${visitor.id}`, 'left out where filtered');
}

/** Somebody in no class. @param at makes the address one nobody else has. */
function stranger(directory: number, at: number): Omit<Person, 'id'> {
  return { idAnnuaire: directory, nom: 'Sablavernay', prenom: 'Prune', email: `prune.sablavernay${at}@etu.${domain}` };
}

function without({ idAnnuaire, nom, prenom, email }: Person): Omit<Person, 'id'> {
  return { idAnnuaire, nom, prenom, email };
}

function shouted(email: string): string {
  return email.replace(/^[^@]+/, (name) => name.toUpperCase());
}
