/**
 * The ways out of a forward proxy: everything here lives on one machine, so that only the local port of a connection
 * tells who opened it, as the address would outside.
 */
export interface ProxyExits {
  /** Whether a connection from this port was opened by the proxy, and still is open. */
  has(port: number): boolean;
}
