import { type FaultyServer, faultyServer } from './faulty-server.ts';

/** Just enough of Keycloak and Auriga to sign in, look a favourite up and run it page by page. */
export interface AurigaDouble extends FaultyServer {
  /** Cells in the documented order. */
  interventions: unknown[][];
  groups: unknown[][];
  /** Lines of a page, whatever was asked for. */
  cap: number;
}

export const interventionHeaders = [
  'ID',
  'Start',
  'End',
  'Educational Unit.Label',
  'Activity Type.Label',
  'Session (Description)',
  'Resource.Label',
  'Resource.Code',
  'Learner(s)',
  'Instructor(s)',
  'Group ID(s)',
];
export const groupHeaders = ['ID', 'Label', 'Code', 'Learner(s)'];

export function aurigaDouble(): AurigaDouble {
  const double: AurigaDouble = Object.assign(faultyServer(), { interventions: [], groups: [], cap: 2 });
  const { app } = double;
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(String(body))));
  });
  app.get('/realms/school/.well-known/openid-configuration', ({ host }) => {
    const issuer = `http://${host}/realms/school`;
    return { issuer, token_endpoint: `${issuer}/token`, end_session_endpoint: `${issuer}/logout` };
  });
  app.post('/realms/school/token', () => ({
    access_token: 'a-token',
    expires_in: 300,
    refresh_token: 'a-refresh-token',
    token_type: 'Bearer',
  }));
  app.post('/realms/school/logout', (_, reply) => reply.code(204).send());
  app.get('/api/menus', () => ({
    menus: [{ objects: [entry(945), entry(1198)] }, { objects: [{ menuEntryId: 227, queryId: null }] }],
  }));
  app.get<{ Params: { query: string } }>('/api/menuEntries/1144/query/:query', ({ params }) => ({
    queryDefinition: {
      queryId: Number(params.query),
      searchResultDefinition: { lang: 'fr', queryTitle: { fr: 'Émargement' } },
      searchResultGlobal: { timezone: 'Europe/Paris' },
    },
  }));
  app.post<{ Body: { queryId: number }; Querystring: Record<string, string> }>(
    '/api/menuEntries/1144/searchResult',
    ({ body, query }) => {
      const [headers, lines] =
        body.queryId === 945 ? [interventionHeaders, double.interventions] : [groupHeaders, double.groups];
      return page(headers, lines, Number(query['page']), double.cap);
    },
  );
  return double;
}

function entry(queryId: number) {
  return { menuEntryCode: 'APP_900', menuEntryId: 1144, queryId, formId: null };
}

function page(headers: readonly string[], lines: readonly unknown[][], number: number, size: number) {
  return {
    content: {
      columns: headers.map((label) => ({ path: 'Calculated', field: 'calculatedField', label: { en: label } })),
      lines: lines.slice((number - 1) * size, number * size),
    },
    totalPages: Math.ceil(lines.length / size),
  };
}

/** A line of the favourite "Interventions", by the headers of the set-up page. */
export function line(changes: Readonly<Record<string, unknown>> = {}): unknown[] {
  const cells: Record<string, unknown> = {
    ID: 115849,
    Start: '2026-11-03T08:30:00',
    End: '2026-11-03T11:30:00',
    'Educational Unit.Label': { fr: 'Éthique du numérique - ETHIX' },
    'Activity Type.Label': { en: 'Lectures', fr: 'Cours magistral' },
    'Session (Description)': 'Session from 08:30 to 11:30: English 3rd year S5',
    'Resource.Label': 'Classroom 210',
    'Resource.Code': 'C210',
    'Learner(s)': '1001/Martin/Zoé/zoe.martin@school.example',
    'Instructor(s)': '9001/Durand/Agnès/agnes.durand@school.example',
    'Group ID(s)': '546',
    ...changes,
  };
  return interventionHeaders.map((header) => cells[header]);
}

export function groupLine(changes: Readonly<Record<string, unknown>> = {}): unknown[] {
  const cells: Record<string, unknown> = {
    ID: 95101654,
    Label: { fr: 'Groupe TD 1' },
    Code: '2526_ING_ING1_S5_TLS',
    'Learner(s)': '16026415|13456',
    ...changes,
  };
  return groupHeaders.map((header) => cells[header]);
}
