import { DateTime } from 'luxon';
import { z } from 'zod';
import type { LessonAttendance } from '../../roster/contracts.ts';
import type { AttendanceMark, LessonRecord } from '../../roster/records.ts';
import { clean } from './text.ts';

/*
 * The "EDT API" as this connector believes it to be. No description of it is public: everything in this file is ASSUMED,
 * with words taken from other, publicly seen interfaces of the same product. When a school shows its real API, this is
 * the file to change, together with the simulator.
 */

/** Assumed: the password travels as a bearer token. The one place that knows. */
export function authorise(password: string): Record<string, string> {
  return { Authorization: `Bearer ${password}` };
}

/** Assumed: the interface names no limit of its own, so all requests count in one class, gently. */
export const rateClass = 'normal';
export const defaultRates = { [rateClass]: 120 };

/** Assumed: at most 1000 are given; a server that caps lower still says the whole number. */
const pageSize = 200;

/** Assumed: where a write needs a wall-clock time, it is the time of mainland France (the product is French). */
export const writeZone = 'Europe/Paris';

/** Says who it is and what time zone it lives in, to anybody with the password. */
export function pingUrl(base: URL): URL {
  return new URL('ping', base);
}

export const pingShape = z.looseObject({ version: z.unknown().optional(), fuseau: z.unknown().optional() });

/** The events from one local date to another, both included. */
export function eventsUrl(base: URL, fromDate: string, toDate: string, page: number, size = pageSize): URL {
  const url = new URL('evenements', base);
  url.searchParams.set('dateDebut', compactDate(fromDate));
  url.searchParams.set('dateFin', compactDate(toDate));
  return paged(url, page, size);
}

export function directoryUrl(
  base: URL,
  directory: string,
  what: 'personnes' | 'groupes',
  page: number,
  size = pageSize,
): URL {
  return paged(new URL(`annuaires/${encodeURIComponent(directory)}/${what}`, base), page, size);
}

function paged(url: URL, page: number, size: number): URL {
  url.searchParams.set('taillePage', String(size));
  url.searchParams.set('numeroPage', String(page));
  return url;
}

export function presencesUrl(base: URL, eventId: string, localDate: string): URL {
  const url = new URL(`evenements/${encodeURIComponent(eventId)}/presences`, base);
  url.searchParams.set('date', compactDate(localDate));
  return url;
}

/** `YYYYMMDD` (seen in the product's SOAP services). */
function compactDate(date: string): string {
  return date.replaceAll('-', '');
}

/** A list with one element may arrive as that element, an empty one as nothing (seen in the SOAP services). */
const list = z.preprocess((value) => {
  if (value === undefined || value === null || value === '') return [];
  return Array.isArray(value) ? value : [value];
}, z.array(z.unknown()));

const item = z.record(z.string(), z.unknown());

/** The content may only be missing when there is nothing. */
export const pageShape = z
  .looseObject({
    nbTotal: z.union([z.int().min(0), z.string().regex(/^\d+$/).transform(Number)]),
    contenu: z.unknown().optional(),
  })
  .refine((page) => page.nbTotal === 0 || (page.contenu !== undefined && page.contenu !== null))
  .transform((page) => ({ total: page.nbTotal, content: page.contenu }))
  .pipe(z.object({ total: z.number(), content: list.pipe(z.array(item)) }));

export type Item = z.infer<typeof item>;

/** The parts of an event; what is inside each is judged where it is translated. */
export const eventShape = z.looseObject({
  id: z.unknown().optional(),
  nom: z.unknown().optional(),
  etat: z.unknown().optional(),
  debut: z.unknown().optional(),
  fin: z.unknown().optional(),
  dateCreation: z.unknown().optional(),
  formateurs: list,
  apprenants: list,
  groupes: list,
  ressources: list,
});

/** A group as an event names it, and as its directory lists it: there with the learners who belong to it now. */
export const groupShape = z.looseObject({
  id: z.unknown().optional(),
  idAnnuaire: z.unknown().optional(),
  nom: z.unknown().optional(),
  apprenants: list,
});

export const personShape = z.looseObject({
  id: z.unknown().optional(),
  idAnnuaire: z.unknown().optional(),
  nom: z.unknown().optional(),
  prenom: z.unknown().optional(),
  email: z.unknown().optional(),
  telephone: z.unknown().optional(),
});

export const resourceShape = z.looseObject({ nom: z.unknown().optional(), type: z.string() });

/** The type code of a room (seen in the SOAP services). */
export const roomType = 'SAL';

