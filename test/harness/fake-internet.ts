import { createSocket } from 'node:dgram';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { MadeCertificate } from './certificates.ts';

/** How a fake host answers over HTTP. A handler is a behaviour of the test's own. */
type HttpBehaviour =
  | 'ok'
  | 'fail'
  | 'hang'
  | 'drip'
  | 'drip-headers'
  | 'redirect-for-ever'
  | 'gigabytes'
  | 'endless-headers'
  | 'endless-chunks'
  | 'cut-short'
  | 'reset'
  | 'not-http'
  | RequestListener;

export interface FakeHost {
  /** `http://127.0.0.1:port` or `https://…`. */
  url: string;
  port: number;
  /** Requests heard so far, oldest first. */
  heard: { method: string; path: string; headers: IncomingMessage['headers']; body: string }[];
  /** Connections open now. */
  openSockets(): number;
  behave(behaviour: HttpBehaviour): void;
  close(): Promise<void>;
}

interface FakeTcp {
  port: number;
  openSockets(): number;
  close(): Promise<void>;
}

interface FakeNames {
  /** `127.0.0.1:port`, for a resolver. */
  server: string;
  /** Questions heard: `A name`, `AAAA name`. */
  asked: string[];
  close(): Promise<void>;
}

/** Real servers on loopback, told to misbehave. close() ends all that were opened through it. */
export interface FakeInternet {
  http(behaviour?: HttpBehaviour): Promise<FakeHost>;
  https(certificate: MadeCertificate, behaviour?: HttpBehaviour): Promise<FakeHost>;
  tcp(onSocket: (socket: Socket) => void): Promise<FakeTcp>;
  /** A name server. `answers(name, type)` gives addresses, [] for none, undefined for a name that does not exist, 'silence' or 'fail'. */
  names(
    answers: (name: string, type: 'A' | 'AAAA') => readonly string[] | undefined | 'silence' | 'fail',
  ): Promise<FakeNames>;
  /** A loopback port where nothing listens. */
  closedPort(): Promise<number>;
  close(): Promise<void>;
}

/** Opens an internet of one's own. */
export function openFakeInternet(): FakeInternet {
  const open: (() => Promise<void>)[] = [];
  const remember = <T extends { close(): Promise<void> }>(made: T): T => {
    open.push(() => made.close());
    return made;
  };
  return {
    http: async (behaviour = 'ok') =>
      remember(await openHost('http', (listener) => createHttpServer(listener), behaviour)),
    https: async (certificate, behaviour = 'ok') =>
      remember(await openHost('https', (listener) => createHttpsServer(certificate, listener), behaviour)),
    tcp: async (onSocket) => remember(await openTcp(onSocket)),
    names: async (answers) => remember(await openNames(answers)),
    async closedPort() {
      const server = await openTcp(() => undefined);
      await server.close();
      return server.port;
    },
    async close() {
      await Promise.all(open.splice(0).map((close) => close()));
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const listening = (server: Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

/** Remembers the sockets of a server, so that closing it also ends those that hang. */
function trackSockets(server: Server): { sockets: Set<Socket>; close(): Promise<void> } {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  });
  return {
    sockets,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function openHost(
  scheme: 'http' | 'https',
  create: (listener: RequestListener) => Server,
  first: HttpBehaviour,
): Promise<FakeHost> {
  let behaviour = first;
  const heard: FakeHost['heard'] = [];
  const server = create((request, response) => {
    let body = '';
    request.on('data', (bytes: Buffer) => (body += bytes.toString()));
    request.on('end', () => {
      heard.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body });
      answer(behaviour, request, response);
    });
  });
  const { sockets, close } = trackSockets(server);
  await listening(server);
  const port = portOf(server);
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    port,
    heard,
    openSockets: () => sockets.size,
    behave: (next) => (behaviour = next),
    close,
  };
}

/** Calls `step` again and again until the response is gone. */
function repeat(response: ServerResponse, everyMs: number, step: () => void): void {
  const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : step()), everyMs);
  response.on('close', () => clearInterval(timer));
  step();
}

