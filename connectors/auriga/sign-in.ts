import * as oauth from 'oauth4webapi';
import { z } from 'zod';
import type { Access } from '../../roster/contracts.ts';
import type { RollcallError } from '../../roster/errors.ts';
import { type HttpAnswer, type HttpClient, HttpFailure } from '../http.ts';
import { signInRateClass } from './auriga-wire.ts';
import { answerInvalid, asSourceError, settingWrong, statusError } from './errors.ts';
import { readJson } from './json.ts';
import { otherBase, readKeycloakAddress, realmUrl } from './keycloak-address.ts';
import { type AccountSettings, accountSettings } from './options.ts';
import { isSignInAnswer, signInRefusal } from './sign-in-errors.ts';

/** What the realm says of itself; the rest is not needed. */
const discoveryShape = z.looseObject({
  issuer: z.string(),
  token_endpoint: z.url(),
  end_session_endpoint: z.url().optional(),
});
type Found = z.infer<typeof discoveryShape>;
export type Realm = oauth.AuthorizationServer;

/** Monotonic milliseconds: a corrected clock must not make a token look fresh. */
export type Monotonic = () => number;

interface Session {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** When the access token is renewed, and until when the refresh token can be used. */
  readonly renewAt: number;
  readonly refreshUntil: number;
}

/** Renewed when less than this is left: of a short life ten seconds, of a long one a tenth. */
const leastMarginMs = 10_000;
const marginShare = 0.1;

/**
 * Signs in at the school's Keycloak with the account's name and password, and keeps one access token fresh. There is one
 * for each opened connection: whoever needs a token meanwhile waits for the same renewal, since a rotated refresh token that
 * is used twice would end the session.
 */
export class SignIn {
  readonly #settings: AccountSettings;
  /** Where the realms are. */
  readonly #base: string;
  readonly #access: Access;
  readonly #http: HttpClient;
  readonly #now: Monotonic;
  #realm: Promise<Realm> | undefined;
  #session: Session | undefined;
  #renewing: Promise<Session> | undefined;
  #refused: RollcallError | undefined;

  constructor(access: Access, http: HttpClient, now: Monotonic = () => performance.now()) {
    this.#settings = accountSettings.parse(access.settings);
    this.#base = readKeycloakAddress(this.#settings.keycloakUrl)?.base ?? '';
    this.#access = access;
    this.#http = http;
    this.#now = now;
  }

  /** A token that holds for a while yet. */
  async token(): Promise<string> {
    if (this.#session !== undefined && this.#now() < this.#session.renewAt) return this.#session.accessToken;
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined;
    });
    return (await this.#renewing).accessToken;
  }

  /** A token was refused although it should hold: the next one is a new one. */
  drop(token: string): void {
    if (this.#session?.accessToken === token) this.#session = { ...this.#session, renewAt: Number.NEGATIVE_INFINITY };
  }

  /** Ends the session at the server, so that sessions do not pile up there. It is a courtesy: no failure of it matters. */
  async signOut(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session?.refreshToken === undefined) return;
    try {
      const { end_session_endpoint: endpoint } = await this.realm();
      if (endpoint === undefined) return;
      const form = new URLSearchParams({
        client_id: this.#settings.clientId,
        client_secret: this.#access.secrets['clientSecret'] ?? '',
        refresh_token: session.refreshToken,
      });
      await this.#http.send({ method: 'POST', url: new URL(endpoint), headers, form, rateClass: signInRateClass });
    } catch {
      // The session ends by itself after its idle time.
    }
  }

