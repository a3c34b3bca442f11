import { type Answer, json } from '../kit/answer.ts';
import type { School } from './school.ts';
import type { Event, PresenceList } from './state.ts';
import { instantWithOffset, withOffset } from './time.ts';

/** An error as the contract words it (assumed): `{ code, message, details? }`. */
export function refusal(status: number, code: string, message: string, details?: unknown): Answer {
  return json({ code, message, ...(details === undefined ? {} : { details }) }, status);
}

/** An event with its people inline, as the contract has it (assumed). */
export function eventOnWire(school: School, event: Event): unknown {
  return {
    id: event.id,
    nom: event.nom,
    type: event.type,
    etat: event.etat,
    debut: withOffset(event.debut),
    fin: withOffset(event.fin),
    ...(event.dateCreation === null ? {} : { dateCreation: instantWithOffset(event.dateCreation) }),
    ...(event.dateModification === null ? {} : { dateModification: instantWithOffset(event.dateModification) }),
    formateurs: event.formateurs.map((id) => school.person(id)),
    apprenants: event.apprenants.map((id) => school.person(id)),
    groupes: event.groupes.map((id) => {
      const { idAnnuaire, nom } = school.group(id);
      return { id, idAnnuaire, nom };
    }),
    ressources: event.ressources.map((id) => school.resource(id)),
    projets: event.projets,
  };
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
