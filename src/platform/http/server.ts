import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { addQuickDoor, type QuickDoor } from './quick-door.ts';

/** The port is taken, or may not be opened. The message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export interface HttpServer {
  /** The port that was opened (useful when 0 was asked for). */
  port: number;
  server: Server;
  /** Stops accepting, lets requests under way finish for `graceMs`, then cuts what is left (event streams, slow readers). */
  close(graceMs: number): Promise<void>;
}

type Fetch = (request: Request, env: object) => Response | Promise<Response>;

/** Serves `fetch` on the port. Throws ListenError with a message for a person. */
export async function listen(options: {
  fetch: Fetch;
  /** Answers what is ready before anything else is asked. */
  door?: QuickDoor;
  port: number;
  host?: string;
  trustedProxies: number;
}): Promise<HttpServer> {
  const listener = getRequestListener((request, env) =>
    options.fetch(request, { ...env, trustedProxies: options.trustedProxies }),
  );
  const server = createServer((request, response) => void listener(request, response));
  const door = options.door === undefined ? undefined : addQuickDoor(server, options.door);
  // A reader that sends its headers by the byte may not hold a socket for ever.
  server.headersTimeout = 10_000;
  server.requestTimeout = 30_000;
  // One that takes nothing of its answer any more gives its socket back; an event stream says something every 20 s.
  server.setTimeout(silentAfterMs);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, options.port)));
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has a TCP address');
  let closing: Promise<void> | undefined;
  return {
    port: address.port,
    server,
    close: (graceMs) => (closing ??= closeServer(server, door, graceMs)),
  };
}

const silentAfterMs = 120_000;

function closeServer(
  server: Server,
  door: ReturnType<typeof addQuickDoor> | undefined,
  graceMs: number,
): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
      door?.closeAll();
    }, graceMs);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
    door?.closeIdle();
  });
}

function listenError(error: NodeJS.ErrnoException, port: number): ListenError {
  if (error.code === 'EADDRINUSE')
    return new ListenError(
      `Port ${port} is in use by another program. Stop it, or choose another port with HUGOPS_PORT.`,
    );
  if (error.code === 'EACCES')
    return new ListenError(`This user may not open port ${port}. Choose one above 1023 with HUGOPS_PORT.`);
  return new ListenError(`Port ${port} could not be opened: ${error.message}`);
}
