import { Clock } from '../kit/clock.ts';
import { bodyOf } from '../kit/control.ts';
import type { ApiRequest, Manners } from '../kit/dispatch.ts';
import { FaultBook } from '../kit/faults.ts';
import { Journal } from '../kit/journal.ts';
import type { ProxyExits } from '../kit/proxy-exits.ts';
import { type Running, startServer } from '../kit/server.ts';
import { StateFile } from '../kit/state-file.ts';
import { Waits } from '../kit/waits.ts';
import { absenceRoutes } from './absences.ts';
import { editSchool } from './edits.ts';
import { answerInstead, aurigaFaults, distort, isLaterPage, statusAnswer } from './faults.ts';
import { Keycloak } from './keycloak/keycloak.ts';
import { type GivenRealm, type Realm, realmPatch, realmShape } from './keycloak/realm.ts';
import { keycloakRoutes } from './keycloak/routes.ts';
import { queryRoutes } from './queries.ts';
import { School } from './school.ts';
import { makeSchool, type SchoolName } from './schools/index.ts';
import { type AurigaState, stateShape } from './state.ts';
import { problem } from './wire.ts';

export interface AurigaOptions {
  /** 0 or absent takes a free port. */
  readonly port?: number | undefined;
  /** Password of the service account. */
  readonly password?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** What of the realm is not as usual. */
  readonly realm?: Partial<GivenRealm> | undefined;
  /** Folder for `auriga.json`; absent: memory only. */
  readonly stateDir?: string | undefined;
  /** School of a first start; a kept state wins over it. */
  readonly school?: SchoolName | undefined;
  /** Instant the business clock starts from; ignored when a clock is given. */
  readonly now?: string | undefined;
  /** A clock to share with another simulator. */
  readonly clock?: Clock | undefined;
  /** Ways out of the forward proxy, so that the journal can tell who came through it. */
  readonly exits?: ProxyExits | undefined;
  /** Hard limit of lines in a page, whatever the caller asks (assumed: 300). Small values make small schools page. */
  readonly pageCap?: number | undefined;
}

/** What a caller must know to sign in. */
export const demoAccount = {
  realm: 'npecole',
  clientId: 'edusign',
  clientSecret: 'auriga-client-demo',
  username: 'svc-edusign',
  password: 'auriga-demo',
} as const;

export interface AurigaRunning extends Running {
  /** As a school would configure it: where the realms are. */
  readonly keycloakUrl: string;
}

/** Starts the double of Auriga and of the Keycloak in front of it, on one port. `url` is the application's own address. */
export async function startAuriga(options: AurigaOptions = {}): Promise<AurigaRunning> {
  const clock = options.clock ?? new Clock(options.now);
  const file = new StateFile<AurigaState>(options.stateDir, 'auriga.json', (): AurigaState => school.state);
  const kept = file.load(stateShape);
  const school: School = new School(kept ?? makeSchool(options.school ?? 'one-lesson', clock.now()));
  if (kept === undefined) file.touch();

  const keycloak = new Keycloak(usualRealm(options));
  const shared = {
    journal: new QuietJournal(),
    faults: new FaultBook(aurigaFaults, { isLaterPage }),
    waits: new Waits(),
  };
  const manners: Manners = {
    ...shared,
    exits: options.exits,
    authorise: ({ path, authorization }) => {
      if (!path.startsWith('/api/')) return undefined;
      const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1];
      return token !== undefined && keycloak.isGood(token)
        ? undefined
        : problem(401, path, 'Full authentication is required');
    },
    slowDown: () => 0,
    answerInstead,
    distort,
    statusAnswer,
  };

  const running = await startServer(
    {
      manners,
      controls: {
        ...shared,
        clock,
        state: () => school.state,
        edit: (body) => editSchool(school, clock, body),
        setSecret: (password) => {
          keycloak.realm = {
            ...keycloak.realm,
            users: keycloak.realm.users.map((user) =>
              user.username === demoAccount.username ? { ...user, password } : user,
            ),
          };
        },
        touch: () => file.touch(),
      },
      routes: [...keycloakRoutes(keycloak), ...queryRoutes(school, options.pageCap ?? 300), ...absenceRoutes(school)],
      unknown: ({ path }) => problem(404, path, 'No message available'),
      unreadable: ({ path }) => problem(400, path, 'JSON parse error'),
      addMore: (app) => {
        app.get('/__control/keycloak', () => ({ ...keycloak.realm, openSessions: keycloak.openSessions }));
        app.patch('/__control/keycloak', (request) => {
          keycloak.realm = realmShape.parse({ ...keycloak.realm, ...realmPatch.parse(bodyOf(request)) });
          return keycloak.realm;
        });
        app.post('/__control/keycloak/expire-access', () => {
          keycloak.expireAccess();
          return { ok: true };
        });
        app.post('/__control/keycloak/end-sessions', () => {
          keycloak.endSessions();
          return { ok: true };
        });
      },
      flush: () => file.flush(),
    },
    options.port ?? 0,
    '',
  );
  keycloak.origin = running.url;
  return { ...running, keycloakUrl: `${running.url}${keycloak.realm.prefix}` };
}

function usualRealm({ realm, clientSecret, password }: AurigaOptions): Realm {
  const { clientId, username } = demoAccount;
  return realmShape.parse({
    realm: demoAccount.realm,
    clients: [{ clientId, secret: clientSecret ?? demoAccount.clientSecret }],
    users: [{ username, password: password ?? demoAccount.password }],
    ...realm,
  });
}

/** Forms hold secrets, which a journal does not keep. */
class QuietJournal extends Journal {
  override open(request: Pick<ApiRequest, 'method' | 'path' | 'query' | 'body' | 'throughProxy'>) {
    const secret = ['password', 'client_secret', 'refresh_token'];
    const isForm = request.path.includes('/protocol/openid-connect/') && Array.isArray(request.body);
    const form = isForm ? (request.body as [string, string][]) : [];
    const body = isForm ? form.map(([name, value]) => [name, secret.includes(name) ? '…' : value]) : request.body;
    return super.open({ ...request, body });
  }
}
