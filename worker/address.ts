import { RollcallError } from '../roster/errors.ts';

/** An address to listen on; the port may be 0 for a free one. */
export function hostAndPort(name: string, text: string): { host: string; port: number } {
  const [, host, port] = /^(\[[0-9a-f:]+\]|[^:\s]+):(\d{1,5})$/i.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) {
    throw new RollcallError('STORE_UNAVAILABLE', `${name} is not HOST:PORT, as in 127.0.0.1:9464.`);
  }
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

/** Whether a host name is this machine's own, which nobody else reaches. */
export function isThisMachine(host: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]', '::1'].includes(host);
}
