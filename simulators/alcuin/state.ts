import { z } from 'zod';

/**
 * What the timetable system holds. Fields carry the wire's own French names (they are this system's database); local
 * times are wall clock in Europe/Paris, `YYYY-MM-DDTHH:mm:ss`, without an offset, as the product keeps them.
 */
const id = z.number().int();

const personShape = z.strictObject({
  id,
  /** Directory the person is filed in; decides what a connector's filters keep. */
  idAnnuaire: id,
  nom: z.string(),
  prenom: z.string(),
  email: z.string(),
  telephone: z.string().optional(),
});

const groupShape = z.strictObject({ id, idAnnuaire: id, nom: z.string(), apprenants: z.array(id) });

const resourceShape = z.strictObject({
  id,
  nom: z.string(),
  code: z.string().optional(),
  /** `SAL` is a room; anything else is equipment. */
  type: z.string(),
});

/** How one occurrence is written on the wire where it differs from the others: a school's data has several hands. */
const formShape = z.strictObject({
  /** `nues`: no offset. `agenda`: `26/11/2026 08h30`, as the agenda pages write it. */
  heures: z.enum(['nues', 'agenda']).optional(),
  /** The only learner comes as an object in place of a list. */
  apprenantSeul: z.boolean().optional(),
});

/** A named example of something a reader may stumble over, planted in a seeded school. */
const trapShape = z.strictObject({
  trap: z.string(),
  kind: z.enum(['lesson', 'person', 'group']),
  id,
  /** Of a lesson, `YYYY-MM-DD`: the id alone may be on several dates. */
  date: z.string().optional(),
  what: z.string(),
  /** What a careful reader does with it. */
  expect: z.string(),
});

/** One occurrence. A recurring event is several of these with one `id` and different dates. */
const eventShape = z.strictObject({
  id,
  nom: z.string(),
  type: z.string(),
  etat: z.enum(['ACT', 'ATT', 'NON']),
  debut: z.string(),
  fin: z.string(),
  /** UTC instant; null where the school's version does not say. */
  dateCreation: z.string().nullable(),
  dateModification: z.string().nullable(),
  formateurs: z.array(id),
  apprenants: z.array(id),
  groupes: z.array(id),
  ressources: z.array(id),
  projets: z.array(z.string()),
  forme: formShape.optional(),
});

const presenceShape = z.strictObject({
  idApprenant: id,
  statut: z.string(),
  heureArrivee: z.string().optional(),
  heureDepart: z.string().optional(),
  motif: z.string().optional(),
  commentaire: z.string().optional(),
});

/** The presences of one occurrence, as last written. */
const presenceListShape = z.strictObject({
  source: z.string(),
  idFeuille: z.string(),
  presences: z.array(presenceShape),
  /** UTC instant of the last write, by business time. */
  recuLe: z.string(),
  /** How often the list was written, the first time included. */
  ecritures: z.number().int(),
});

export const stateShape = z.strictObject({
  version: z.literal(1),
  /** Numbered directories ("annuaires"). */
  annuaires: z.array(z.strictObject({ id, nom: z.string() })),
  personnes: z.array(personShape),
  groupes: z.array(groupShape),
  ressources: z.array(resourceShape),
  evenements: z.array(eventShape),
  /** Codes accepted as the reason of a justified absence. Assumed: each school has its own. */
  motifs: z.array(z.strictObject({ code: z.string(), nom: z.string() })),
  /** By occurrence: `<id>@<YYYY-MM-DD>`. */
  presences: z.record(z.string(), presenceListShape),
  /** Occurrences whose attendance is closed here. */
  verrouilles: z.array(z.string()),
  /** Traps planted when the school was made. Later edits do not change this list. */
  pieges: z.array(trapShape).default([]),
});

export type AlcuinState = z.infer<typeof stateShape>;
export type Person = z.infer<typeof personShape>;
export type Group = z.infer<typeof groupShape>;
export type Resource = z.infer<typeof resourceShape>;
export type Event = z.infer<typeof eventShape>;
export type Trap = z.infer<typeof trapShape>;
export type Presence = z.infer<typeof presenceShape>;
export type PresenceList = z.infer<typeof presenceListShape>;

/** Local start date of an occurrence, `YYYY-MM-DD`. */
export function dateOf(event: Event): string {
  return event.debut.slice(0, 10);
}

/** Name of an occurrence: the id alone is not enough, since recurring events share it. */
export function occurrenceKey(eventId: number, date: string): string {
  return `${eventId}@${date}`;
}
