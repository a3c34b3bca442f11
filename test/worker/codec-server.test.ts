import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import axios from 'axios';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type Logger, pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../roster/roles.ts';
import { Database } from '../../store/database.ts';
import { newMasterKey, parseMasterKeys } from '../../store/envelope.ts';
import { issueToken, revokeTokens } from '../../store/tokens.ts';
import { codecAccess } from '../../worker/codec-access.ts';
import { type CodecServerOptions, codecServer } from '../../worker/codec-server.ts';
import { readCodecSettings } from '../../worker/codec-settings.ts';
import { SealingCodec } from '../../worker/payload-codec.ts';
import { asSuperuser, freshDatabase, type TestDatabase } from '../support/database.ts';
import { makeOrganisation } from '../support/organisation.ts';

const origin = 'https://temporal.school.example';
const codec = new SealingCodec(parseMasterKeys(newMasterKey('k1')));
const secret = { organisationId: 'the-organisation', runId: 'the-run' };

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

interface Wire {
  readonly metadata: Record<string, string>;
  readonly data?: string;
}

function toWire({ metadata, data }: Payload): Wire {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  const named = Object.entries(metadata ?? {}).map(([name, bytes]) => [name, text(bytes)]);
  return { metadata: Object.fromEntries(named), ...(data ? { data: text(data) } : {}) };
}

const plain = () => toWire(defaultPayloadConverter.toPayload(secret));
async function sealed(by = codec): Promise<Wire> {
  const [payload] = await by.encode([defaultPayloadConverter.toPayload(secret)]);
  return toWire(payload ?? {});
}
const jsonOf = (wire: Wire | undefined): unknown => JSON.parse(Buffer.from(wire?.data ?? '', 'base64').toString());

/** A codec server on a free port, over real HTTP, and everything it logged. */
async function serve(given: Partial<CodecServerOptions> = {}) {
  const lines: string[] = [];
  const log: Logger = pino({}, { write: (line: string) => void lines.push(line) });
  const access = codecAccess(database.db, undefined);
  const app = codecServer({ codec, namespace: 'default', origin, access, log, ...given });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  closing.push(() => app.close());
  const call = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    axios.post<{ payloads?: Wire[]; message?: string }>(`${url}${path}`, body, {
      headers: { 'content-type': 'application/json', 'x-namespace': 'default', ...headers },
      validateStatus: () => true,
    });
  return { url, call, lines };
}

async function token(role: Role, given: { name?: string; organisationId?: string | null } = {}): Promise<string> {
  return database.db.operator((tx) =>
    issueToken(tx, {
      name: given.name ?? role,
      role,
      organisationId: given.organisationId ?? null,
      issuedBy: 'test',
      expiresDays: null,
    }),
  );
}
const bearer = (text: string) => ({ authorization: `Bearer ${text}`, origin });

