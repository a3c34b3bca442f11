import type { AurigaState } from '../state.ts';
import { oneLesson } from './one-lesson.ts';
import { smallClass } from './small-class.ts';

export const schoolNames = ['one-lesson', 'small-class'] as const;
export type SchoolName = (typeof schoolNames)[number];

const makers: Readonly<Record<SchoolName, (now: Date) => AurigaState>> = {
  'one-lesson': oneLesson,
  'small-class': smallClass,
};

/** A seeded school, with interventions relative to `now`: the same name and the same day always give the same school. */
export function makeSchool(name: SchoolName, now: Date): AurigaState {
  return makers[name](now);
}
