import { type Answer, json } from '../kit/answer.ts';
import type { School } from './school.ts';
import type { Event, Person, PresenceList } from './state.ts';
import { asAgenda, instantWithOffset, withOffset } from './time.ts';

/** An error as the contract words it (assumed): `{ code, message, details? }`. */
export function refusal(status: number, code: string, message: string, details?: unknown): Answer {
  return json({ code, message, ...(details === undefined ? {} : { details }) }, status);
}

/** Events with their people inline, as the contract has them (assumed). */
export function eventsOnWire(school: School, events: readonly Event[]): readonly unknown[] {
  // A page of a large school names thousands of people: looking each up in the list would take seconds.
  const people = new Map(school.state.personnes.map((person) => [person.id, person]));
  return events.map((event) => eventOnWire(school, people, event));
}

function eventOnWire(school: School, people: ReadonlyMap<number, Person>, event: Event): unknown {
  const inline = (id: number) => people.get(id) ?? school.person(id);
  const learners = event.apprenants.map(inline);
  return {
    id: event.id,
    nom: event.nom,
    type: event.type,
    etat: event.etat,
    debut: timeOnWire(event, event.debut),
    fin: timeOnWire(event, event.fin),
    ...(event.dateCreation === null ? {} : { dateCreation: instantWithOffset(event.dateCreation) }),
    ...(event.dateModification === null ? {} : { dateModification: instantWithOffset(event.dateModification) }),
    formateurs: event.formateurs.map(inline),
    apprenants: event.forme?.apprenantSeul === true && learners.length === 1 ? learners[0] : learners,
    groupes: event.groupes.map((id) => {
      const { idAnnuaire, nom } = school.group(id);
      return { id, idAnnuaire, nom };
    }),
    ressources: event.ressources.map((id) => school.resource(id)),
    projets: event.projets,
  };
}

function timeOnWire({ forme }: Event, local: string): string {
  switch (forme?.heures) {
    case 'nues':
      return local;
    case 'agenda':
      return asAgenda(local);
    default:
      return withOffset(local);
  }
}

/** Presences read back. An occurrence that nobody wrote for has an empty list. */
export function presencesOnWire(eventId: number, date: string, list: PresenceList | undefined): unknown {
  return {
    idEvenement: eventId,
    date: date.replaceAll('-', ''),
    source: list?.source ?? null,
    idFeuille: list?.idFeuille ?? null,
    presences: list?.presences ?? [],
  };
}
