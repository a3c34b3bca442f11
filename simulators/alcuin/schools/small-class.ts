import type { DateTime } from 'luxon';
import { seeded } from '../../kit/seeded.ts';
import type { AlcuinState, Event, Person } from '../state.ts';
import { dayAfter, directories, emptySchool, lesson } from './frame.ts';

const learners = [
  ['Zoé', 'Lefèvre'],
  ['Maël', 'Bérenger'],
  ['Inès', 'Dufrêne'],
  ['Noé', 'Gauthéron'],
  ['Chloé', 'Pélissard'],
  ['Loïc', 'Kervadec'],
  ['Anaïs', 'Montrésor'],
  ['Aïcha', 'Benyamina'],
  ['Gaël', "L'Hermelin"],
  ['Éloïse', 'Châtaigner'],
  ['François-Xavier', 'Du Plessis-Brûlé'],
  ['Jules', 'Nœuvéglise'],
] as const;

const instructors = [
  ['Hélène', 'Garnier'],
  ['Rémi', 'Castaignède'],
  ['Stéphanie', 'Aubépin'],
] as const;

const hours = [
  { start: '09:00', end: '10:30' },
  { start: '10:45', end: '12:15' },
  { start: '13:30', end: '15:00' },
  { start: '15:15', end: '16:45' },
] as const;

/** Title, type, index of the instructor, who comes, resources. One has two rooms, one a projector beside its room. */
const lessons = [
  ['Comptabilité générale', 'COU', 0, 'all', [701]],
  ['Droit des sociétés', 'COU', 1, 'all', [702]],
  ['TD Comptabilité', 'TD', 0, 'a', [703]],
  ['TD Comptabilité', 'TD', 2, 'b', [704]],
  ["Économie d'entreprise", 'COU', 1, 'all', [701, 702]],
  ['Anglais des affaires', 'TD', 2, 'a', [703]],
  ['Anglais des affaires', 'TD', 2, 'b', [703]],
  ['Contrôle de gestion', 'COU', 0, 'all', [701, 791]],
  ['Projet tutoré', 'PRJ', 1, 'all', [702]],
  ['Examen de comptabilité', 'EXA', 0, 'all', [701]],
] as const;

/** Days ahead that are taught, so that the last lesson is inside a window of 14 days. */
const horizonDays = 13;

/** A believable small class: 12 learners in two halves, 3 instructors, 10 lessons on the coming weekdays. */
export function smallClass(now: Date): AlcuinState {
  const people = [
    ...learners.map(([prenom, nom], at) => learner(1001 + at, prenom, nom)),
    ...instructors.map(([prenom, nom], at) => instructor(2001 + at, prenom, nom)),
  ];
  const all = learners.map((_, at) => 1001 + at);
  const halves = { all, a: all.slice(0, 6), b: all.slice(6) };
  const groups = { all: 301, a: 302, b: 303 };
  return {
    ...emptySchool(),
    personnes: people,
    groupes: [
      { id: groups.all, idAnnuaire: directories.groups, nom: 'BTS Gestion - Promotion 2', apprenants: halves.all },
      { id: groups.a, idAnnuaire: directories.groups, nom: 'TD Gestion A', apprenants: halves.a },
      { id: groups.b, idAnnuaire: directories.groups, nom: 'TD Gestion B', apprenants: halves.b },
    ],
    ressources: [
      { id: 701, nom: 'Amphi Émilie', code: 'AMPHI', type: 'SAL' },
      { id: 702, nom: 'Salle 102', code: 'S102', type: 'SAL' },
      { id: 703, nom: 'Salle 203', code: 'S203', type: 'SAL' },
      { id: 704, nom: 'Salle 204', code: 'S204', type: 'SAL' },
      { id: 791, nom: 'Vidéoprojecteur 1', code: 'VP1', type: 'MAT' },
    ],
    evenements: timetable(now, groups, halves),
  };
}

type Who = 'all' | 'a' | 'b';

function timetable(now: Date, groups: Record<Who, number>, halves: Record<Who, number[]>): Event[] {
  const pick = seeded(20_260_901);
  const days = weekdays(now);
  const morning = hours.slice(0, 2);
  return lessons.map(([nom, type, teacher, who, ressources], at) => {
    // One lesson a day; when the days run out, the afternoons of the first ones, so that nobody is in two places.
    const day = days[at % days.length] ?? dayAfter(now, 1);
    const slots = at < days.length ? morning : hours.slice(2);
    const slot = slots[Math.floor(pick() * slots.length)] ?? hours[0];
    return lesson(now, day, slot, {
      id: 5001 + at,
      nom,
      type,
      formateurs: [2001 + teacher],
      apprenants: [...halves[who]],
      groupes: [groups[who]],
      ressources: [...ressources],
    });
  });
}

function weekdays(now: Date): DateTime[] {
  return Array.from({ length: horizonDays }, (_, at) => dayAfter(now, at + 1)).filter((day) => day.weekday <= 5);
}

function learner(id: number, prenom: string, nom: string): Person {
  const telephone = `+33 1 99 00 ${String(id).slice(0, 2)} ${String(id).slice(2)}`;
  return { id, idAnnuaire: directories.initial, nom, prenom, email: address(prenom, nom, 'etu.'), telephone };
}

function instructor(id: number, prenom: string, nom: string): Person {
  return { id, idAnnuaire: directories.instructors, nom, prenom, email: address(prenom, nom, '') };
}

function address(prenom: string, nom: string, part: string): string {
  return `${ascii(prenom)}.${ascii(nom)}@${part}ecole-lumiere.example`;
}

function ascii(name: string): string {
  return name
    .replaceAll('œ', 'oe')
    .normalize('NFD')
    .replaceAll(/[^A-Za-z0-9-]/g, '')
    .toLowerCase();
}
