import { promises as dns, type LookupAddress, type LookupOptions } from 'node:dns';
import http from 'node:http';
import https from 'node:https';
import ipaddr from 'ipaddr.js';
import { RollcallError } from '../roster/errors.ts';

/** Finds the addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>;

export interface Agents {
  readonly http: http.Agent;
  readonly https: http.Agent;
}

/** Public addresses that only answer from inside a cloud: its metadata and control service. */
const metadataAddresses = new Set(['168.63.129.16']);

/** IPv6 addresses in public use; everything outside, such as the old IPv4-compatible block, is not. */
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');

/** An idle connection is dropped before most servers drop it, so that a request rarely meets a dead one. */
const idleSocketMs = 4_000;

/** Whether an address is one that anybody on the internet could reach. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  if (parsed instanceof ipaddr.IPv6) return parsed.match(globalUnicast);
  return !metadataAddresses.has(parsed.toString());
}

/**
 * The agents to reach a URL with: open ones where the operator allowed the host, else guarded ones, which judge the
 * address a host name resolves to at the moment of connecting. Refuses what can be refused by the URL alone.
 */
export function agentsFor(url: URL, allowHosts: readonly string[], guarded: Agents = sharedGuarded): Agents {
  return judgeUrl(url, allowHosts) === 'allowed' ? sharedOpen : guarded;
}

/**
 * Judges a URL that a forward proxy will connect to in our place: refuses a name that leads into our own network as seen
 * from here. A name that only the proxy can resolve is let through; the proxy's own rules guard what lies behind it.
 */
export async function judgeForProxy(
  url: URL,
  allowHosts: readonly string[],
  resolve: Resolve = resolveByDns,
): Promise<void> {
  const host = bareHost(url);
  if (judgeUrl(url, allowHosts) === 'allowed' || ipaddr.isValid(host)) return;
  const addresses = await soon(
    resolve(host).catch(() => []),
    [],
  );
  if (!addresses.every(({ address }) => isPublicAddress(address))) throw notAllowed(host);
}

/** What the URL alone says: the host was allowed by the operator, or its address is to be judged when connecting. */
function judgeUrl(url: URL, allowHosts: readonly string[]): 'allowed' | 'to-judge' {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new RollcallError('HOST_NOT_ALLOWED', 'Only http and https addresses may be reached.');
  }
  if (isAllowed(url, allowHosts)) return 'allowed';
  const host = bareHost(url);
  // Node connects to a literal address without a look-up, so the agents would never get to judge it.
  if (ipaddr.isValid(host) && !isPublicAddress(host)) throw notAllowed(host);
  return 'to-judge';
}

/** Behind a firewall a look-up may get no answer at all; after this long the name counts as unknown here. */
const lookupMs = 2_000;

async function soon<T>(work: Promise<T>, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((done) => {
    timer = setTimeout(() => done(otherwise), lookupMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Agents that keep connections alive and never open one to an address inside our own network. */
export function guardedAgents(resolve: Resolve = resolveByDns): Agents {
  return agents({ lookup: guardedLookup(resolve) });
}

const sharedGuarded = guardedAgents();
const sharedOpen = agents({});

function agents(options: http.AgentOptions): Agents {
  const all = { keepAlive: true, timeout: idleSocketMs, ...options };
  return { http: new http.Agent(all), https: new https.Agent(all) };
}

type LookupCallback = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

function guardedLookup(resolve: Resolve) {
  return (hostname: string, options: LookupOptions, callback: LookupCallback): void => {
    resolve(hostname).then(
      (addresses) => {
        const first = addresses[0];
        if (first === undefined) return callback(new Error('The host name has no address.'), '');
        // One forbidden address among public ones is enough: which of them is connected to is not ours to choose.
        if (!addresses.every(({ address }) => isPublicAddress(address))) return callback(notAllowed(hostname), '');
        return options.all === true ? callback(null, [...addresses]) : callback(null, first.address, first.family);
      },
      (error: Error) => callback(error, ''),
    );
  };
}

function resolveByDns(hostname: string): Promise<LookupAddress[]> {
  return dns.lookup(hostname, { all: true });
}

/** An allowed host is written as `host`, or as `host:port` to allow that port only. */
function isAllowed(url: URL, allowHosts: readonly string[]): boolean {
  const host = canonical(bareHost(url));
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return allowHosts.some((allowed) => [host, `${host}:${port}`].includes(canonical(allowed)));
}

function canonical(host: string): string {
  return host.toLowerCase().replace(/\.$/, '');
}

/** The host of a URL without the brackets of an IPv6 address. */
function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function notAllowed(host: string): RollcallError {
  return new RollcallError('HOST_NOT_ALLOWED', `The host ${host} lies in our own network.`, { facts: { host } });
}
