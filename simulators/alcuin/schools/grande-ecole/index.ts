import type { DateTime } from 'luxon';
import { Pick } from '../../../kit/pick.ts';
import type { AlcuinState, Resource } from '../../state.ts';
import { dayAfter, emptySchool } from '../frame.ts';
import { makeClasses } from './classes.ts';
import { Ground } from './ground.ts';
import { Registry } from './people.ts';
import { Timetable } from './timetable.ts';
import { plantGroups } from './traps-groups.ts';
import { minibus, plantLessons, projector, spareRoom } from './traps-lessons.ts';
import { outsideDirectory, plantPeople } from './traps-people.ts';
import { fillDay } from './weeks.ts';

const seed = 20_261_125;
const instructorCount = 120;
const firstInstructor = 20_001;
const firstEvent = 50_001;
const nearDays = 14;
const lastDay = 28;

/**
 * A school of about 1,500 learners and a thousand lessons in the coming two weeks. Almost all of it is healthy; the rest
 * is every flaw that real timetables are known for, each listed in `pieges`.
 */
export function grandeEcole(now: Date): AlcuinState {
  const pick = new Pick(seed);
  const registry = new Registry(pick);
  const { classes, learners } = makeClasses(registry);
  const instructors = Array.from({ length: instructorCount }, (_, at) => registry.instructor(firstInstructor + at));
  const rooms = makeRooms();
  const today = dayAfter(now, 0);
  const timetable = new Timetable(pick, today, { instructors, rooms, firstId: firstEvent });
  const school = emptySchool();
  const state: AlcuinState = {
    ...school,
    annuaires: [...school.annuaires, { id: outsideDirectory, nom: 'Anciens et extérieurs' }],
    personnes: [...learners, ...instructors],
    groupes: classes.flatMap(({ group, halves }) => [group, ...halves]),
    ressources: [...rooms, ...besideRooms],
  };

  const days = workingDays(now, nearDays);
  // The traps first: the timetable then fills up around them, and nobody is in two places.
  const ground = new Ground(state, timetable, { classes, days, today });
  plantLessons(ground);
  plantPeople(ground);
  plantGroups(ground);

  if (today.weekday <= friday) fillDay(pick, timetable, classes, today, false);
  for (const day of days) fillDay(pick, timetable, classes, day, false);
  const far = workingDays(now, lastDay).slice(days.length);
  for (const day of far) fillDay(pick, timetable, classes, day, true);
  return { ...state, evenements: timetable.events, pieges: ground.traps };
}

const friday = 5;

/** Working days after today. */
function workingDays(now: Date, ahead: number): DateTime[] {
  return Array.from({ length: ahead }, (_, at) => dayAfter(now, at + 1)).filter((day) => day.weekday <= friday);
}

const firstRoom = 7_001;
const buildings = ['A', 'B', 'C', 'Émilie-du-Châtelet'] as const;
const roomsPerBuilding = 11;

function makeRooms(): Resource[] {
  return buildings.flatMap((building, at) =>
    Array.from({ length: roomsPerBuilding }, (_, number) => ({
      id: firstRoom + at * 100 + number,
      nom: number === 0 ? `Amphi ${building}` : `Salle ${building} ${100 + number}`,
      code: `${building.slice(0, 1)}${100 + number}`,
      type: 'SAL',
    })),
  );
}

const besideRooms: readonly Resource[] = [
  { id: spareRoom, nom: 'Salle D 201 bis', code: 'D201B', type: 'SAL' },
  { id: projector, nom: 'Vidéoprojecteur mobile 1', code: 'VP1', type: 'MAT' },
  { id: minibus, nom: 'Minibus', code: 'BUS', type: 'VEH' },
];
