import axios from 'axios';
import { beforeAll, describe, expect, it } from 'vitest';
import { SignIn } from '../../connectors/auriga/sign-in.ts';
import { guardedHttp } from '../../connectors/http.ts';
import { RollcallError } from '../../roster/errors.ts';
import { failureOf, testAccess } from '../connectors/doubles/access.ts';
import { eventually } from '../simulators/support.ts';
import { realms, secrets } from './realms.ts';

/** A server with the realms of the tests, whoever it is. */
export interface Place {
  /** Where a realm's server has its realms: the prefix included, no slash at the end. */
  readonly baseOf: (realm: string) => string;
}

type Form = Readonly<Record<string, string>>;

const client = { client_id: 'edusign', client_secret: secrets.client };
const svc = { grant_type: 'password', username: 'svc', password: secrets.password };
const badClient = 'Invalid client or Invalid client credentials';

/** What one POST to the token endpoint is refused with. */
const refusals: [string, Form | string, number, string, string][] = [
  ['no grant', { ...client }, 400, 'invalid_request', 'Missing form parameter: grant_type'],
  ['an unknown grant', { ...client, grant_type: 'magic' }, 400, 'unsupported_grant_type', 'Unsupported grant_type'],
  [
    'a parameter twice',
    `${new URLSearchParams({ ...client, ...svc })}&username=svc`,
    400,
    'invalid_request',
    'duplicated parameter',
  ],
  ['no client', { ...svc }, 401, 'invalid_client', badClient],
  ['an unknown client', { ...svc, ...client, client_id: 'nobody' }, 401, 'invalid_client', badClient],
  ['a wrong secret', { ...svc, ...client, client_secret: 'wrong' }, 401, 'unauthorized_client', badClient],
  ['no secret', { ...svc, client_id: 'edusign' }, 401, 'unauthorized_client', badClient],
  [
    'a client without direct access grants',
    { ...svc, ...client, client_id: 'no-grants' },
    400,
    'unauthorized_client',
    'Client not allowed for direct access grants',
  ],
  [
    'a client that asks for consent',
    { ...svc, ...client, client_id: 'asks-consent' },
    400,
    'invalid_client',
    'Client requires user consent',
  ],
  ['a wrong password', { ...svc, ...client, password: 'wrong' }, 401, 'invalid_grant', 'Invalid user credentials'],
  ['an unknown user', { ...svc, ...client, username: 'nobody' }, 401, 'invalid_grant', 'Invalid user credentials'],
  ['a disabled user', { ...svc, ...client, username: 'disabled' }, 400, 'invalid_grant', 'Account disabled'],
  [
    'an account not fully set up',
    { ...svc, ...client, username: 'half' },
    400,
    'invalid_grant',
    'Account is not fully set up',
  ],
  [
    'no user',
    { grant_type: 'password', password: 'x', ...client },
    401,
    'invalid_request',
    'Missing parameter: username',
  ],
  ['no refresh token', { grant_type: 'refresh_token', ...client }, 400, 'invalid_request', 'No refresh token'],
  [
    'a refresh token that is none',
    { grant_type: 'refresh_token', refresh_token: 'garbage', ...client },
    400,
    'invalid_grant',
    'Invalid refresh token',
  ],
];

