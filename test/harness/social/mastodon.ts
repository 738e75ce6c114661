import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FakeInternet } from '../fake-internet.ts';
import { type FakeSocketClient, serveWebSocket } from '../fake-websocket.ts';

interface Status {
  id: string;
  text: string;
  author: string;
  more: object;
}

export interface FakeMastodon {
  url: string;
  /** Paths that clients asked for, oldest first. */
  asked: string[];
  /** Streams that stand. */
  clients(): number;
  /** A public status, told to every stream that it belongs to. Returns its id. */
  post(author: string, text: string, more?: object): string;
  edit(id: string, text: string): void;
  remove(id: string): void;
  /** Bytes as they are, on every stream. */
  raw(text: string): void;
  /** Every request is answered so from now on; undefined: as it should be. */
  refuse(answer: { status: number; headers?: Record<string, string> } | undefined): void;
  /** Breaks every stream off, without a farewell. */
  cut(): void;
}

/** Snowflakes, longer than what a double holds (docs.joinmastodon.org/api/guidelines). */
const firstId = 115_000_000_000_000_000n;

/**
 * A Mastodon server (docs.joinmastodon.org/methods/streaming, …/timelines): streams over server-sent events and over WebSocket, in which
 * deletions are told by id, and timelines of at most 40 statuses, the newest first, paged by `min_id`.
 */
export async function openFakeMastodon(internet: FakeInternet, token: string): Promise<FakeMastodon> {
  const statuses: Status[] = [];
  const asked: string[] = [];
  const streams = new Map<Socket, { tag: string | undefined; tell(event: string, payload: string): void }>();
  const sockets = new Map<Socket, FakeSocketClient>();
  let refused: { status: number; headers?: Record<string, string> } | undefined;
  let made = 0n;

  const toJson = ({ id, text, author, more }: Status): object => ({
    id,
    created_at: '2026-12-01T01:59:00.000Z',
    content: `<p>${text}</p>`,
    url: `https://social.example/@${author}/${id}`,
    language: 'en',
    visibility: 'public',
    reblog: null,
    account: { id: '1', acct: author, created_at: '2019-05-01T00:00:00.000Z' },
    ...more,
  });
  const answer = (response: ServerResponse, status: number, body: unknown, headers = {}): void =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  const tagOf = (url: URL): string | undefined => url.searchParams.get('tag') ?? undefined;
  const belongs = (status: Status, tag: string | undefined): boolean =>
    tag === undefined || status.text.toLowerCase().includes(`#${tag.toLowerCase()}`);

  const serveHttp = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'http://fake.test');
    asked.push(`${url.pathname}${url.search}`);
    if (refused) return answer(response, refused.status, { error: 'refused' }, refused.headers);
    if (request.headers.authorization !== `Bearer ${token}`)
      return answer(response, 401, { error: 'The access token is invalid' });
    const timeline = /^\/api\/v1\/timelines\/(?:public|tag\/(.+))$/.exec(url.pathname);
    if (timeline) {
      const tag = timeline[1] === undefined ? undefined : decodeURIComponent(timeline[1]);
      const limit = Math.min(40, Number(url.searchParams.get('limit') ?? 20));
      const minId = url.searchParams.get('min_id');
      const mine = statuses.filter((status) => belongs(status, tag));
      const page =
        minId === null ? mine.slice(-limit) : mine.filter(({ id }) => BigInt(id) > BigInt(minId)).slice(0, limit);
      return answer(response, 200, page.map(toJson).toReversed());
    }
    const isHashtag = url.pathname === '/api/v1/streaming/hashtag';
    if (!isHashtag && url.pathname !== '/api/v1/streaming/public') return answer(response, 404, { error: 'Not Found' });
    if (isHashtag && !tagOf(url)) return answer(response, 400, { error: 'Missing tag name parameter' });
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'private, no-store' });
    response.write(':)\n');
    streams.set(request.socket, {
      tag: tagOf(url),
      tell: (event, payload) => void response.write(`event: ${event}\ndata: ${payload}\n\n`),
    });
    request.socket.on('close', () => streams.delete(request.socket));
  };
  const serveStream = (socket: Socket, head: string): void => {
    const path = head.split(' ', 2)[1] ?? '';
    asked.push(path);
    const offered = /\r\nsec-websocket-protocol: ([^\r]*)/i.exec(head)?.[1];
    if (refused || offered !== token) {
      const status = refused?.status ?? 401;
      socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    serveWebSocket({
      subprotocol: token,
      onClose: () => void socket.end(),
      onOpen(client) {
        const url = new URL(path, 'http://fake.test');
        const stream = [url.searchParams.get('stream') ?? '', ...(tagOf(url) === undefined ? [] : [tagOf(url)])];
        sockets.set(socket, client);
        streams.set(socket, {
          tag: tagOf(url),
          tell: (event, payload) => client.send(JSON.stringify({ stream, event, payload })),
        });
        socket.on('close', () => {
          streams.delete(socket);
          sockets.delete(socket);
        });
      },
    })(socket);
  };
  const http = createServer(serveHttp);
  const server = await internet.tcp((socket) => {
    socket.once('data', (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      const head = first.toString('latin1');
      if (/\r\nupgrade: websocket\r\n/i.test(head)) serveStream(socket, head);
      else http.emit('connection', socket);
      socket.resume();
    });
  });

  const tell = (status: Status, event: string, payload: string): void => {
    for (const stream of streams.values()) if (belongs(status, stream.tag)) stream.tell(event, payload);
  };
  const find = (id: string): Status => {
    const status = statuses.find((one) => one.id === id);
    if (!status) throw new Error(`no status ${id}`);
    return status;
  };
  return {
    url: `http://127.0.0.1:${server.port}`,
    asked,
    clients: () => streams.size,
    post(author, text, more = {}) {
      made += 1n;
      const status = { id: String(firstId + made * 65_537n), text, author, more };
      statuses.push(status);
      tell(status, 'update', JSON.stringify(toJson(status)));
      return status.id;
    },
    edit(id, text) {
      const status = find(id);
      status.text = text;
      tell(status, 'status.update', JSON.stringify(toJson(status)));
    },
    remove(id) {
      const [status] = statuses.splice(statuses.indexOf(find(id)), 1);
      if (status) tell(status, 'delete', id);
    },
    raw(text) {
      for (const socket of streams.keys()) {
        const client = sockets.get(socket);
        if (client) client.send(text);
        // A chunk of the response's own.
        else socket.write(`${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`);
      }
    },
    refuse: (next) => {
      refused = next;
    },
    cut() {
      for (const socket of streams.keys()) socket.destroy();
    },
  };
}
