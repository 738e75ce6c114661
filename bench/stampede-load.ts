import { connect, type Socket } from 'node:net';

// A load generator of its own, in a process of its own: `node bench/stampede-load.ts '{"port":…}'`. It counts the bytes of answers instead of reading
// them, so that on a small machine the server is what is busy. Prints one line of JSON.

export interface LoadOrder {
  port: number;
  path: string;
  connections: number;
  durationMs: number;
  /** Answered with 304 where it is the page's. */
  etag?: string;
  /** A connection of its own for each request. */
  isNew: boolean;
  /** Ask once and read nothing of the answer until the end. */
  isSlow?: boolean;
}

export interface LoadResult {
  requests: number;
  errors: number;
  seconds: number;
  /** Milliseconds. */
  p50: number;
  p99: number;
  max: number;
  status: string;
}

const order = JSON.parse(process.argv[2] ?? '{}') as LoadOrder;
const requestFor = (etag: string | undefined): string =>
  [
    `GET ${order.path} HTTP/1.1`,
    'host: status.example.com',
    'accept-encoding: gzip',
    ...(etag === undefined ? [] : [`if-none-match: ${etag}`]),
    ...(order.isNew ? ['connection: close'] : []),
    '\r\n',
  ].join('\r\n');
let request = requestFor(order.etag);

let requests = 0;
let errors = 0;
let status = '';
const times: number[] = [];
const sockets = new Set<Socket>();

/** The length of the answer that begins with this. Whoever asks with a tag takes the new one when the page has changed, as a browser does. */
function lengthOf(chunk: Buffer): number {
  const end = chunk.indexOf('\r\n\r\n') + 4;
  const head = chunk.toString('latin1', 0, end);
  status = head.slice(9, 12);
  if (status === '304') return end;
  if (order.etag !== undefined) request = requestFor(/^etag: (.*)\r$/im.exec(head)?.[1]);
  return end + Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
}

function note(began: number): void {
  requests++;
  times.push(performance.now() - began);
}

function keepAsking(until: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
    sockets.add(socket);
    let began = 0;
    let got = 0;
    let expected = 0;
    const ask = (): void => {
      began = performance.now();
      got = 0;
      socket.write(request);
    };
    const end = (): void => {
      sockets.delete(socket);
      socket.destroy();
      resolve();
    };
    socket.on('connect', () => {
      ask();
      if (order.isSlow === true) socket.pause();
    });
    socket.on('data', (chunk: Buffer) => {
      if (got === 0) expected = lengthOf(chunk);
      got += chunk.length;
      if (got < expected) return;
      note(began);
      if (performance.now() < until) ask();
      else end();
    });
    socket.on('error', () => {
      errors++;
      end();
    });
    socket.on('close', end);
    if (order.isSlow === true) setTimeout(end, Math.max(0, until - performance.now()));
  });
}

async function askAnew(until: number): Promise<void> {
  while (performance.now() < until) {
    const began = performance.now();
    await new Promise<void>((resolve) => {
      const socket = connect({ port: order.port, host: '127.0.0.1', noDelay: true });
      socket.on('connect', () => socket.write(request));
      socket.on('data', (chunk: Buffer) => {
        if (chunk.toString('latin1', 0, 5) === 'HTTP/') lengthOf(chunk);
      });
      socket.on('end', () => {
        note(began);
        socket.destroy();
      });
      socket.on('error', () => errors++);
      socket.on('close', () => resolve());
    });
  }
}

const start = performance.now();
const until = start + order.durationMs;
await Promise.all(Array.from({ length: order.connections }, () => (order.isNew ? askAnew(until) : keepAsking(until))));
times.sort((a, b) => a - b);
const at = (q: number): number => times[Math.min(times.length - 1, Math.floor(q * times.length))] ?? 0;
const seconds = (performance.now() - start) / 1000;
const result: LoadResult = { requests, errors, seconds, p50: at(0.5), p99: at(0.99), max: at(1), status };
console.log(JSON.stringify(result));