/** Writes as fast as the other side reads, without end. */
function flood(response: ServerResponse, piece: Buffer): void {
  const pour = (): void => {
    while (!response.destroyed && response.write(piece));
  };
  response.on('drain', pour);
  pour();
}

function answer(behaviour: HttpBehaviour, request: IncomingMessage, response: ServerResponse): void {
  if (typeof behaviour === 'function') return behaviour(request, response);
  const raw = response.socket;
  switch (behaviour) {
    case 'ok':
      response.setHeader('content-type', 'text/plain');
      response.end('all is well\n');
      return;
    case 'fail':
      response.statusCode = 503;
      response.end('the database is away\n');
      return;
    case 'hang':
      return;
    case 'drip':
      response.setHeader('content-length', '1000000');
      return repeat(response, 20, () => void response.write('.'));
    case 'drip-headers':
      raw?.write('HTTP/1.1 200 OK\r\n');
      return repeat(response, 20, () => void raw?.write('x'));
    case 'redirect-for-ever':
      response.writeHead(302, { location: `/${(request.url ?? '').length}${request.url}` });
      response.end();
      return;
    case 'gigabytes':
      response.setHeader('content-length', String(8 * 1024 ** 3));
      return flood(response, Buffer.alloc(65_536, 'x'));
    case 'endless-chunks':
      return flood(response, Buffer.alloc(65_536, 'x'));
    case 'endless-headers':
      raw?.write('HTTP/1.1 200 OK\r\n');
      return repeat(response, 1, () => void raw?.write(`x-filler: ${'y'.repeat(8000)}\r\n`));
    case 'cut-short':
      response.setHeader('content-length', '100');
      response.write('only this');
      setImmediate(() => raw?.end());
      return;
    case 'reset':
      raw?.resetAndDestroy();
      return;
    case 'not-http':
      raw?.end('220 mail.example.com ESMTP\r\n');
      return;
  }
}

async function openTcp(onSocket: (socket: Socket) => void): Promise<FakeTcp> {
  const server = createTcpServer((socket) => {
    onSocket(socket);
    // Nobody who does not read hears that the other side has hung up.
    if (socket.listenerCount('data') === 0) socket.resume();
  });
  const { sockets, close } = trackSockets(server);
  await listening(server);
  return { port: portOf(server), openSockets: () => sockets.size, close };
}

/** DNS over UDP for A and AAAA questions (RFC 1035, section 4). */
async function openNames(answers: Parameters<FakeInternet['names']>[0]): Promise<FakeNames> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (question, from) => {
    const labels: string[] = [];
    let at = 12;
    for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
      labels.push(question.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const type = question.readUInt16BE(at + 1) === 28 ? 'AAAA' : 'A';
    const name = labels.join('.');
    asked.push(`${type} ${name}`);
    const found = answers(name, type);
    if (found === 'silence') return;
    const records =
      typeof found === 'string' || found === undefined ? [] : found.map((address) => record(type, address));
    const header = Buffer.alloc(12);
    question.copy(header, 0, 0, 2);
    header.writeUInt16BE(0x8180 | (found === undefined ? 3 : found === 'fail' ? 2 : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records.length, 6);
    socket.send(Buffer.concat([header, question.subarray(12, at + 5), ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    server: `127.0.0.1:${socket.address().port}`,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

/** An answer record; an IPv6 address is written out in its eight groups. */
function record(type: 'A' | 'AAAA', address: string): Buffer {
  const groups = address.split(':').map((group) => group.padStart(4, '0'));
  const bytes = type === 'A' ? Buffer.from(address.split('.').map(Number)) : Buffer.from(groups.join(''), 'hex');
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(type === 'A' ? 1 : 28, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(1, 6);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, bytes]);
}
