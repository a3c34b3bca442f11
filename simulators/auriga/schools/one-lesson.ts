import type { AurigaState } from '../state.ts';
import { dayAfter, emptySchool, intervention } from './frame.ts';

/** The smallest school that makes sense: one intervention tomorrow 09:00-10:30, a group of two learners, one instructor. */
export function oneLesson(now: Date): AurigaState {
  return {
    ...emptySchool(),
    persons: [
      { id: 16_026_415, lastName: 'GRIMAUD', firstName: 'Karole', mail: 'k.grimaud@etu.ecole-aurore.example' },
      { id: 16_026_416, lastName: 'Smith', firstName: 'John', mail: 'john.smith@etu.ecole-aurore.example' },
      { id: 20_001, lastName: 'Lavallée', firstName: 'Édith', mail: 'edith.lavallee@ecole-aurore.example' },
    ],
    pedagogicalUnits: [{ id: 501, code: 'ETHIX', caption: { fr: 'Éthique du numérique - ETHIX' } }],
    resources: [{ id: 701, code: 'S210', caption: { fr: 'Salle 210', en: 'Classroom 210' } }],
    groups: [
      {
        id: 95_101_654,
        code: '2526_ING_ING1_S5_TLS',
        caption: { fr: 'Groupe TD 1' },
        learners: [16_026_415, 16_026_416],
      },
    ],
    interventions: [
      intervention(
        dayAfter(now, 1),
        { start: '09:00', end: '10:30' },
        {
          id: 115_849,
          description: 'Séance de 09:00 à 10:30 : Éthique 3e année S5',
          pedagogicalUnits: [501],
          activityType: 1,
          resources: [701],
          instructors: [20_001],
          learners: [16_026_415, 16_026_416],
          groups: [95_101_654],
        },
      ),
    ],
  };
}