describe('the codec server with tokens', () => {
  it('opens payloads for an operator, and says who asked for how many, and nothing of what is in them', async () => {
    const { call, lines } = await serve();
    const answer = await call(
      '/decode',
      { payloads: [await sealed(), await sealed()] },
      bearer(await token('operator')),
    );
    expect(answer.status).toBe(200);
    expect(answer.data.payloads?.map(jsonOf)).toEqual([secret, secret]);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'cache-control': 'no-store',
    });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ who: 'operator', namespace: 'default', payloads: 2 });
    expect(lines.join()).not.toContain('the-run');
  });

  it.each(['/decode', '/encode'])('says nothing at %s without a token', async (path) => {
    const { call, lines } = await serve();
    const answer = await call(path, { payloads: [await sealed()] }, { origin });
    expect(answer).toMatchObject({ status: 401, data: { message: expect.stringContaining('token') } });
    expect(answer.data.payloads).toBeUndefined();
    expect(lines).toEqual([]);
  });

  it('refuses a token that is mistyped, unknown, revoked or has run out', async () => {
    const { call } = await serve();
    const body = { payloads: [await sealed()] };
    const good = await token('operator', { name: 'leaver' });
    expect((await call('/decode', body, bearer(good))).status).toBe(200);
    expect((await call('/decode', body, bearer(`${good.slice(0, -1)}!`))).status).toBe(401);
    await database.db.operator((tx) => revokeTokens(tx, 'leaver', 'test'));
    expect((await call('/decode', body, bearer(good))).status).toBe(401);
    const late = await token('support', { name: 'late' });
    await asSuperuser(database.url, (client) =>
      client.query(`update operator.token set expires_at = now() - interval '1 second' where name = 'late'`),
    );
    expect((await call('/decode', body, bearer(late))).status).toBe(401);
  });

  it('lets support read and not seal, and neither viewers nor the token of one organisation', async () => {
    const { call } = await serve();
    const body = { payloads: [await sealed()] };
    const support = bearer(await token('support'));
    expect((await call('/decode', body, support)).status).toBe(200);
    expect((await call('/encode', { payloads: [plain()] }, support)).status).toBe(403);
    for (const role of ['viewer', 'admin'] as const) {
      expect((await call('/decode', body, bearer(await token(role)))).status, role).toBe(403);
    }
    const { organisationId } = await makeOrganisation(database.db);
    const ofOne = bearer(await token('operator', { name: 'one', organisationId }));
    expect((await call('/decode', body, ofOne)).status).toBe(403);
  });

  it('seals for an operator what it opens again', async () => {
    const { call } = await serve();
    const operator = bearer(await token('operator'));
    const answer = await call('/encode', { payloads: [plain()] }, operator);
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer.data)).not.toContain(plain().data);
    const opened = await call('/decode', { payloads: answer.data.payloads }, operator);
    expect(opened.data.payloads?.map(jsonOf)).toEqual([secret]);
  });

  it('answers the page of one origin only, before it looks at anything else', async () => {
    const { call, url } = await serve();
    const operator = await token('operator');
    for (const strange of [
      'https://evil.example',
      `${origin}.evil.example`,
      'http://temporal.school.example',
      'null',
    ]) {
      const answer = await call('/decode', { payloads: [await sealed()] }, { ...bearer(operator), origin: strange });
      expect(answer.status, strange).toBe(403);
      expect(answer.headers['access-control-allow-origin'], strange).toBeUndefined();
    }
    const preflight = (from: string) =>
      axios.options(`${url}/decode`, { headers: { origin: from }, validateStatus: () => true });
    const allowed = await preflight(origin);
    expect(allowed.status).toBe(204);
    expect(allowed.headers).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': expect.stringMatching(/authorization.*x-namespace/),
    });
    const refused = await preflight('https://evil.example');
    expect(refused.status).toBe(403);
    expect(refused.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('opens payloads of its own namespace only', async () => {
    const { call } = await serve();
    const operator = bearer(await token('operator'));
    const body = { payloads: [await sealed()] };
    expect((await call('/decode', body, { ...operator, 'x-namespace': 'another' })).status).toBe(403);
    expect((await call('/decode', body, { ...operator, 'x-namespace': '' })).status).toBe(403);
  });

  it.each([
    ['no JSON', '{"payloads": ['],
    ['nothing', ''],
    ['another shape', { payload: [] }],
    ['data that is no base64', { payloads: [{ metadata: {}, data: '~~~' }] }],
    ['metadata that is no base64', { payloads: [{ metadata: { encoding: 'Ä' }, data: '' }] }],
    ['a number', 7],
  ])('refuses %s, and goes on', async (_, body) => {
    const { call } = await serve();
    const operator = bearer(await token('operator'));
    expect((await call('/decode', body, operator)).status).toBe(400);
    expect((await call('/decode', { payloads: [await sealed()] }, operator)).status).toBe(200);
  });

  it('gives back what was never sealed as it is, in its place', async () => {
    const { call } = await serve();
    const foreign = plain();
    const answer = await call('/decode', { payloads: [foreign, await sealed(), {}] }, bearer(await token('operator')));
    expect(answer.data.payloads).toEqual([foreign, plain(), { metadata: {} }]);
  });

  it('says that it cannot open what another key sealed or somebody altered', async () => {
    const { call } = await serve();
    const operator = bearer(await token('operator'));
    const stranger = await sealed(new SealingCodec(parseMasterKeys(newMasterKey('other'))));
    const { metadata, data } = await sealed();
    const altered = Buffer.from(data ?? '', 'base64');
    altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
    for (const payload of [stranger, { metadata, data: altered.toString('base64') }, { metadata }]) {
      expect(await call('/decode', { payloads: [payload] }, operator)).toMatchObject({
        status: 422,
        data: { message: expect.stringContaining('key') },
      });
    }
  });

  it('says that it cannot check tokens while the store does not answer', async () => {
    const nowhere = new Database('postgres://127.0.0.1:1/nothing', { maxConnections: 1 });
    closing.push(() => nowhere.close());
    const { call } = await serve({ access: codecAccess(nowhere, undefined) });
    const answer = await call('/decode', { payloads: [await sealed()] }, bearer(await token('operator')));
    expect(answer.status).toBe(503);
  });
});

