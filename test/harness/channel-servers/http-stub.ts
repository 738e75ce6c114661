import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface StubRequest {
  method: string;
  path: string;
  headers: Record<string, string | undefined>;
  body: string;
  /** The same, for what is not text. */
  bytes: Buffer;
}

export interface StubAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/**
 * What the provider does from now on: accept (answers by its own rules), hang (takes the request, never answers), lose-receipt (does what was asked
 * and breaks the connection before the answer), echo (refuses and repeats the whole request in the answer), or a fixed answer.
 */
export type StubBehaviour = 'accept' | 'hang' | 'lose-receipt' | 'echo' | StubAnswer;

export interface HttpStub {
  url: string;
  /** Every request that arrived, whatever became of it. */
  requests: StubRequest[];
  behave(behaviour: StubBehaviour): void;
  close(): Promise<void>;
}

/** A provider on loopback. `answer` holds its rules. */
export async function startHttpStub(answer: (request: StubRequest) => StubAnswer): Promise<HttpStub> {
  const requests: StubRequest[] = [];
  let behaviour: StubBehaviour = 'accept';
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const headers = Object.fromEntries(Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]));
    const bytes = Buffer.concat(chunks);
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers,
      body: bytes.toString('utf8'),
      bytes,
    };
    requests.push(request);
    if (behaviour === 'hang') return;
    if (behaviour === 'lose-receipt') {
      answer(request);
      incoming.socket.destroy();
      return;
    }
    const given = behaviour === 'accept' ? answer(request) : behaviour === 'echo' ? echo(request) : behaviour;
    response.writeHead(given.status, given.headers).end(given.body ?? '');
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    behave: (next) => {
      behaviour = next;
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Careless providers do this: the token in the error page, plain and in JSON. */
function echo({ method, path, headers, body }: StubRequest): StubAnswer {
  const all = `${method} ${path} ${Object.values(headers).join(' ')} ${body}`;
  return {
    status: 400,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ok: false, error: all }),
  };
}

/** The address of a port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return port;
}

export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

export const json = (status: number, value: unknown): StubAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});
