import type { Group, Person } from '../../state.ts';
import { directories } from '../frame.ts';
import type { Registry } from './people.ts';
import { continuingSuffix, fields } from './subjects.ts';

/** One class: its learners are taught together, or in halves where it has them. */
export interface SchoolClass {
  readonly group: Group;
  /** Two halves, or none. */
  readonly halves: readonly Group[];
  readonly field: number;
}

/** Classes of one programme, by how it is taught: continuing education has few and small ones. */
const years = { initial: 5, continuing: 2 } as const;
const sizes = { initial: 33, continuing: 23 } as const;

/** Every so many-th class is also taught in halves. */
const halvedEvery = 8;

const firstLearner = 10_001;
const firstGroup = 3_001;

/** All classes with their learners, in the order of their programmes. */
export function makeClasses(registry: Registry): { classes: SchoolClass[]; learners: Person[] } {
  const learners: Person[] = [];
  const classes: SchoolClass[] = [];
  let groupId = firstGroup;
  const group = (nom: string, members: readonly Person[]): Group => ({
    id: groupId++,
    idAnnuaire: directories.groups,
    nom,
    apprenants: members.map((person) => person.id),
  });
  for (const { programme, year, field, kind } of plan()) {
    const directory = directories[kind];
    const members = Array.from({ length: sizes[kind] }, (_, at) =>
      registry.learner(firstLearner + learners.length + at, directory),
    );
    learners.push(...members);
    const name = `${programme} ${year}`;
    const half = Math.ceil(members.length / 2);
    const isHalved = classes.length % halvedEvery === 0;
    classes.push({
      field,
      group: group(name, members),
      halves: isHalved
        ? [group(`${name} - Gr. A`, members.slice(0, half)), group(`${name} - Gr. B`, members.slice(half))]
        : [],
    });
  }
  return { classes, learners };
}

function plan() {
  return fields.flatMap(({ programmes }, field) =>
    programmes.flatMap((programme) => {
      const kind = programme.endsWith(continuingSuffix) ? ('continuing' as const) : ('initial' as const);
      return Array.from({ length: years[kind] }, (_, at) => ({ programme, year: at + 1, field, kind }));
    }),
  );
}
