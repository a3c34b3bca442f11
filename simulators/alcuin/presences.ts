import { z } from 'zod';
import { type Answer, json } from '../kit/answer.ts';
import type { Clock } from '../kit/clock.ts';
import type { ApiRequest } from '../kit/dispatch.ts';
import type { ApiRoute } from '../kit/server.ts';
import { type Rejection, rejectedLines } from './rejections.ts';
import type { School } from './school.ts';
import { type Event, occurrenceKey, type Presence } from './state.ts';
import { readDay } from './time.ts';
import { presencesOnWire, refusal } from './wire.ts';

const statuses = new Set(['PRESENT', 'ABSENT', 'ABSENT_JUSTIFIE', 'RETARD', 'DEPART_ANTICIPE']);

const optionalText = z
  .string()
  .nullish()
  .transform((text) => (text === null || text === '' ? undefined : text));

const bodyShape = z.object({
  source: z.string(),
  idFeuille: z.coerce.string(),
  presences: z.array(
    z.object({
      idApprenant: z.coerce.number().int(),
      statut: z.string(),
      heureArrivee: optionalText,
      heureDepart: optionalText,
      motif: optionalText,
      commentaire: optionalText,
    }),
  ),
});
type Line = z.infer<typeof bodyShape>['presences'][number];

/** The writing half of the API: presences of one occurrence, always as a whole list (assumed contract). */
export function presenceRoutes(school: School, clock: Clock): readonly ApiRoute[] {
  const path = '/api/evenements/:event/presences';
  return [
    {
      method: 'GET',
      path,
      route: (request) =>
        onOccurrence(school, request, (event, date) =>
          json(presencesOnWire(event.id, date, school.state.presences[occurrenceKey(event.id, date)])),
        ),
    },
    {
      method: 'PUT',
      path,
      route: (request) => onOccurrence(school, request, (event, date) => replace(school, clock, event, date, request)),
    },
  ];
}

function onOccurrence(school: School, request: ApiRequest, act: (event: Event, date: string) => Answer): Answer {
  const date = readDay(request.query['date']);
  if (date === undefined) return refusal(400, 'PARAMETRE_INVALIDE', 'date est attendue au format AAAAMMJJ');
  // Two occurrences of one event on one day cannot be told apart here: the first by time takes the list.
  const [event] = school
    .occurrences(Number(request.params['event']), date)
    .sort((a, b) => a.debut.localeCompare(b.debut));
  if (event === undefined) return refusal(404, 'EVENEMENT_INCONNU', 'Évènement inconnu à cette date');
  return act(event, date);
}

function replace(school: School, clock: Clock, event: Event, date: string, request: ApiRequest): Answer {
  const body = bodyShape.safeParse(request.body);
  if (!body.success) {
    return refusal(400, 'PARAMETRE_INVALIDE', 'Corps de requête invalide', z.prettifyError(body.error));
  }
  if (school.isLocked(event.id, date))
    return refusal(409, 'EVENEMENT_VERROUILLE', 'Présences closes pour cet évènement');

  const rejected: (Rejection & { idApprenant: number })[] = [];
  const accepted: Presence[] = [];
  const struck = rejectedLines(request.fault, event.id, body.data.presences.length);
  for (const [at, line] of body.data.presences.entries()) {
    const problem = check(school, event, line) ?? struck.get(at);
    if (problem === undefined) accepted.push(stripped(line));
    else rejected.push({ idApprenant: line.idApprenant, ...problem });
  }

  const key = occurrenceKey(event.id, date);
  school.state.presences[key] = {
    source: body.data.source,
    idFeuille: body.data.idFeuille,
    presences: accepted,
    recuLe: clock.now().toISOString(),
    ecritures: (school.state.presences[key]?.ecritures ?? 0) + 1,
  };
  return json({ idEvenement: event.id, acceptes: accepted.length, rejets: rejected });
}

function check(school: School, event: Event, line: Line): Rejection | undefined {
  if (!event.apprenants.includes(line.idApprenant)) {
    return { code: 'APPRENANT_NON_INSCRIT', message: "Apprenant non inscrit à l'évènement" };
  }
  if (!statuses.has(line.statut)) return { code: 'STATUT_INVALIDE', message: 'Statut inconnu' };
  if (line.motif !== undefined && !school.state.motifs.some((motif) => motif.code === line.motif)) {
    return { code: 'MOTIF_INCONNU', message: "Motif d'absence inconnu" };
  }
  return undefined;
}

/** Only what was sent is kept, so that reading back shows the same list. */
function stripped(line: Line): Presence {
  const { idApprenant, statut, heureArrivee, heureDepart, motif, commentaire } = line;
  return {
    idApprenant,
    statut,
    ...(heureArrivee === undefined ? {} : { heureArrivee }),
    ...(heureDepart === undefined ? {} : { heureDepart }),
    ...(motif === undefined ? {} : { motif }),
    ...(commentaire === undefined ? {} : { commentaire }),
  };
}
