import { DateTime } from 'luxon';
import { dateOf, type Event } from '../../state.ts';
import { zone } from '../../time.ts';
import type { Ground } from './ground.ts';
import { slots } from './timetable.ts';

/** Equipment of the seeded school: resources that are no rooms. */
export const projector = 7_901;
export const minibus = 7_902;
/** A room that is only used beside another one. */
export const spareRoom = 7_801;

const night = { start: '00:10', end: '00:40' };

/** Lessons that a reader stumbles over. */
export function plantLessons(ground: Ground): void {
  plantStates(ground);
  plantDays(ground);
  plantRepeats(ground);
  plantRooms(ground);
  plantForms(ground);
}

function plantStates(ground: Ground): void {
  const plain: readonly [string, Partial<Event>, string, string][] = [
    ['lesson-without-instructor', { formateurs: [] }, 'nobody teaches it', 'left out and reported'],
    ['lesson-without-learner', { apprenants: [], groupes: [] }, 'nobody attends it', 'left out and reported'],
    ['state-waiting', { etat: 'ATT' }, 'waits for approval', 'left out until it is active'],
    ['state-cancelled', { etat: 'NON' }, 'is cancelled', 'not made; removed where it was known'],
    ['title-with-accents', { nom: "Œuvres d'été : « l'âge d'or »" }, 'title with accents', 'kept as written'],
    ['title-with-spaces', { nom: ' Atelier\u00a0 d’écriture  ' }, 'no-break and double spaces', 'single spaces'],
    ['title-missing', { nom: '' }, 'has no title', 'left out and reported, or given a title'],
  ];
  for (const [trap, changes, what, expect] of plain) ground.noteLesson(trap, ground.lesson(changes), what, expect);
}

function plantDays(ground: Ground): void {
  const { today } = ground;
  const evening = slots[4];
  // Just after midnight, as an import at night does it: before any moment of the day at which the school is read.
  const createdAt = today.plus({ minutes: 5 }).toUTC().toISO() ?? '';
  const fresh = ground.lesson({ dateCreation: createdAt, dateModification: createdAt }, { day: today, slot: evening });
  ground.noteLesson('created-today-for-today', fresh, 'was planned today for this evening', 'left out: too late');

  const early = ground.lesson({ nom: 'Observation du ciel nocturne' }, { day: today, slot: night });
  ground.noteLesson('past-today', early, 'was over before dawn today', 'left out: past');
  const held = ground.lesson({}, { day: workingDay(today.minus({ days: 1 }), -1), slot: slots[0] });
  ground.noteLesson('past-day', held, 'was held before today', 'outside any window that starts today');
  const far = ground.lesson({}, { day: workingDay(today.plus({ days: 20 }), 1), slot: slots[1] });
  ground.noteLesson('beyond-window', far, 'is held in three weeks', 'outside a window of two weeks');

  const undated = ground.lesson({ dateCreation: null, dateModification: null });
  ground.noteLesson('without-creation-date', undated, 'does not say when it was planned', 'made');
}

/** The day, or the next working day in that direction. */
function workingDay(day: DateTime, step: 1 | -1): DateTime {
  return day.weekday <= 5 ? day : workingDay(day.plus({ days: step }), step);
}

function plantRepeats(ground: Ground): void {
  const klass = ground.nextClass();
  const series = [1, 2, 3].map(() => ground.lesson({ nom: 'Séminaire de méthode' }, { klass }));
  const [first] = series;
  for (const event of series) {
    event.id = first?.id ?? event.id;
    ground.noteLesson('recurring-id', event, 'shares its id with lessons of other dates', 'a lesson of its own');
  }

  const other = ground.nextClass();
  const morning = ground.lesson({ nom: 'Oral blanc' }, { klass: other });
  const day = DateTime.fromISO(dateOf(morning), { zone });
  const again = ground.lesson({ nom: 'Oral blanc', id: morning.id }, { klass: other, day });
  for (const event of [morning, again]) {
    const what = `one of two lessons with one id on one date (${event.debut.slice(11, 16)})`;
    ground.noteLesson('id-twice-on-one-date', event, what, 'two lessons, told apart by their times, or both reported');
  }
}

function plantRooms(ground: Ground): void {
  const several = ground.lesson();
  several.ressources.push(spareRoom);
  ground.noteLesson('several-rooms', several, 'has two rooms', 'both names, joined');
  const equipped = ground.lesson();
  equipped.ressources.push(projector);
  ground.noteLesson('resource-not-a-room', equipped, 'has a projector beside its room', 'only the room is named');
  const outside = ground.lesson({ ressources: [minibus] });
  ground.noteLesson('resource-not-a-room', outside, 'has a minibus and no room', 'made without a room');
  const nowhere = ground.lesson({ ressources: [] });
  ground.noteLesson('without-room', nowhere, 'has no resource at all', 'made without a room');
}

function plantForms(ground: Ground): void {
  const bare = ground.lesson({ forme: { heures: 'nues' } });
  ground.noteLesson('times-without-offset', bare, 'times without an offset', 'read as Paris time');
  const agenda = ground.lesson({ forme: { heures: 'agenda' } });
  ground.noteLesson('times-as-agenda', agenda, 'times as dd/mm/yyyy 08h30', 'read as Paris time');
  const single = ground.lesson({ forme: { apprenantSeul: true } });
  Object.assign(single, { apprenants: single.apprenants.slice(0, 1), groupes: [] });
  ground.noteLesson('learner-as-single-object', single, 'its only learner is no list', 'made with one learner');
}
