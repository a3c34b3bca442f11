/** What a pasted address says: where Keycloak's realms are, and which realm it names, if it names one. */
export interface KeycloakAddress {
  /** Without a slash at its end: realms are at `<base>/realms/…`. */
  readonly base: string;
  readonly realm: string | undefined;
}

/**
 * Reads the "SSO authentication login URL", of which people paste anything from the host to the whole address of the login
 * page. A prefix such as `/auth` is kept where there is one and never added: which of the two a server has, only it can
 * say. Undefined when it is no http(s) address, or holds a password.
 */
export function readKeycloakAddress(pasted: string): KeycloakAddress | undefined {
  const text = pasted.trim();
  const absolute = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `https://${text}`;
  if (text === '' || !URL.canParse(absolute)) return undefined;
  const url = new URL(absolute);
  if (!/^https?:$/.test(url.protocol) || url.username + url.password !== '') return undefined;
  const [path = '', named = ''] = splitAtRealms(url.pathname);
  return { base: `${url.origin}${path.replace(/\/+$/, '')}`, realm: decoded(named.split('/')[0] ?? '') };
}

function splitAtRealms(path: string): string[] {
  // `…/realms` at the very end names no realm, and is no part of the prefix either.
  const at = `${path}/`.indexOf('/realms/');
  return at < 0 ? [path] : [path.slice(0, at), path.slice(at + '/realms/'.length)];
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment) || undefined;
  } catch {
    return segment;
  }
}

/** The issuer of a realm, below which all its endpoints are. */
export function realmUrl(base: string, realm: string): string {
  return `${base}/realms/${encodeURIComponent(realm)}`;
}

/** The other place where older and newer servers keep their realms. */
export function otherBase(base: string): string {
  return base.endsWith('/auth') ? base.slice(0, -'/auth'.length) : `${base}/auth`;
}
