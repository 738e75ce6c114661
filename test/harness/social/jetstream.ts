import type { Socket } from 'node:net';
import type { FakeInternet } from '../fake-internet.ts';
import { type FakeSocketClient, serveWebSocket } from '../fake-websocket.ts';

interface Happened {
  timeUs: number;
  did: string;
  commit?: { operation: 'create' | 'update' | 'delete'; rkey: string; record?: object };
  account?: { active: boolean; status?: string };
}

export interface FakeJetstream {
  url: string;
  /** Paths that clients asked for, oldest first. */
  asked: string[];
  create(did: string, rkey: string, text: string): void;
  update(did: string, rkey: string, text: string): void;
  remove(did: string, rkey: string): void;
  account(did: string, status: 'active' | 'deleted'): void;
  /** Connections that stand. */
  clients(): number;
  /** Bytes that are no event. */
  garble(text: string): void;
  /** Breaks every connection off, without a farewell. */
  cut(): void;
  /** Those who are connected now hear nothing, until what it returns is called: then all that they missed. */
  stall(): () => void;
}

/** A Jetstream that remembers what happened and plays it from a cursor on, in the first or the second version of its frames. */
export async function openFakeJetstream(
  internet: FakeInternet,
  version: 1 | 2,
  startUs: number,
): Promise<FakeJetstream> {
  const happened: Happened[] = [];
  const clients = new Set<FakeSocketClient>();
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  const stalled = new Map<FakeSocketClient, string[]>();
  const server = await internet.tcp((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveWebSocket({
      onClose: () => void socket.end(),
      ...(version === 2 ? { subprotocol: 'xrpc.v1.json' } : {}),
      onOpen(client) {
        asked.push(client.path);
        clients.add(client);
        socket.on('close', () => clients.delete(client));
        const cursor = new URL(client.path, 'http://fake.test').searchParams.get('cursor');
        for (const event of happened)
          if (cursor !== null && event.timeUs >= Number(cursor)) client.send(frame(event, version));
      },
    })(socket);
  });
  const tell = (event: Omit<Happened, 'timeUs'>): void => {
    const whole = { ...event, timeUs: startUs + happened.length * 1_000 };
    happened.push(whole);
    for (const client of clients) {
      const missed = stalled.get(client);
      if (missed) missed.push(frame(whole, version));
      else client.send(frame(whole, version));
    }
  };
  const record = (text: string): object => ({
    $type: 'app.bsky.feed.post',
    text,
    createdAt: '1999-01-01T00:00:00Z',
    langs: ['en'],
  });
  const path = version === 1 ? '/subscribe' : '/xrpc/network.bsky.jetstream.subscribeEvents';
  return {
    url: `ws://127.0.0.1:${server.port}${path}`,
    asked,
    clients: () => clients.size,
    create: (did, rkey, text) => tell({ did, commit: { operation: 'create', rkey, record: record(text) } }),
    update: (did, rkey, text) => tell({ did, commit: { operation: 'update', rkey, record: record(text) } }),
    remove: (did, rkey) => tell({ did, commit: { operation: 'delete', rkey } }),
    account: (did, status) =>
      tell({ did, account: { active: status === 'active', ...(status === 'active' ? {} : { status }) } }),
    garble(text) {
      for (const client of clients) client.send(text);
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    stall() {
      for (const client of clients) stalled.set(client, []);
      return () => {
        for (const [client, missed] of stalled) for (const text of missed) client.send(text);
        stalled.clear();
      };
    },
  };
}

function frame(event: Happened, version: 1 | 2): string {
  const { did, timeUs, commit, account } = event;
  const collection = 'app.bsky.feed.post';
  if (version === 1) {
    const kind = commit ? 'commit' : 'account';
    return JSON.stringify({
      did,
      time_us: timeUs,
      kind,
      ...(commit
        ? { commit: { rev: '3l', cid: 'bafy', collection, ...commit } }
        : { account: { did, seq: 1, time: 't', ...account } }),
    });
  }
  const time = `${new Date(Math.floor(timeUs / 1000)).toISOString().slice(0, -1)}${String(timeUs % 1000).padStart(3, '0')}Z`;
  const base = { seq: timeUs, did, time, witnessedAt: time };
  const payload = commit
    ? { $type: 'network.bsky.jetstream.subscribeEvents#commit', ...base, rev: '3l', collection, ...commit }
    : { $type: 'network.bsky.jetstream.subscribeEvents#account', ...base, account: { did, seq: 1, time, ...account } };
  return JSON.stringify({ $type: 'message', payload });
}
