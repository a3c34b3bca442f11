import { type FaultyServer, faultyServer } from './faulty-server.ts';

export interface DoubleEvent {
  readonly [field: string]: unknown;
  readonly id?: unknown;
  readonly debut?: unknown;
}

/** Just enough of the assumed API to page through lists, to count directories, and to take attendance. */
export interface AlcuinDouble extends FaultyServer {
  events: DoubleEvent[];
  /** What `ping` says. */
  ping: unknown;
  /** The directories there are, with what they list. */
  people: Record<string, unknown[]>;
  groups: Record<string, unknown[]>;
  /** Pages are cut to this size whatever was asked for. */
  cap: number;
  /** Rewrites a page before it is sent. */
  spoilPage: (page: Record<string, unknown>, number: number, url: string) => unknown;
  /** The answer to the next attendance list, instead of accepting it. */
  presencesAnswer: { status: number; body: unknown } | undefined;
  /** What reading an attendance list gives: what was written last, until a test says otherwise. */
  held: unknown;
}

export function alcuinDouble(): AlcuinDouble {
  const double: AlcuinDouble = Object.assign(faultyServer(), {
    events: [],
    ping: { version: '1.0', fuseau: 'Europe/Paris' },
    people: {},
    groups: {},
    cap: 2,
    spoilPage: (page: Record<string, unknown>) => page,
    presencesAnswer: undefined,
    held: undefined,
  });
  double.app.get('/api/ping', (_, reply) => reply.send(JSON.stringify(double.ping)));
  serveLists(double);
  servePresences(double);
  return double;
}

function serveLists(double: AlcuinDouble): void {
  const page = (items: readonly unknown[], query: Record<string, string>, url: string) => {
    const number = Number(query['numeroPage']);
    const size = Math.min(Number(query['taillePage']), double.cap);
    const contenu = items.slice((number - 1) * size, number * size);
    return double.spoilPage({ numeroPage: number, taillePage: size, nbTotal: items.length, contenu }, number, url);
  };
  double.app.get<{ Querystring: Record<string, string> }>('/api/evenements', ({ query, url }) => {
    const { dateDebut = '', dateFin = '' } = query;
    const asked = double.events.filter((event) => {
      const day = dayOf(event);
      return day === '' || (dateDebut <= day && day <= dateFin);
    });
    return page(asked, query, url);
  });
  for (const [what, lists] of [
    ['personnes', () => double.people],
    ['groupes', () => double.groups],
  ] as const) {
    double.app.get<{ Querystring: Record<string, string>; Params: { id: string } }>(
      `/api/annuaires/:id/${what}`,
      ({ query, params, url }, reply) => {
        const items = lists()[params.id];
        if (items === undefined) return reply.code(404).send({ code: 'ANNUAIRE_INCONNU', message: 'Annuaire inconnu' });
        return page(items, query, url);
      },
    );
  }
}

/** `YYYYMMDD` of an event that starts on a readable day; one that does not is in every range. */
function dayOf({ debut }: DoubleEvent): string {
  const text = String(debut);
  const agenda = /^(\d{2})\/(\d{2})\/(\d{4})/.exec(text);
  if (agenda !== null) return `${agenda[3]}${agenda[2]}${agenda[1]}`;
  return /^\d{4}-\d{2}-\d{2}/.exec(text)?.[0].replaceAll('-', '') ?? '';
}

function servePresences(double: AlcuinDouble): void {
  const path = '/api/evenements/:id/presences';
  double.app.put<{ Params: { id: string } }>(path, (request, reply) => {
    const { status, body } = double.presencesAnswer ?? {
      status: 200,
      body: { idEvenement: request.params.id, acceptes: 1, rejets: [] },
    };
    if (status === 200) double.held = request.body;
    reply.code(status).type('application/json').send(JSON.stringify(body));
  });
  double.app.get(path, (_, reply) => {
    if (double.held === undefined) return reply.code(404).send({ code: 'EVENEMENT_INCONNU', message: 'Inconnu' });
    return reply.type('application/json').send(JSON.stringify(double.held));
  });
}

export const teacher = {
  id: 9001,
  idAnnuaire: 4,
  nom: 'Durand',
  prenom: 'Agnès',
  email: 'agnes.durand@school.example',
};
export const learner = {
  id: 1001,
  idAnnuaire: 2,
  nom: 'Martin',
  prenom: 'Zoé',
  email: 'zoe.martin@school.example',
  telephone: '06 00 00 00 01',
};

/** A plain event; a test changes what it is about. */
export function event(changes: DoubleEvent = {}): DoubleEvent {
  return {
    id: 501,
    nom: 'Cours - Algèbre',
    type: 'COU',
    etat: 'ACT',
    debut: '2026-11-03T08:30:00+01:00',
    fin: '2026-11-03T10:00:00+01:00',
    formateurs: [teacher],
    apprenants: [learner],
    groupes: [],
    ressources: [{ id: 7, nom: 'B 204', type: 'SAL' }],
    projets: [],
    ...changes,
  };
}

/** A group as its directory lists it. */
export function group(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { id: 71, idAnnuaire: 5, nom: 'CL_L1 A', apprenants: [1001, 1002], ...changes };
}
