import { RollcallError } from '../roster/errors.ts';
import { hostAndPort, isThisMachine } from './address.ts';
import type { OidcSettings } from './codec-access.ts';

/** How the codec server is reached, and by whom. */
export interface CodecSettings {
  readonly host: string;
  readonly port: number;
  readonly origin: string;
  readonly oidc: OidcSettings | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * ROLLCALL_CODEC_ADDRESS (host:port), ROLLCALL_CODEC_ORIGIN, and for tokens of a sign-in ROLLCALL_CODEC_JWKS_URL, _ISSUER and
 * _AUDIENCE, all three or none. Without tokens, in local mode, it listens on this machine only.
 */
export function readCodecSettings(env: Environment, options: { local: boolean }): CodecSettings {
  const { host, port } = hostAndPort('ROLLCALL_CODEC_ADDRESS', env['ROLLCALL_CODEC_ADDRESS'] || '127.0.0.1:8234');
  if (options.local && !isThisMachine(host)) {
    throw wrong(
      'In local mode nobody is asked for a token: ROLLCALL_CODEC_ADDRESS must be of this machine (127.0.0.1).',
    );
  }
  const origin = env['ROLLCALL_CODEC_ORIGIN'] ?? '';
  if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
    throw wrong('Set ROLLCALL_CODEC_ORIGIN to the Temporal UI as a browser names it: scheme, host and port, no path.');
  }
  return { host, port, origin, oidc: oidcOf(env) };
}

function oidcOf(env: Environment): OidcSettings | undefined {
  const [jwksUrl, issuer, audience] = ['JWKS_URL', 'ISSUER', 'AUDIENCE'].map(
    (name) => env[`ROLLCALL_CODEC_${name}`] || undefined,
  );
  if (jwksUrl === undefined && issuer === undefined && audience === undefined) return undefined;
  if (jwksUrl === undefined || issuer === undefined || audience === undefined) {
    throw wrong('Set all of ROLLCALL_CODEC_JWKS_URL, ROLLCALL_CODEC_ISSUER and ROLLCALL_CODEC_AUDIENCE, or none.');
  }
  if (!URL.canParse(jwksUrl)) throw wrong('ROLLCALL_CODEC_JWKS_URL is not an address.');
  return { jwksUrl, issuer, audience };
}

function wrong(message: string): RollcallError {
  return new RollcallError('STORE_UNAVAILABLE', message);
}
