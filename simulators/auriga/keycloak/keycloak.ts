import { randomUUID } from 'node:crypto';
import { type Answer, json, withHeader } from '../../kit/answer.ts';
import type { Client, Realm, User } from './realm.ts';
import { accessToken, refreshToken } from './tokens.ts';

interface Session {
  readonly id: string;
  readonly username: string;
  readonly clientId: string;
  ended: boolean;
}

interface Refresh {
  readonly session: Session;
  /** Real time, milliseconds. */
  readonly expiresAt: number;
  /** When it was replaced by a newer one, for realms that rotate. */
  readonly issuedAt: number;
  uses: number;
}

/** The parameters of a form, in order: giving one twice is an error of its own. */
export type Form = readonly (readonly [string, string])[];

/** One realm with its sessions. Its time is real time: lifetimes are what the callers measure. */
export class Keycloak {
  realm: Realm;
  readonly #sessions = new Map<string, Session>();
  readonly #access = new Map<string, { session: Session; expiresAt: number }>();
  readonly #refresh = new Map<string, Refresh>();
  #issuer = '';

  constructor(realm: Realm) {
    this.realm = realm;
  }

  /** Where it is reached, without the prefix of its realms. */
  set origin(origin: string) {
    this.#issuer = origin;
  }

  get issuer(): string {
    return `${this.#issuer}${this.realm.prefix}/realms/${encodeURIComponent(this.realm.realm)}`;
  }