  /** What the realm says of itself, asked for once. */
  realm(): Promise<Realm> {
    this.#realm ??= this.#discover().catch((error: unknown) => {
      this.#realm = undefined;
      throw error;
    });
    return this.#realm;
  }

  get host(): string {
    return new URL(this.#base).host;
  }

  async #discover(): Promise<Realm> {
    const base = this.#base;
    const { realm } = this.#settings;
    const answer = await this.#lookAt(base);
    if (answer.status === 404) throw await this.#realmUnknown(answer);
    if (answer.status !== 200) throw statusError(answer, this.host, 'The single sign-on');
    const found = readJson(answer.body, discoveryShape);
    if (found === undefined) {
      throw answerInvalid(`The single sign-on at ${this.host} answered with something else than its description.`, {
        host: this.host,
      });
    }
    if (found.issuer !== realmUrl(base, realm)) throw this.#elsewhere(found.issuer);
    // The secret goes there: not to a third host that a page names.
    const endpoints = [found.token_endpoint, found.end_session_endpoint ?? found.token_endpoint];
    if (endpoints.some((endpoint) => new URL(endpoint).origin !== new URL(base).origin)) {
      throw settingWrong(
        `The single sign-on at ${this.host} sends its callers to another host. Nothing was sent there.`,
      );
    }
    return realmOf(found);
  }

  /** Older servers keep their realms below `/auth`, newer ones do not: the other place is looked at once. */
  async #realmUnknown(answer: HttpAnswer): Promise<RollcallError> {
    const base = this.#base;
    const { realm } = this.#settings;
    const other = otherBase(base);
    const there = await this.#lookAt(other);
    const facts = { host: this.host, status: answer.status };
    if (there.status === 200 && readJson(there.body, discoveryShape)?.issuer === realmUrl(other, realm)) {
      return settingWrong(`keycloakUrl should be ${other}: the realm "${realm}" is there.`, facts);
    }
    return settingWrong(`The single sign-on at ${this.host} knows no realm "${realm}".`, facts);
  }

  #elsewhere(issuer: string): RollcallError {
    const told = URL.canParse(issuer) ? new URL(issuer) : undefined;
    const base = told === undefined ? '' : `${told.origin}${told.pathname.replace(/\/realms\/[^/]*$/, '')}`;
    return settingWrong(
      `The single sign-on at ${this.host} says that its address is another: keycloakUrl should be ${base}.`,
      {
        host: this.host,
      },
    );
  }

  async #lookAt(base: string): Promise<HttpAnswer> {
    const url = new URL(`${realmUrl(base, this.#settings.realm)}/.well-known/openid-configuration`);
    try {
      return await this.#http.send({ method: 'GET', url, headers, rateClass: signInRateClass });
    } catch (error) {
      throw asSourceError(error, 'The single sign-on');
    }
  }

  async #renew(): Promise<Session> {
    // A wrong password that is tried again may lock the account.
    if (this.#refused !== undefined) throw this.#refused;
    const realm = await this.realm();
    this.#session = (await this.#refreshed(realm)) ?? (await this.#signedIn(realm));
    return this.#session;
  }

  /** Whatever keeps a refresh from working, the password still may. */
  async #refreshed(realm: Realm): Promise<Session | undefined> {
    const refreshToken = this.#session?.refreshToken;
    if (refreshToken === undefined || this.#now() >= (this.#session?.refreshUntil ?? 0)) return undefined;
    try {
      return await this.#grant(
        (client, secret, options) => oauth.refreshTokenGrantRequest(realm, client, secret, refreshToken, options),
        (client, response) => oauth.processRefreshTokenResponse(realm, client, response),
        refreshToken,
      );
    } catch (error) {
      if (this.#access.signal.aborted || !isSignInAnswer(error)) throw error;
      return undefined;
    }
  }

  async #signedIn(realm: Realm): Promise<Session> {
    const { username } = this.#settings;
    const password = this.#access.secrets['password'] ?? '';
    try {
      return await this.#grant(
        (client, secret, options) =>
          oauth.genericTokenEndpointRequest(realm, client, secret, 'password', { username, password }, options),
        (client, response) => oauth.processGenericTokenEndpointResponse(realm, client, response),
        undefined,
      );
    } catch (error) {
      const problem = signInRefusal(error, this.host);
      if (problem.code === 'SOURCE_AUTH_REFUSED') this.#refused = problem;
      throw problem;
    }
  }

  async #grant(
    ask: (client: oauth.Client, secret: oauth.ClientAuth, options: AskOptions) => Promise<Response>,
    read: (client: oauth.Client, response: Response) => Promise<oauth.TokenEndpointResponse>,
    formerRefreshToken: string | undefined,
  ): Promise<Session> {
    const client = { client_id: this.#settings.clientId };
    const secret = oauth.ClientSecretPost(this.#access.secrets['clientSecret'] ?? '');
    let answer: HttpAnswer | undefined;
    const options: AskOptions = {
      // Whether plain http is fit for a school's own network is for who writes the address to say.
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: async (address, { body }) => {
        const url = new URL(address);
        answer = await this.#http.send({ method: 'POST', url, headers, form: body, rateClass: signInRateClass });
        return toResponse(answer);
      },
    };
    // Taken before the request, so that whatever it takes is off the token's life.
    const askedAt = this.#now();
    try {
      const said = await read(client, await ask(client, secret, options));
      return sessionOf(said, askedAt, formerRefreshToken);
    } catch (error) {
      if (error instanceof HttpFailure) throw asSourceError(error, 'The single sign-on');
      throw answer === undefined || error instanceof oauth.ResponseBodyError ? error : unreadable(answer, this.host);
    }
  }
}

function realmOf({ issuer, token_endpoint, end_session_endpoint }: Found): Realm {
  return { issuer, token_endpoint, ...(end_session_endpoint === undefined ? {} : { end_session_endpoint }) };
}

const headers = { Accept: 'application/json' };

interface AskOptions {
  readonly [oauth.allowInsecureRequests]: true;
  readonly [oauth.customFetch]: (
    url: string,
    options: oauth.CustomFetchOptions<'POST', URLSearchParams>,
  ) => Promise<Response>;
}

/** What the library reads: our own client sends, so that no request goes past the network guard or the proxy. */
function toResponse({ status, mediaType, body }: HttpAnswer): Response {
  const isBare = status === 204 || status === 205 || status === 304;
  return new Response(isBare ? null : Buffer.from(body), {
    status: Math.max(200, status),
    headers: mediaType === '' ? {} : { 'Content-Type': mediaType },
  });
}

/** An answer that is neither a token nor a refusal in OAuth's words. A bare 401 says nothing about the password. */
function unreadable(answer: HttpAnswer, host: string): RollcallError {
  if (answer.status === 200) {
    return answerInvalid(`The single sign-on at ${host} answered to a sign-in with something else.`, { host });
  }
  return statusError(answer.status === 401 ? { ...answer, status: 403 } : answer, host, 'The single sign-on');
}

function sessionOf(said: oauth.TokenEndpointResponse, askedAt: number, former: string | undefined): Session {
  const life = (said.expires_in ?? 0) * 1000;
  const refreshLife = said['refresh_expires_in'];
  const ends = typeof refreshLife === 'number' && refreshLife > 0;
  return {
    accessToken: said.access_token,
    // An answer without one leaves the former in use.
    refreshToken: said.refresh_token ?? former,
    renewAt: askedAt + life - Math.max(leastMarginMs, life * marginShare),
    // None, or 0, is one that does not expire.
    refreshUntil: ends ? askedAt + refreshLife * 1000 : Number.POSITIVE_INFINITY,
  };
}