/** The same questions to a real Keycloak and to its double: where they differ, the double is wrong. */
export function signInSuite(open: () => Promise<Place>): void {
  let place: Place;
  beforeAll(async () => {
    place = await open();
  });

  const at = (realm: string, path: string) => `${place.baseOf(realm)}/realms/${realm}/${path}`;
  const post = (realm: string, what: string, form: Form | string, headers: Form = {}) =>
    axios.post(
      at(realm, `protocol/openid-connect/${what}`),
      String(typeof form === 'string' ? form : new URLSearchParams(form)),
      {
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
        validateStatus: () => true,
        proxy: false,
      },
    );
  const token = (form: Form | string, realm = 'school', headers: Form = {}) => post(realm, 'token', form, headers);
  const signedIn = async (realm = 'school') =>
    (await token({ ...svc, ...client }, realm)).data as Record<string, unknown>;
  const refresh = (given: unknown, realm = 'school', by: Form = client) =>
    token({ grant_type: 'refresh_token', refresh_token: String(given), ...by }, realm);

  describe('the token endpoint', () => {
    it('gives tokens for a name and a password, and forbids to keep them', async () => {
      const { status, data, headers } = await token({ ...svc, ...client });
      expect(status).toBe(200);
      expect(data).toMatchObject({
        access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
        expires_in: expect.any(Number),
        refresh_expires_in: expect.any(Number),
        refresh_token: expect.any(String),
        token_type: 'Bearer',
        'not-before-policy': 0,
        session_state: expect.any(String),
        scope: expect.any(String),
      });
      // A slow server counts the seconds that it took itself.
      for (const [told, life] of [
        [data.expires_in, realms.school.accessTokenLifespan],
        [data.refresh_expires_in, realms.school.ssoSessionIdleTimeout],
      ]) {
        expect(told).toBeGreaterThan(life - 20);
        expect(told).toBeLessThanOrEqual(life);
      }
      expect(headers).toMatchObject({ 'cache-control': 'no-store', pragma: 'no-cache' });
    });

    it('takes the client from HTTP Basic as well', async () => {
      const Authorization = `Basic ${Buffer.from(`edusign:${secrets.client}`).toString('base64')}`;
      expect((await token(svc, 'school', { Authorization })).status).toBe(200);
    });

    it.each(refusals)('refuses %s', async (_, form, status, error, description) => {
      const answer = await token(form);
      expect({ status: answer.status, ...answer.data }).toEqual({ status, error, error_description: description });
    });

    it('knows no realm by another name', async () => {
      const base = place.baseOf('school');
      const address = `${base}/realms/nowhere/protocol/openid-connect/token`;
      const { status, data } = await axios.post(address, '', { validateStatus: () => true, proxy: false });
      expect({ status, error: data.error }).toEqual({ status: 404, error: 'Realm does not exist' });
    });

    it('refuses everybody of a realm that is switched off', async () => {
      const { status, data } = await token({ ...svc, ...client }, 'closed');
      expect({ status, ...data }).toEqual({
        status: 403,
        error: 'access_denied',
        error_description: 'Realm not enabled',
      });
    });

    it('renews a token, and without rotation takes the same refresh token again', async () => {
      const { refresh_token: first } = await signedIn();
      for (const _ of [1, 2]) expect((await refresh(first)).status).toBe(200);
    });

    it("refuses another client's refresh token", async () => {
      const { refresh_token: first } = await signedIn();
      const answer = await refresh(first, 'school', { ...client, client_id: 'other' });
      expect({ status: answer.status, ...answer.data }).toEqual({
        status: 400,
        error: 'invalid_grant',
        error_description: "Invalid refresh token. Token client and authorized client don't match",
      });
    });

    it('refuses a refresh token after the sign-out', async () => {
      const { refresh_token: first } = await signedIn();
      expect((await post('school', 'logout', { ...client, refresh_token: String(first) })).status).toBe(204);
      const answer = await refresh(first);
      expect({ status: answer.status, ...answer.data }).toEqual({
        status: 400,
        error: 'invalid_grant',
        error_description: 'Session not active',
      });
    });

    it('refuses a refresh token that has expired', async () => {
      const { refresh_token: first } = await signedIn('brief');
      await eventually(async () => {
        const answer = await refresh(first, 'brief');
        expect({ status: answer.status, ...answer.data }).toEqual({
          status: 400,
          error: 'invalid_grant',
          error_description: 'Token is not active',
        });
      });
    });

    it('refuses a rotated token, and ends its session', async () => {
      const { refresh_token: first } = await signedIn('rotating');
      const second = await refresh(first, 'rotating');
      expect(second.status).toBe(200);
      expect(second.data.refresh_token).not.toBe(first);
      const again = await refresh(first, 'rotating');
      expect({ status: again.status, ...again.data }).toEqual({
        status: 400,
        error: 'invalid_grant',
        error_description: 'Maximum allowed refresh token reuse exceeded',
      });
      expect((await refresh(second.data.refresh_token, 'rotating')).data).toMatchObject({ error: 'invalid_grant' });
    });
  });

  describe('our sign-in', () => {
    const signIn = (changes: Readonly<Record<string, unknown>> = {}, given: Form = {}, now?: () => number) => {
      const realm = String(changes['realm'] ?? 'school');
      const settings = {
        url: place.baseOf('school'),
        keycloakUrl: place.baseOf(realm),
        realm,
        clientId: 'edusign',
        username: 'svc',
        ...changes,
      };
      const access = testAccess({
        settings,
        secrets: { password: secrets.password, clientSecret: secrets.client, ...given },
      });
      return new SignIn(access, guardedHttp(access), now);
    };

    it('keeps a token while it is fresh, and renews it in time', async () => {
      let now = 0;
      const session = signIn({}, {}, () => now);
      const first = await session.token();
      expect(await session.token()).toBe(first);
      // Ten seconds before its end; a slow server takes off what it needed itself.
      now = (realms.school.accessTokenLifespan - 30) * 1_000;
      expect(await session.token()).toBe(first);
      now = (realms.school.accessTokenLifespan - 10) * 1_000;
      expect(await session.token()).not.toBe(first);
      await session.signOut();
    });

    it.each(['school', 'rotating'] as const)('shares one renewal among all who wait for it: %s', async (realm) => {
      const session = signIn({ realm });
      const tokens = await Promise.all([session.token(), session.token(), session.token()]);
      expect(new Set(tokens).size).toBe(1);
      session.drop(tokens[0]);
      const renewed = await Promise.all([session.token(), session.token(), session.token()]);
      expect(new Set([...renewed, ...tokens]).size).toBe(2);
      await session.signOut();
    });

    it('signs in by password when the refresh token has expired', async () => {
      const session = signIn({ realm: 'brief' });
      const { refresh_token: other } = await signedIn('brief');
      const first = await session.token();
      await eventually(async () => expect((await refresh(other, 'brief')).status).toBe(400));
      expect(await session.token()).not.toBe(first);
    });

    it.each([
      ['a wrong secret', {}, { clientSecret: 'wrong' }, 'SOURCE_AUTH_REFUSED', 'client'],
      ['an unknown client', { clientId: 'nobody' }, {}, 'SOURCE_AUTH_REFUSED', 'client'],
      ['no direct grants', { clientId: 'no-grants' }, {}, 'SOURCE_AUTH_REFUSED', 'client'],
      ['a wrong password', {}, { password: 'wrong' }, 'SOURCE_AUTH_REFUSED', 'account'],
      ['a disabled user', { username: 'disabled' }, {}, 'SOURCE_AUTH_REFUSED', 'account'],
      ['an account not fully set up', { username: 'half' }, {}, 'SOURCE_AUTH_REFUSED', 'account'],
    ] as const)('tells %s apart, tries it once and repeats no secret', async (_, settings, given, code, subject) => {
      const session = signIn(settings, given);
      const error = await failureOf(session.token());
      expect(error).toBeInstanceOf(RollcallError);
      expect(error).toMatchObject({ code, facts: { subject } });
      expect(`${(error as Error).stack} ${JSON.stringify(error)}`).not.toMatch(/client-secret-7|pass word/);
      // The very same error: nothing was asked again.
      expect(await failureOf(session.token())).toBe(error);
    });

    it('names a realm that is not there, and one that is switched off', async () => {
      const keycloakUrl = place.baseOf('school');
      expect(await failureOf(signIn({ realm: 'nowhere', keycloakUrl }).token())).toMatchObject({
        code: 'SOURCE_SETTING_WRONG',
        message: expect.stringContaining('knows no realm "nowhere"'),
      });
      const closed = await failureOf(signIn({ realm: 'closed' }).token());
      expect(closed).toMatchObject({ code: expect.stringMatching(/^SOURCE_(SETTING_WRONG|FORBIDDEN)$/) });
    });

    it('says the address with or without /auth, whichever is right', async () => {
      const right = place.baseOf('school');
      const wrong = right.endsWith('/auth') ? right.slice(0, -'/auth'.length) : `${right}/auth`;
      expect(await failureOf(signIn({ keycloakUrl: wrong }).token())).toMatchObject({
        code: 'SOURCE_SETTING_WRONG',
        message: expect.stringContaining(`keycloakUrl should be ${right}:`),
      });
    });

    it('reads the whole address of the login page', async () => {
      const pasted = `${place.baseOf('school')}/realms/school/protocol/openid-connect/auth?client_id=np-front&state=1#x`;
      expect(await signIn({ keycloakUrl: pasted }).token()).toMatch(/\./);
    });
  });
}
