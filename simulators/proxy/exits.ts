import type { Socket } from 'node:net';
import type { ProxyExits } from '../kit/proxy-exits.ts';

/** Connections that the proxy has opened. They are known before the first byte is sent through them. */
export class OpenExits implements ProxyExits {
  readonly #ports = new Set<number>();
  readonly #sockets = new Set<Socket>();

  has(port: number): boolean {
    return this.#ports.has(port);
  }

  /** Counts a connection from the moment it stands until it is gone. */
  watch(socket: Socket): void {
    this.#sockets.add(socket);
    let port: number | undefined;
    socket.once('connect', () => {
      port = socket.localPort;
      if (port !== undefined) this.#ports.add(port);
    });
    socket.once('close', () => {
      this.#sockets.delete(socket);
      if (port !== undefined) this.#ports.delete(port);
    });
  }

  closeAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