  get openSessions(): number {
    return [...this.#sessions.values()].filter((session) => !session.ended).length;
  }

  /** Whether an application should take this token. */
  isGood(token: string): boolean {
    const access = this.#access.get(token);
    return access !== undefined && !access.session.ended && Date.now() < access.expiresAt;
  }

  /** Every access token is as if it had expired. */
  expireAccess(): void {
    this.#access.clear();
  }

  endSessions(): void {
    for (const session of this.#sessions.values()) session.ended = true;
  }

  discovery(): Answer {
    const at = (path: string) => `${this.issuer}/protocol/openid-connect/${path}`;
    return json({
      issuer: this.issuer,
      authorization_endpoint: at('auth'),
      token_endpoint: at('token'),
      end_session_endpoint: at('logout'),
      jwks_uri: at('certs'),
      grant_types_supported: ['authorization_code', 'refresh_token', 'password', 'client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    });
  }

  /** The token endpoint. The order of its questions is Keycloak's own. */
  token(form: Form, authorization: string | undefined): Answer {
    const fields = new Map(form);
    if (this.realm.sslRequired) return refused(403, 'invalid_request', 'HTTPS required');
    if (!this.realm.enabled) return refused(403, 'access_denied', 'Realm not enabled');
    const grant = fields.get('grant_type');
    if (grant === undefined) return refused(400, 'invalid_request', 'Missing form parameter: grant_type');
    if (!['password', 'refresh_token'].includes(grant)) {
      return refused(400, 'unsupported_grant_type', 'Unsupported grant_type');
    }
    const client = this.#client(fields, authorization);
    if ('status' in client) return client;
    if (fields.size !== form.length) return refused(400, 'invalid_request', 'duplicated parameter');
    return grant === 'password' ? this.#password(client, fields) : this.#refreshed(client, fields);
  }

  /** Back-channel sign-out by refresh token. */
  logout(form: Form, authorization: string | undefined): Answer {
    const fields = new Map(form);
    const client = this.#client(fields, authorization);
    if ('status' in client) return client;
    const refresh = this.#refresh.get(fields.get('refresh_token') ?? '');
    if (refresh === undefined) return refused(400, 'invalid_grant', 'Invalid refresh token');
    refresh.session.ended = true;
    return { status: 204, headers: {}, body: { kind: 'bytes', bytes: Buffer.alloc(0), contentType: 'text/plain' } };
  }

  #client(fields: ReadonlyMap<string, string>, authorization: string | undefined): Client | Answer {
    const basic = basicOf(authorization);
    const id = fields.get('client_id') ?? basic?.id;
    const client = this.realm.clients.find(({ clientId }) => clientId === id);
    const words = 'Invalid client or Invalid client credentials';
    // One that is not named is as unknown as any other (26.4; older ones had words of its own for it).
    if (client === undefined || !client.enabled) return refused(401, 'invalid_client', words);
    const secret = fields.get('client_secret') ?? basic?.secret;
    return secret === client.secret ? client : refused(401, 'unauthorized_client', words);
  }

  #password(client: Client, fields: ReadonlyMap<string, string>): Answer {
    if (!client.directAccessGrantsEnabled) {
      return refused(400, 'unauthorized_client', 'Client not allowed for direct access grants');
    }
    if (client.consentRequired) return refused(400, 'invalid_client', 'Client requires user consent');
    const username = fields.get('username');
    if (username === undefined) return refused(401, 'invalid_request', 'Missing parameter: username');
    const user = this.realm.users.find((each) => each.username === username);
    const problem = userProblem(user, fields.get('password'), this.realm);
    if (problem !== undefined) return problem;
    const session: Session = { id: randomUUID(), username, clientId: client.clientId, ended: false };
    this.#sessions.set(session.id, session);
    return this.#issue(session);
  }

  #refreshed(client: Client, fields: ReadonlyMap<string, string>): Answer {
    const given = fields.get('refresh_token');
    if (given === undefined) return refused(400, 'invalid_request', 'No refresh token');
    const refresh = this.#refresh.get(given);
    if (refresh === undefined) return refused(400, 'invalid_grant', 'Invalid refresh token');
    if (Date.now() >= refresh.expiresAt) return refused(400, 'invalid_grant', 'Token is not active');
    if (refresh.session.ended) return refused(400, 'invalid_grant', 'Session not active');
    if (refresh.session.clientId !== client.clientId) {
      const words = "Invalid refresh token. Token client and authorized client don't match";
      return refused(400, 'invalid_grant', words);
    }
    refresh.uses += 1;
    if (this.realm.revokeRefreshToken && refresh.uses > this.realm.refreshTokenMaxReuse + 1) {
      // Somebody else may hold it: whoever has this session loses it.
      refresh.session.ended = true;
      return refused(400, 'invalid_grant', 'Maximum allowed refresh token reuse exceeded');
    }
    const user = this.realm.users.find(({ username }) => username === refresh.session.username);
    if (user?.enabled !== true) return refused(400, 'invalid_grant', 'User disabled');
    return this.#issue(refresh.session);
  }

  #issue(session: Session): Answer {
    const now = Date.now();
    const { accessTokenLifespan: life, ssoSessionIdleTimeout: idle } = this.realm;
    const iat = Math.floor(now / 1000);
    const claims = { iss: this.issuer, sub: session.username, azp: session.clientId, sid: session.id };
    const access = accessToken({ ...claims, iat, exp: iat + life, jti: randomUUID(), typ: 'Bearer' });
    this.#access.set(access, { session, expiresAt: now + life * 1000 });
    const token = refreshToken();
    if (this.realm.useRefreshTokens) {
      this.#refresh.set(token, { session, expiresAt: now + idle * 1000, issuedAt: now, uses: 0 });
    }
    return uncached(
      json({
        access_token: access,
        expires_in: life,
        ...(this.realm.useRefreshTokens ? { refresh_expires_in: idle, refresh_token: token } : {}),
        token_type: 'Bearer',
        'not-before-policy': 0,
        session_state: session.id,
        scope: 'profile email',
      }),
    );
  }
}

function userProblem(user: User | undefined, password: string | undefined, realm: Realm): Answer | undefined {
  if (user === undefined || user.password !== password) {
    return refused(realm.badPasswordStatus, 'invalid_grant', 'Invalid user credentials');
  }
  if (!user.enabled) return refused(400, 'invalid_grant', 'Account disabled');
  if (user.requiredActions.length > 0) return refused(400, 'invalid_grant', 'Account is not fully set up');
  return undefined;
}

export function refused(status: number, error: string, description?: string): Answer {
  return uncached(json({ error, ...(description === undefined ? {} : { error_description: description }) }, status));
}

function uncached(answer: Answer): Answer {
  return withHeader(withHeader(answer, 'cache-control', 'no-store'), 'pragma', 'no-cache');
}

function basicOf(authorization: string | undefined): { id: string; secret: string } | undefined {
  const coded = /^Basic (.+)$/i.exec(authorization ?? '')?.[1];
  if (coded === undefined) return undefined;
  const [id = '', ...rest] = Buffer.from(coded, 'base64').toString('utf8').split(':');
  return { id: decodeURIComponent(id), secret: decodeURIComponent(rest.join(':')) };
}
