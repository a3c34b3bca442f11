import http from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';

/** A request as the proxy saw it: of a tunnel only where it leads. */
export interface Passed {
  readonly method: string;
  readonly target: string;
  readonly authorization: string;
}

/** A real forward proxy on a port of its own. It resolves every name to this machine. */
export interface ForwardProxyDouble {
  readonly passed: Passed[];
  /** `user:password` it asks for; none when empty. */
  credentials: string;
  /** `silent` takes a request and never answers; a number refuses it with that status. */
  mood: 'open' | 'silent' | number;
  listen(): Promise<string>;
  close(): Promise<void>;
}

export function forwardProxy(): ForwardProxyDouble {
  const sockets = new Set<Socket>();
  const server = http.createServer();
  const double: ForwardProxyDouble = {
    passed: [],
    credentials: '',
    mood: 'open',
    listen: () =>
      new Promise((done) => {
        server.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
      }),
    close: () =>
      new Promise((done) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => done());
      }),
  };
  server.on('connection', (socket) => keep(sockets, socket));
  server.on('request', (request, response) => {
    const status = judge(double, request);
    if (status === 'silent') return;
    if (status !== 200) return response.writeHead(status).end('The proxy says no.');
    const { hostname, port, pathname, search } = new URL(request.url ?? '');
    const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = request.headers;
    const onward = http.request({ host: '127.0.0.1', port, path: pathname + search, method: request.method, headers });
    onward.setHeader('x-proxied-for', hostname);
    onward.on('error', () => response.destroy());
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    });
    return request.pipe(onward);
  });
  server.on('connect', (request, client: Socket, head) => {
    const status = judge(double, request);
    if (status === 'silent') return;
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 3\r\n\r\nNo.`);
      return;
    }
    const port = Number(request.url?.split(':').at(-1));
    const onward = net.connect({ host: '127.0.0.1', port }, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.write(head);
      onward.pipe(client).pipe(onward);
    });
    keep(sockets, onward);
    client.on('error', () => onward.destroy()).on('close', () => onward.destroy());
    onward.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  });
  return double;
}

function judge(double: ForwardProxyDouble, request: http.IncomingMessage): number | 'silent' {
  const authorization = request.headers['proxy-authorization'] ?? '';
  double.passed.push({ method: request.method ?? '', target: request.url ?? '', authorization });
  const wanted = `Basic ${Buffer.from(double.credentials).toString('base64')}`;
  if (double.credentials !== '' && authorization !== wanted) return 407;
  return double.mood === 'open' ? 200 : double.mood;
}

function keep(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
}
