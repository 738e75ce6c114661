import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ReadyAnswer } from '../../../src/platform/http/quick-door.ts';
import { type HttpServer, listen } from '../../../src/platform/http/server.ts';
import { waitUntil } from '../../harness/wait-until.ts';

const page: ReadyAnswer = { status: 200, rawHeaders: ['content-length', '4'], body: Buffer.from('page') };
const head: ReadyAnswer = { ...page, body: undefined };
const large: ReadyAnswer = {
  status: 200,
  rawHeaders: ['content-length', '4000000'],
  body: Buffer.alloc(4_000_000, 'x'),
};
const unchanged: ReadyAnswer = { status: 304, rawHeaders: ['etag', '"1"'], body: undefined };

let server: HttpServer;
let passedOn: string[];
beforeEach(async () => {
  passedOn = [];
  server = await listen({
    port: 0,
    host: '127.0.0.1',
    trustedProxies: 0,
    door: {
      now: () => Date.UTC(2026, 11, 3),
      answer({ method, url, ifNoneMatch }) {
        if (url === '/large') return large;
        if (url !== '/' && !url.startsWith('/?')) return undefined;
        return ifNoneMatch === '"1"' ? unchanged : method === 'HEAD' ? head : page;
      },
    },
    async fetch(request) {
      const url = new URL(request.url);
      passedOn.push(`${request.method} ${url.pathname} ${await request.text()}`);
      return new Response('else', { headers: { 'x-by': 'server' } });
    },
  });
});
afterEach(() => server.close(0));

/** Sends the pieces one after the other and reads until `count` answers or the end. */
function talk(pieces: readonly string[], isOver: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.port, '127.0.0.1');
    let text = '';
    const done = (): void => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (isOver(text)) done();
    });
    socket.on('end', done).on('error', reject);
    void (async () => {
      for (const piece of pieces) {
        socket.write(piece, 'latin1');
        await new Promise((next) => setTimeout(next, 15));
      }
    })();
  });
}
const answersIn = (text: string): number => text.split('HTTP/1.1 ').length - 1;
const ask = (...pieces: string[]): Promise<string> => talk(pieces, (text) => text.includes('\r\n\r\n'));

test('a plain request is answered at the door, again and again on one connection', async () => {
  const text = await talk(
    [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      'HEAD / HTTP/1.1\r\nhost: x\r\n\r\nGET /?a=1 HTTP/1.1\r\nhost:x\r\nif-none-match: "1"\r\n\r\n',
    ],
    (so) => answersIn(so) === 3,
  );
  expect(text).toBe(
    [
      'HTTP/1.1 200 OK\r\ncontent-length: 4\r\ndate: Thu, 03 Dec 2026 00:00:00 GMT\r\nconnection: keep-alive\r\n\r\npage',
      'HTTP/1.1 200 OK\r\ncontent-length: 4\r\ndate: Thu, 03 Dec 2026 00:00:00 GMT\r\nconnection: keep-alive\r\n\r\n',
      'HTTP/1.1 304 Not Modified\r\netag: "1"\r\ndate: Thu, 03 Dec 2026 00:00:00 GMT\r\nconnection: keep-alive\r\n\r\n',
    ].join(''),
  );
  expect(passedOn).toEqual([]);
});

test('whoever wants the connection closed gets it closed, after the whole answer', async () => {
  const text = await talk(['GET /large HTTP/1.1\r\nhost: x\r\nConnection: Close\r\n\r\n'], () => false);
  expect(text).toContain('connection: close');
  expect(text.length).toBeGreaterThan(4_000_000);
});

