import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** What is asked for, as far as a ready answer depends on it. */
export interface QuickRequest {
  method: string;
  url: string;
  acceptEncoding: string | undefined;
  ifNoneMatch: string | undefined;
}

/** The same object for the same answer: what it looks like on the wire is made once a second and shared. */
export interface ReadyAnswer {
  status: 200 | 304;
  /** Name, value, name, value …; without `date` and what concerns the connection. */
  rawHeaders: readonly string[];
  body: Buffer | undefined;
}

export interface QuickDoor {
  /** The ready answer; undefined when the request is somebody else's. */
  answer(request: QuickRequest): ReadyAnswer | undefined;
  /** Epoch milliseconds, for `date`. */
  now(): number;
}

const idleMs = 10_000;
/** A reader that takes nothing of its answer for so long gives its socket back. */
const stuckMs = 120_000;
const longestHead = 8_192;

/**
 * Puts a door before Node's HTTP server that answers what is ready with bytes that are ready: measured here, a request through Node's parser, request
 * and response objects costs three times as much. The door knows one kind of request only: GET or HEAD of HTTP/1.1, whole in one piece, without a
 * body, with one Host. Whatever is not plainly that, or has no ready answer, goes on to Node's server with all its bytes, and stays there; so there
 * is nothing that the door and the server could read differently.
 */
export function addQuickDoor(server: Server, door: QuickDoor): { closeIdle(): void; closeAll(): void } {
  const [accept] = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  if (accept === undefined) throw new Error('an HTTP server takes connections');
  const inside = new Set<Socket>();
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    inside.add(socket);
    socket.setTimeout(idleMs);
    const leave = (): void => {
      inside.delete(socket);
      socket.off('data', take).off('error', end).off('timeout', end).off('close', end).off('drain', goOn);
    };
    const end = (): void => {
      leave();
      socket.destroy();
    };
    let waiting = '';
    const handOver = (bytes: string): void => {
      leave();
      socket.setTimeout(0);
      socket.pause();
      socket.unshift(Buffer.from(bytes, 'latin1'));
      accept.call(server, socket);
      queueMicrotask(() => socket.resume());
    };
    const goOn = (): void => {
      socket.setTimeout(idleMs);
      socket.resume();
      if (waiting !== '') serve();
    };
    const take = (chunk: Buffer): void => {
      waiting += chunk.toString('latin1');
      serve();
    };
    const serve = (): void => {
      while (waiting !== '') {
        const length = waiting.indexOf('\r\n\r\n') + 4;
        const request = length < 4 || length > longestHead ? undefined : readRequest(waiting, length);
        const answer = request && door.answer(request);
        if (request === undefined || answer === undefined) return handOver(waiting);
        waiting = waiting.slice(length);
        const isTaken = socket.write(bytesOf(answer, request.isLast, door.now()));
        if (request.isLast) {
          waiting = '';
          socket.off('data', take);
          socket.setTimeout(stuckMs);
          socket.end();
          socket.resume();
          return;
        }
        if (!isTaken) {
          socket.setTimeout(stuckMs);
          socket.pause();
          return;
        }
      }
    };
    socket.on('data', take).on('error', end).on('timeout', end).on('close', end).on('drain', goOn);
  });
  const close = (sockets: Iterable<Socket>): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    closeIdle: () => close([...inside].filter((socket) => socket.writableLength === 0)),
    closeAll: () => close([...inside]),
  };
}

const requestLine = /^(GET|HEAD) (\/[!-~]*) HTTP\/1\.1$/;
const headerLine = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t -~\x80-\xff]*)$/;

/** Undefined for every request that is not plainly of the one kind. */
function readRequest(text: string, length: number): (QuickRequest & { isLast: boolean }) | undefined {
  const lines = text.slice(0, length - 4).split('\r\n');
  const [, method, url] = requestLine.exec(lines[0] ?? '') ?? [];
  if (method === undefined || url === undefined) return undefined;
  const found: Partial<Record<string, string>> = {};
  for (let index = 1; index < lines.length; index++) {
    const [, written = '', value = ''] = headerLine.exec(lines[index] ?? '') ?? [];
    if (written === '') return undefined;
    const name = written.toLowerCase();
    if (elsewhere.has(name)) return undefined;
    if (!wanted.has(name)) continue;
    if (found[name] !== undefined) return undefined;
    found[name] = value.trimEnd();
  }
  const connection = found['connection']?.toLowerCase();
  const isKnown = connection === undefined || connection === 'keep-alive' || connection === 'close';
  if (found['host'] === undefined || !isKnown) return undefined;
  return {
    method,
    url,
    acceptEncoding: found['accept-encoding'],
    ifNoneMatch: found['if-none-match'],
    isLast: connection === 'close',
  };
}

const wanted = new Set(['host', 'accept-encoding', 'if-none-match', 'connection']);
/** What brings a body, asks for another protocol, or for something before the answer. */
const elsewhere = new Set([
  'content-length',
  'transfer-encoding',
  'expect',
  'upgrade',
  'te',
  'trailer',
  'http2-settings',
]);

interface Wire {
  second: number;
  kept: Buffer;
  last: Buffer | undefined;
}
const wires = new WeakMap<ReadyAnswer, Wire>();

function bytesOf(answer: ReadyAnswer, isLast: boolean, now: number): Buffer {
  const second = Math.floor(now / 1000);
  let wire = wires.get(answer);
  if (wire?.second !== second) {
    wire = { second, kept: wireOf(answer, 'keep-alive', now), last: undefined };
    wires.set(answer, wire);
  }
  return isLast ? (wire.last ??= wireOf(answer, 'close', now)) : wire.kept;
}

function wireOf({ status, rawHeaders, body }: ReadyAnswer, connection: string, now: number): Buffer {
  let head = `HTTP/1.1 ${status === 200 ? '200 OK' : '304 Not Modified'}\r\n`;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    head += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`;
  }
  head += `date: ${new Date(now).toUTCString()}\r\nconnection: ${connection}\r\n\r\n`;
  return body === undefined ? Buffer.from(head, 'latin1') : Buffer.concat([Buffer.from(head, 'latin1'), body]);
}