/** What an event's state means (`ACT`, `ATT`, `NON` were seen in the portal). */
const states: Readonly<Record<string, LessonRecord['state']>> = { ACT: 'active', ATT: 'waiting', NON: 'cancelled' };

/** A state we do not know makes nothing and removes nothing, as `ATT`; that it came is told as a change of shape. */
export function stateOf(etat: string): LessonRecord['state'] {
  const state = etat.toUpperCase();
  return Object.hasOwn(states, state) ? (states[state] ?? 'waiting') : 'waiting';
}

/** Which fields come and go by themselves, and which words we know. */
export const knownFields = {
  optional: [
    'evenements.contenu.dateCreation',
    'evenements.contenu.dateModification',
    'evenements.contenu.apprenants.telephone',
    'evenements.contenu.formateurs.telephone',
  ],
  closedLists: { 'evenements.contenu.etat': Object.keys(states) },
};

const statuses: Record<AttendanceMark['status'], string> = {
  present: 'PRESENT',
  late: 'RETARD',
  'left-early': 'DEPART_ANTICIPE',
  absent: 'ABSENT',
  justified: 'ABSENT_JUSTIFIE',
};

/** One line of an attendance list. */
type Presence = {
  readonly idApprenant: number | string;
  readonly statut: string;
  readonly heureArrivee?: string;
  readonly heureDepart?: string;
  readonly motif?: string;
  readonly commentaire?: string;
};

/** The whole list of one occurrence. */
export function presencesBody({ targetId, marks, startsAt }: LessonAttendance) {
  const presences = [...marks].map(([personKey, mark]) => presence(personKey, mark, startsAt));
  return { source: 'edusign', idFeuille: targetId, presences };
}

/** A reason for which a person chose no code goes as words. */
function presence(personKey: string, mark: AttendanceMark, startsAt: string): Presence {
  const late = mark.minutesLate;
  const arrival = late === undefined ? undefined : DateTime.fromISO(startsAt).plus({ minutes: late });
  const departure = mark.leftAt === undefined ? undefined : DateTime.fromISO(mark.leftAt);
  const motif = mark.sourceReason?.code;
  const reason = motif === undefined ? clean(mark.reasonName) : '';
  const words = [reason && `Motif : ${reason}`, mark.comment ?? ''].filter((text) => text !== '').join(' ; ');
  return {
    idApprenant: wireId(personKey),
    statut: statuses[mark.status],
    ...(arrival && { heureArrivee: wireTime(arrival) }),
    ...(departure && { heureDepart: wireTime(departure) }),
    ...(motif !== undefined && { motif }),
    ...(words !== '' && { commentaire: words }),
  };
}

const heldLineShape = z.looseObject({
  idApprenant: z.union([z.string(), z.number()]),
  statut: z.string(),
  heureArrivee: z.unknown().optional(),
  heureDepart: z.unknown().optional(),
  motif: z.unknown().optional(),
  commentaire: z.unknown().optional(),
});

/** Reading the same path gives the list that was written last. It must be there: nothing is no empty list here. */
export const heldPresencesShape = z.looseObject({
  presences: z
    .unknown()
    .refine((value): boolean => typeof value === 'object' && value !== null)
    .pipe(list)
    .pipe(z.array(heldLineShape)),
});
export type HeldLine = z.infer<typeof heldLineShape>;

/** Identifiers are integers wherever they were seen; keys that came as text go back as text. */
function wireId(key: string): number | string {
  return String(Number(key)) === key && Number.isSafeInteger(Number(key)) ? Number(key) : key;
}

/** Local time with its offset, as the mobile services write it. */
function wireTime(moment: DateTime): string {
  return moment.setZone(writeZone).toISO({ suppressMilliseconds: true }) ?? '';
}

export const presencesAnswerShape = z.looseObject({
  rejets: list.pipe(
    z.array(
      z.looseObject({
        idApprenant: z.union([z.string(), z.number()]),
        code: z.string().default('REJET'),
        message: z.string().default(''),
      }),
    ),
  ),
});

export const refusalShape = z.looseObject({ code: z.string(), message: z.string().default('') });

/** Codes a refusal may carry for one occurrence or its lines: their words go to the school, and nothing is repeated. */
export const occurrenceRefusals: Readonly<Record<number, string>> = {
  404: 'EVENEMENT_INCONNU',
  409: 'EVENEMENT_VERROUILLE',
  422: 'PRESENCES_REFUSEES',
};
