import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { z } from 'zod';
import { RollcallError } from '../roster/errors.ts';
import { mayDo, roles } from '../roster/roles.ts';
import type { Database } from '../store/database.ts';
import { looksLikeToken, tokenHolder } from '../store/tokens.ts';

/** Whoever asks the codec server, and what they may ask. */
export interface CodecUser {
  /** For the log: the name of one of our tokens, or the opaque subject of a foreign one. */
  readonly name: string;
  readonly mayDecode: boolean;
  readonly mayEncode: boolean;
}

/** Says who holds a bearer token; undefined for one that is unknown, forged, revoked or has run out. */
export type CodecAccess = (token: string) => Promise<CodecUser | undefined>;

/** Where tokens of the organisation's own sign-in come from. */
export interface OidcSettings {
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
}

/** Our own tokens first, then those of the sign-in where one is set up. */
export function codecAccess(db: Database, oidc: OidcSettings | undefined): CodecAccess {
  const signIn = oidc === undefined ? undefined : oidcAccess(oidc);
  return async (token) => (looksLikeToken(token) ? ownAccess(db, token) : signIn?.(token));
}

/** Payloads are of every organisation: a token of one does not open them. */
async function ownAccess(db: Database, token: string): Promise<CodecUser | undefined> {
  const holder = await db.operator((tx) => tokenHolder(tx, token));
  if (holder === undefined) return undefined;
  const everywhere = holder.organisationId === null;
  return {
    name: holder.name,
    mayDecode: everywhere && mayDo(holder.role, 'payloads-decode'),
    mayEncode: everywhere && mayDo(holder.role, 'payloads-encode'),
  };
}

// Never a shared secret, and never "none": whoever can read our settings must not be able to make a token.
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];

/** The claim in which the sign-in says the roles of a person here. */
const claims = z.looseObject({
  sub: z.string().min(1),
  rollcall_roles: z.array(z.string()).catch([]),
});

function oidcAccess({ jwksUrl, issuer, audience }: OidcSettings): CodecAccess {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 5_000 });
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience,
        algorithms,
        requiredClaims: ['exp', 'sub'],
      });
      const { sub, rollcall_roles: said } = claims.parse(payload);
      const held = roles.filter((role) => said.includes(role));
      return {
        name: sub,
        mayDecode: held.some((role) => mayDo(role, 'payloads-decode')),
        mayEncode: held.some((role) => mayDo(role, 'payloads-encode')),
      };
    } catch (error) {
      if (isRefusal(error)) return undefined;
      throw new RollcallError('STORE_UNAVAILABLE', 'The keys of the sign-in could not be fetched.', { cause: error });
    }
  };
}

/** What is wrong with the token; that the keys could not be fetched is not its fault. */
function isRefusal(error: unknown): boolean {
  if (error instanceof z.ZodError) return true;
  return (
    error instanceof errors.JOSEError && !(error instanceof errors.JWKSTimeout) && error.code !== 'ERR_JOSE_GENERIC'
  );
}
