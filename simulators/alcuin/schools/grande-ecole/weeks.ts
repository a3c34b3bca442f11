import type { DateTime } from 'luxon';
import type { Pick } from '../../../kit/pick.ts';
import type { SchoolClass } from './classes.ts';
import { type Slot, slots, type Timetable } from './timetable.ts';

/** Chance of a lesson for some of a class, picked by name, in place of the whole. */
const selectionChance = 0.08;
const smallestSelection = 5;

/** How many lessons a class has on a usual day, as often as they stand here. */
const usualDay = [1, 2, 2, 2, 3] as const;
/** Far ahead, only a part of the timetable is known. */
const farDay = [0, 1, 1, 1, 2] as const;

/** Fills one day with lessons of all classes. */
export function fillDay(
  pick: Pick,
  timetable: Timetable,
  classes: readonly SchoolClass[],
  day: DateTime,
  isFar: boolean,
) {
  for (const each of pick.shuffled(classes)) {
    const count = pick.one(isFar ? farDay : usualDay);
    for (const slot of pick.shuffled(slots).slice(0, count)) teach(pick, timetable, each, day, slot);
  }
}

/** One slot of a class: in halves at the same time, a selection, or the whole. */
function teach(
  pick: Pick,
  timetable: Timetable,
  { group, halves, field }: SchoolClass,
  day: DateTime,
  slot: Slot,
): void {
  if (halves.length > 0 && pick.chance(0.5)) {
    for (const half of halves) {
      timetable.place({ day, slot, field, learners: half.apprenants, groups: [half.id] });
    }
    return;
  }
  if (pick.chance(selectionChance)) {
    const size = pick.between(smallestSelection, Math.floor(group.apprenants.length / 2));
    const learners = pick.shuffled(group.apprenants).slice(0, size);
    timetable.place({ day, slot, field, learners, groups: [] });
    return;
  }
  timetable.place({ day, slot, field, learners: group.apprenants, groups: [group.id] });
}
