import { ControlError } from '../kit/control.ts';
import type { InterventionLine } from './columns.ts';
import type { AurigaState, Coded, Favourite, Group, Intervention, Person } from './state.ts';

/** Numbers of ours start above what the seeded schools use, so that an added record never takes a used one. */
const firstFreeId = 900_001;

/** The school behind the API: finds things in the state, and hands out new numbers. */
export class School {
  state: AurigaState;

  constructor(state: AurigaState) {
    this.state = state;
  }

  person(id: number): Person {
    return found(
      this.state.persons.find((person) => person.id === id),
      `person ${id}`,
    );
  }

  group(id: number): Group {
    return found(
      this.state.groups.find((group) => group.id === id),
      `group ${id}`,
    );
  }

  intervention(id: number): Intervention {
    return found(
      this.state.interventions.find((intervention) => intervention.id === id),
      `intervention ${id}`,
    );
  }

  favourite(queryId: number): Favourite {
    return found(
      this.state.favourites.find((favourite) => favourite.queryId === queryId),
      `favourite ${queryId}`,
    );
  }

  /** Units and resources are one-to-many: a flat query repeats an intervention for each pair of them. */
  linesOf(intervention: Intervention): InterventionLine[] {
    const { activityTypes, pedagogicalUnits, resources } = this.state;
    const units = orNone(coded(pedagogicalUnits, intervention.pedagogicalUnits));
    const rooms = orNone(coded(resources, intervention.resources));
    const [activity] = intervention.activityType === null ? [] : coded(activityTypes, [intervention.activityType]);
    const instructors = intervention.instructors.map((id) => this.person(id));
    const learners = intervention.learners.map((id) => this.person(id));
    return units.flatMap((unit) =>
      rooms.map((resource) => ({
        intervention,
        unit: unit?.caption,
        activity: activity?.caption,
        resource,
        instructors,
        learners,
      })),
    );
  }

  newId(): number {
    const { persons, groups, resources, interventions, absences } = this.state;
    const used = [...persons, ...groups, ...resources, ...interventions, ...absences].map((thing) => thing.id);
    return used.reduce((highest, id) => Math.max(highest, id + 1), firstFreeId);
  }
}

function coded(all: readonly Coded[], ids: readonly number[]): Coded[] {
  return ids.map((id) =>
    found(
      all.find((thing) => thing.id === id),
      `thing ${id}`,
    ),
  );
}

function orNone<T>(things: readonly T[]): (T | undefined)[] {
  return things.length === 0 ? [undefined] : [...things];
}

function found<T>(thing: T | undefined, what: string): T {
  if (thing === undefined) throw new ControlError(`no ${what}`, 404);
  return thing;
}
