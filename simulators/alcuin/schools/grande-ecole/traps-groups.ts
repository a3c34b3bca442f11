import { directories } from '../frame.ts';
import type { Ground } from './ground.ts';
import { outsideDirectory } from './traps-people.ts';

/** Groups that a reader of groups stumbles over, each named by a lesson. */
export function plantGroups(ground: Ground): void {
  const flaws = [
    ['group-other-directory', outsideDirectory, 'Atelier théâtre', 4, 'left out where groups are filtered'],
    ['empty-group', directories.groups, 'Option Voile', 0, 'left out: no member'],
    ['nameless-group', directories.groups, '', 6, 'left out: no name'],
  ] as const;
  for (const [trap, idAnnuaire, nom, size, expect] of flaws) {
    const event = ground.lesson();
    const group = ground.addGroup({ idAnnuaire, nom, apprenants: event.apprenants.slice(0, size) });
    event.groupes.push(group.id);
    ground.note(trap, 'group', group.id, `"${nom}" in directory ${idAnnuaire}, ${size} members`, expect);
    ground.noteLesson(trap, event, `names group ${group.id} beside its class`, 'made, with the learners it lists');
  }

  const { group } = ground.nextClass();
  const event = ground.lesson();
  event.groupes.push(group.id);
  const what = `names group ${group.id}, none of whose members it lists as learners`;
  ground.noteLesson('group-members-not-learners', event, what, 'its learners are those it lists');
}