test.each([
  ['an address that is not ready', ['GET /api HTTP/1.1\r\nhost: x\r\n\r\n'], 'GET /api '],
  ['a body', ['POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc'], 'POST / abc'],
  ['a body that comes later', ['POST /x HTTP/1.1\r\nhost: x\r\ncontent-length: 6\r\n\r\nabc', 'def'], 'POST /x abcdef'],
  ['a request in pieces', ['GET /pi', 'eces HTTP/1.1\r\nho', 'st: x\r\n\r', '\n'], 'GET /pieces '],
  ['a ready one in pieces', ['GET / HTTP/1.1\r\nhost: x\r\n', '\r\n'], 'GET / '],
  ['a GET with a body', ['GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n'], 'GET / '],
  [
    'bytes in chunks',
    ['POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'],
    'POST / hi',
  ],
  ['the whole address', ['GET http://x/ HTTP/1.1\r\nhost: x\r\n\r\n'], 'GET / '],
  ['one tag too many', ['GET / HTTP/1.1\r\nhost: x\r\nif-none-match: a\r\nif-none-match: b\r\n\r\n'], 'GET / '],
  ['a long head', [`GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(9_000)}\r\n\r\n`], 'GET / '],
])('%s goes on to the server, whole', async (_, pieces, expected) => {
  const text = await ask(...pieces);
  expect(text).toContain('x-by: server');
  expect(passedOn).toEqual([expected]);
});

test('after ready answers a connection may turn to the server and stay there', async () => {
  const text = await talk(
    [
      'GET / HTTP/1.1\r\nhost: x\r\n\r\nPOST /a HTTP/1.1\r\nhost: x\r\ncontent-length: 30\r\n\r\nGET / HTTP/1.1\r\n',
      'host: y\r\n\r\n...',
      'GET /b HTTP/1.1\r\nhost: x\r\n\r\n',
    ],
    (so) => answersIn(so) === 3,
  );
  expect(answersIn(text)).toBe(3);
  // What looks like a request in a body is a body.
  expect(passedOn).toEqual([expect.stringMatching(/^POST \/a GET \/ HTTP\/1\.1\r\nhost: y/), 'GET /b ']);
});

test.each([
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ['two hosts', 'GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n'],
  ['a space before the colon', 'GET / HTTP/1.1\r\nhost : x\r\n\r\n'],
  ['a folded line', 'GET / HTTP/1.1\r\nhost: x\r\n folded: 1\r\n\r\n'],
  ['lone line feeds', 'GET / HTTP/1.1\nhost: x\n\n'],
  [
    'length and chunks',
    'GET / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['rubbish', '\x16\x03\x01\x02\x00\x01\r\n\r\n'],
  ['a NUL', 'GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n'],
])('%s is never answered at the door', async (_, text) => {
  const answer = await talk([text], (so) => so.includes('\r\n\r\n'));
  expect(answer).not.toContain('page');
  expect(answer).toMatch(/^HTTP\/1\.1 (400|200 OK\r\nx-by: server)/);
});

test('a reader that does not read is sent one answer and no more, and gets everything when it does', async () => {
  const accepted: Socket[] = [];
  server.server.on('connection', (socket) => accepted.push(socket));
  const socket = connect(server.port, '127.0.0.1');
  socket.pause();
  const request = 'GET /large HTTP/1.1\r\nhost: x\r\n\r\n';
  socket.write(request.repeat(10));
  await waitUntil('the requests', () => accepted[0]?.bytesRead === request.length * 10);
  await waitUntil('an answer', () => (accepted[0]?.bytesWritten ?? 0) > 0);
  expect(accepted[0]?.writableLength).toBeLessThan(2 * 4_000_000);
  let bytes = 0;
  socket.on('data', (chunk) => (bytes += chunk.length));
  socket.resume();
  await waitUntil('all of it', () => bytes > 10 * 4_000_000, 20_000);
  socket.destroy();
});

test('closing does not wait for idle connections', async () => {
  const socket = connect(server.port, '127.0.0.1');
  const ended = new Promise((resolve) => socket.once('close', resolve));
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  const began = performance.now();
  await server.close(5_000);
  await ended;
  expect(performance.now() - began).toBeLessThan(2_000);
});
