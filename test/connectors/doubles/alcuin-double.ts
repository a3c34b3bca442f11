import { type FaultyServer, faultyServer } from './faulty-server.ts';

export interface DoubleEvent {
  readonly [field: string]: unknown;
  readonly id?: unknown;
  readonly debut?: unknown;
}

/** Just enough of the assumed API to page through events and to take attendance. */
export interface AlcuinDouble extends FaultyServer {
  events: DoubleEvent[];
  /** Pages are cut to this size whatever was asked for. */
  cap: number;
  /** Rewrites a page before it is sent. */
  spoilPage: (page: Record<string, unknown>, number: number) => unknown;
  /** The answer to the next attendance list, instead of accepting it. */
  presencesAnswer: { status: number; body: unknown } | undefined;
}

export function alcuinDouble(): AlcuinDouble {
  const double: AlcuinDouble = Object.assign(faultyServer(), {
    events: [],
    cap: 2,
    spoilPage: (page: Record<string, unknown>) => page,
    presencesAnswer: undefined,
  });
  double.app.get<{ Querystring: Record<string, string> }>('/api/evenements', (request) => {
    const number = Number(request.query['numeroPage']);
    const size = Math.min(Number(request.query['taillePage']), double.cap);
    const contenu = double.events.slice((number - 1) * size, number * size);
    return double.spoilPage({ numeroPage: number, taillePage: size, nbTotal: double.events.length, contenu }, number);
  });
  double.app.put<{ Params: { id: string } }>('/api/evenements/:id/presences', (request, reply) => {
    const { status, body } = double.presencesAnswer ?? {
      status: 200,
      body: { idEvenement: request.params.id, acceptes: 1, rejets: [] },
    };
    reply.code(status).type('application/json').send(JSON.stringify(body));
  });
  return double;
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
