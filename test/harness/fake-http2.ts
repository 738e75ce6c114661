import {
  createSecureServer,
  createServer,
  type Http2Server,
  type Http2SecureServer,
  type ServerHttp2Stream,
} from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { MadeCertificate } from './certificates.ts';

export interface FakeHttp2 {
  port: number;
  openSockets(): number;
  close(): Promise<void>;
}

/** A real HTTP/2 server on loopback: over TLS with a certificate, with prior knowledge without one. */
export async function startHttp2(
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  certificate?: MadeCertificate,
): Promise<FakeHttp2> {
  const server: Http2Server | Http2SecureServer = certificate ? createSecureServer(certificate) : createServer();
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('sessionError', () => undefined);
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => undefined);
    onStream(stream, headers);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    openSockets: () => sockets.size,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
