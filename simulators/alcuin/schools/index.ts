import type { AlcuinState } from '../state.ts';
import { grandeEcole } from './grande-ecole/index.ts';
import { oneLesson } from './one-lesson.ts';
import { smallClass } from './small-class.ts';

export const schoolNames = ['one-lesson', 'small-class', 'grande-ecole'] as const;
export type SchoolName = (typeof schoolNames)[number];

const makers: Readonly<Record<SchoolName, (now: Date) => AlcuinState>> = {
  'one-lesson': oneLesson,
  'small-class': smallClass,
  'grande-ecole': grandeEcole,
};

/** A seeded school, with lessons relative to `now`: the same name and the same day always give the same school. */
export function makeSchool(name: SchoolName, now: Date): AlcuinState {
  return makers[name](now);
}
