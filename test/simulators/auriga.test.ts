import axios, { type AxiosInstance } from 'axios';
import { expect, it, onTestFinished } from 'vitest';
import { type AurigaOptions, demoAccount, startAuriga } from '../../simulators/auriga/server.ts';
import { folder } from './support.ts';

const { realm, clientId, clientSecret, username, password } = demoAccount;

/** A started one, signed in. */
async function signedIn(options: AurigaOptions = {}): Promise<{
  api: AxiosInstance;
  control: AxiosInstance;
  close: () => Promise<void>;
}> {
  const server = await startAuriga(options);
  onTestFinished(() => server.close());
  const form = { grant_type: 'password', client_id: clientId, client_secret: clientSecret, username, password };
  const token = `${server.keycloakUrl}/realms/${realm}/protocol/openid-connect/token`;
  const { data } = await axios.post(token, new URLSearchParams(form));
  const common = { validateStatus: () => true, proxy: false } as const;
  const headers = { Authorization: `Bearer ${data.access_token}` };
  return {
    api: axios.create({ ...common, baseURL: `${server.url}/api`, headers }),
    control: axios.create({ ...common, baseURL: server.controlUrl }),
    close: server.close,
  };
}

async function favourite(api: AxiosInstance, queryId = 945) {
  const { data } = await api.get(`/menuEntries/1144/query/${queryId}`);
  return data.queryDefinition as { queryId: number; searchResultDefinition: { lang: string } };
}

const search = '/menuEntries/1144/searchResult';

it('lets nobody in without a token of its Keycloak', async () => {
  const { api } = await signedIn();
  expect((await api.get('/menus')).status).toBe(200);
  for (const Authorization of ['', 'Bearer x']) {
    const { status, data } = await api.get('/menus', { headers: { Authorization } });
    expect({ status, path: data.path }).toEqual({ status: 401, path: '/api/menus' });
  }
});

it('turns pages that count from 1, and repeats an intervention for each unit and room', async () => {
  const { api } = await signedIn({ school: 'small-class', now: '2026-11-02T06:00:00Z', pageCap: 7 });
  const definition = await favourite(api);
  const lines: unknown[][] = [];
  let columns: { field: string }[] = [];
  for (let page = 1, pages = 1; page <= pages; page += 1) {
    const { data } = await api.post(search, definition, { params: { page, size: 100 } });
    pages = data.totalPages;
    columns = data.content.columns;
    lines.push(...data.content.lines);
  }
  const ids = lines.map((line) => line[columns.findIndex(({ field }) => field === 'id')]);
  expect(new Set(ids).size).toBe(16);
  // Two interventions with two units and two rooms each.
  expect(ids).toHaveLength(16 + 2 * 3);
  expect((await api.post(search, definition, { params: { page: 0 } })).status).toBe(400);
});

it('answers in the language that the definition asks for', async () => {
  const { api } = await signedIn({ school: 'small-class', now: '2026-11-02T06:00:00Z' });
  const definition = await favourite(api);
  const roomsIn = async (lang: string) => {
    const asked = { ...definition, searchResultDefinition: { ...definition.searchResultDefinition, lang } };
    const { data } = await api.post(search, asked);
    const at = data.content.columns.findIndex(({ path, field }: { path: string; field: string }) => {
      return path.endsWith('resource') && field === 'caption';
    });
    return new Set(data.content.lines.map((line: unknown[]) => line[at]));
  };
  expect(await roomsIn('fr')).toEqual(new Set(['Amphi Aurore', 'Salle 102', null]));
  expect(await roomsIn('en')).toEqual(new Set(['Dawn lecture hall', 'Room 204', null]));
});

it('knows no favourite under another menu entry', async () => {
  const { api } = await signedIn();
  expect((await api.get('/menuEntries/1/query/945')).data).toMatchObject({ status: 404, error: 'Not Found' });
  expect((await api.post('/menuEntries/1/searchResult', await favourite(api))).status).toBe(404);
});

it('keeps absences over a restart, and lets nobody write one twice', async () => {
  const stateDir = folder();
  const absence = {
    externalCode: 'a-1',
    intervention: { id: 115849 },
    person: { id: 16026415 },
    absenceReason: { id: 41 },
    startDateTime: '2026-11-03T08:00:00Z',
    endDateTime: '2026-11-03T09:30:00Z',
    justified: true,
    comment: '',
  };
  const first = await signedIn({ stateDir });
  const { status, data } = await first.api.post('/absences', absence);
  expect(status).toBe(201);
  await first.close();
  const { api } = await signedIn({ stateDir });
  expect(await api.post('/absences', absence)).toMatchObject({ status: 409, data: { id: data.id } });
  const found = await api.get('/absences', { params: { externalCode: 'a-1' } });
  expect(found.data).toMatchObject({ content: [{ id: data.id, justified: true }], totalPages: 1 });
  expect((await api.get('/absenceReasons')).data.content).toHaveLength(3);
});

it('keeps no secret in its journal', async () => {
  const { control } = await signedIn();
  const { data } = await control.get('/journal');
  expect(data.total).toBe(1);
  expect(JSON.stringify(data)).not.toMatch(new RegExp(`${password}|${clientSecret}`));
});
