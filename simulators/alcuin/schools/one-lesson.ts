import type { AlcuinState } from '../state.ts';
import { dayAfter, directories, emptySchool, lesson } from './frame.ts';

/** The smallest school that makes sense: one lesson tomorrow 09:00-10:30 Paris time, one learner, one instructor. */
export function oneLesson(now: Date): AlcuinState {
  return {
    ...emptySchool(),
    personnes: [
      {
        id: 1001,
        idAnnuaire: directories.initial,
        nom: 'Lefèvre',
        prenom: 'Zoé',
        email: 'zoe.lefevre@etu.ecole-lumiere.example',
      },
      {
        id: 2001,
        idAnnuaire: directories.instructors,
        nom: 'Garnier',
        prenom: 'Hélène',
        email: 'helene.garnier@ecole-lumiere.example',
      },
    ],
    ressources: [{ id: 701, nom: 'Salle 101', code: 'S101', type: 'SAL' }],
    evenements: [
      lesson(
        now,
        dayAfter(now, 1),
        { start: '09:00', end: '10:30' },
        {
          id: 5001,
          nom: 'Comptabilité générale',
          type: 'COU',
          formateurs: [2001],
          apprenants: [1001],
          groupes: [],
          ressources: [701],
        },
      ),
    ],
  };
}