describe('the codec server with a sign-in', () => {
  const issuer = 'https://login.school.example';
  const audience = 'rollcall-codec';

  /** A sign-in that shows its public key over HTTP, and makes tokens. */
  async function signIn() {
    const { publicKey, privateKey } = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' };
    const server = await listening((_, response) => {
      response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
    });
    const make = (
      claims: Record<string, unknown>,
      given: { expires?: string; audience?: string; issuer?: string } = {},
    ) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'one' })
        .setSubject('00u1')
        .setIssuedAt()
        .setIssuer(given.issuer ?? issuer)
        .setAudience(given.audience ?? audience)
        .setExpirationTime(given.expires ?? '5 minutes')
        .sign(privateKey);
    const oidc = { jwksUrl: server.url, issuer, audience };
    return { make, server, ...(await serve({ access: codecAccess(database.db, oidc) })) };
  }

  it('opens payloads for whoever it gives a role, and logs the opaque subject', async () => {
    const { make, call, lines } = await signIn();
    const body = { payloads: [await sealed()] };
    const answer = await call(
      '/decode',
      body,
      bearer(await make({ rollcall_roles: ['support'], email: 'a@b.example' })),
    );
    expect(answer.data.payloads?.map(jsonOf)).toEqual([secret]);
    expect(lines.join()).toContain('00u1');
    expect(lines.join()).not.toContain('a@b.example');
    expect(
      (await call('/encode', { payloads: [plain()] }, bearer(await make({ rollcall_roles: ['support'] })))).status,
    ).toBe(403);
    expect(
      (await call('/encode', { payloads: [plain()] }, bearer(await make({ rollcall_roles: ['operator'] })))).status,
    ).toBe(200);
  });

  it('refuses one that ran out, is for somebody else, or was signed by another', async () => {
    const { make, call } = await signIn();
    const body = { payloads: [await sealed()] };
    const roles = { rollcall_roles: ['operator'] };
    const tokens = {
      'ran out': await make(roles, { expires: '-1 minute' }),
      'another audience': await make(roles, { audience: 'another' }),
      'another issuer': await make(roles, { issuer: 'https://evil.example' }),
      'another key': await (await signIn()).make(roles),
      'a shared secret': await new SignJWT(roles)
        .setProtectedHeader({ alg: 'HS256' })
        .setSubject('00u1')
        .setIssuer(issuer)
        .setAudience(audience)
        .setExpirationTime('5 minutes')
        .sign(Buffer.from('a secret that is long enough to sign')),
      'no signature': `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{}').toString('base64url')}.`,
    };
    for (const [what, one] of Object.entries(tokens)) {
      expect((await call('/decode', body, bearer(one))).status, what).toBe(401);
    }
    expect((await call('/decode', body, bearer(await make({})))).status).toBe(403);
    expect((await call('/decode', body, bearer(await make(roles)))).status).toBe(200);
  });

  it('says so while the keys of the sign-in cannot be fetched', async () => {
    const { make, call, server } = await signIn();
    const one = await make({ rollcall_roles: ['operator'] });
    await server.close();
    expect((await call('/decode', { payloads: [await sealed()] }, bearer(one))).status).toBe(503);
  });
});

describe('the codec server on a developer’s machine', () => {
  const ui = 'http://127.0.0.1:8233';
  const local = () => serve({ access: undefined, origin: ui });

  it('asks for no token, under either name of this machine', async () => {
    const { call } = await local();
    const body = { payloads: [await sealed()] };
    for (const from of [ui, 'http://localhost:8233']) {
      const answer = await call('/decode', body, { origin: from });
      expect(answer.status, from).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBe(from);
    }
    expect((await call('/decode', body)).status).toBe(200);
    expect((await call('/decode', body, { origin: 'http://localhost:9999' })).status).toBe(403);
    expect((await call('/decode', body, { origin: 'https://evil.example' })).status).toBe(403);
  });

  it('is not fooled by a page whose own name points here', async () => {
    const { url } = await local();
    const sent = request(`${url}/decode`, { method: 'POST', headers: { host: 'evil.example' } });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(403);
  });

  it('listens nowhere else, and always names its page', () => {
    const env = { ROLLCALL_CODEC_ORIGIN: ui };
    expect(readCodecSettings(env, { local: true })).toMatchObject({ host: '127.0.0.1', port: 8234, origin: ui });
    const open = { ...env, ROLLCALL_CODEC_ADDRESS: '0.0.0.0:8234' };
    expect(() => readCodecSettings(open, { local: true })).toThrow(/of this machine/);
    expect(readCodecSettings(open, { local: false })).toMatchObject({ host: '0.0.0.0' });
    for (const bad of ['', '*', 'https://temporal.example/path', 'temporal.example']) {
      expect(() => readCodecSettings({ ROLLCALL_CODEC_ORIGIN: bad }, { local: true }), bad).toThrow(
        /ROLLCALL_CODEC_ORIGIN/,
      );
    }
    const half = { ...env, ROLLCALL_CODEC_ISSUER: 'https://login.example' };
    expect(() => readCodecSettings(half, { local: false })).toThrow(/all of/);
  });
});

async function listening(handler: (request: IncomingMessage, response: ServerResponse) => void) {
  const server: Server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  closing.push(close);
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}
