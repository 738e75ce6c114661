import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface FakeProxy {
  port: number;
  /** What it was asked for: `CONNECT host:port` or `GET url`, with the credentials that came along. */
  asked: { line: string; authorization: string | undefined }[];
  openSockets(): number;
  close(): Promise<void>;
}

/** A forwarding HTTP proxy on loopback. Every name leads to 127.0.0.1, as only the proxy knows; `login` is `user:password`. */
export async function startProxy(login?: string): Promise<FakeProxy> {
  const asked: FakeProxy['asked'] = [];
  const sockets = new Set<Socket>();
  const expected = login === undefined ? undefined : `Basic ${Buffer.from(login).toString('base64')}`;
  const isWelcome = (line: string, authorization: string | undefined): boolean => {
    asked.push({ line, authorization });
    return expected === undefined || authorization === expected;
  };
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    if (!isWelcome(`${request.method} ${url}`, request.headers['proxy-authorization'])) {
      response.writeHead(407).end();
      return;
    }
    const { port, pathname } = new URL(url);
    const headers = { ...request.headers };
    delete headers['proxy-authorization'];
    const onward = httpRequest(
      { host: '127.0.0.1', port, path: pathname, method: request.method, headers },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('connect', (request, client: Socket) => {
    if (!isWelcome(`CONNECT ${request.url}`, request.headers['proxy-authorization'])) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const port = Number(/:(\d+)$/.exec(request.url ?? '')?.[1]);
    const onward = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n');
      onward.pipe(client);
      client.pipe(onward);
    });
    sockets.add(onward);
    onward.on('close', () => {
      sockets.delete(onward);
      client.destroy();
    });
    onward.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    client.on('close', () => onward.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    openSockets: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
