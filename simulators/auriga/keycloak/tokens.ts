import { createPrivateKey, createPublicKey, generateKeyPairSync, randomUUID, sign } from 'node:crypto';

const { privateKey: pem } = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const key = createPrivateKey(pem);
const keyId = randomUUID();

/** The keys by which an application checks tokens, as the certificates endpoint gives them. */
export function publicKeys(): unknown {
  return { keys: [{ kid: keyId, alg: 'RS256', use: 'sig', ...createPublicKey(key).export({ format: 'jwk' }) }] };
}

/** A signed access token (JWT, RS256). */
export function accessToken(claims: Readonly<Record<string, unknown>>): string {
  const parts = [{ alg: 'RS256', typ: 'JWT', kid: keyId }, claims];
  const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${sign('RSA-SHA256', Buffer.from(text), key).toString('base64url')}`;
}

/** A refresh token: only its server can read it. */
export function refreshToken(): string {
  return `${randomUUID()}.${randomUUID()}`.replaceAll('-', '');
}
