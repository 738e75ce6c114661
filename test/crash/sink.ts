import { createServer } from 'node:http';

export interface Sink {
  url: string;
  /** How often each page arrived, by its id (webhook-id, the idempotency key). */
  arrivals: Map<string, number>;
  /** Dedup keys whose page has arrived by itself or named in a summary. */
  keys: Set<string>;
  close(): Promise<void>;
}

/** Where the pages go: a webhook receiver that outlives the crashes. It answers late, so that many kills fall between arrival and receipt. */
export async function openSink(random: () => number): Promise<Sink> {
  const arrivals = new Map<string, number>();
  const keys = new Set<string>();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('end', () => {
      const id = String(request.headers['webhook-id']);
      arrivals.set(id, (arrivals.get(id) ?? 0) + 1);
      for (const [key] of body.matchAll(/crash-\d+-\d+/g)) keys.add(key);
      setTimeout(() => response.writeHead(204).end(), random() * 300);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a TCP address');
  return {
    url: `http://127.0.0.1:${address.port}/pages`,
    arrivals,
    keys,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
