import axios from 'axios';
import type { Absence, AurigaState } from '../../../simulators/auriga/state.ts';
import type { JournalEntry } from '../../../simulators/kit/journal.ts';
import type { Running } from '../../../simulators/kit/server.ts';

/** What somebody at the school does to its Auriga and its Keycloak. */
export class Controls {
  readonly #url: string;

  constructor(server: Running) {
    this.#url = server.controlUrl;
  }

  /** A school without faults, as on its first day. */
  async reset(school: string): Promise<void> {
    await axios.delete(`${this.#url}/faults`);
    await this.edit({ edit: 'reset', school });
  }

  async edit(body: object): Promise<void> {
    await this.post('school', body);
  }

  async fault(rule: object): Promise<void> {
    await this.post('faults', rule);
  }

  async post(path: string, body: object = {}): Promise<void> {
    await axios.post(`${this.#url}/${path}`, body);
  }

  async setRealm(changes: object): Promise<void> {
    await axios.patch(`${this.#url}/keycloak`, changes);
  }

  async keycloak(): Promise<{ openSessions: number }> {
    return (await axios.get(`${this.#url}/keycloak`)).data;
  }

  async absences(): Promise<readonly Absence[]> {
    return (await axios.get<AurigaState>(`${this.#url}/state`)).data.absences;
  }

  async journal(): Promise<readonly JournalEntry[]> {
    return (await axios.get<{ entries: JournalEntry[] }>(`${this.#url}/journal`)).data.entries;
  }

  /** By which grant tokens were asked for, in order. */
  async tokenRequests(): Promise<string[]> {
    const asked = (await this.journal()).filter(({ path }) => path.endsWith('/token'));
    return asked.map(({ body }) => new Map(body as [string, string][]).get('grant_type') ?? '');
  }

  /** Requests that write absences. */
  async absenceWrites(): Promise<string[]> {
    const written = (await this.journal()).filter(({ method, path }) => method !== 'GET' && path.includes('/absences'));
    return written.map(({ method, status }) => `${method} ${status}`);
  }
}
