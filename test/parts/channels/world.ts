import type { JsonObject } from '../../../src/domain/words.ts';
import { closedPort, type HttpStub, type StubBehaviour } from '../../harness/channel-servers/http-stub.ts';
import { type ChannelWorld, contractIo, type Delivery, type Fault } from './contract.ts';

export interface WorldParts {
  stub: HttpStub;
  /** The configuration for a provider at this address. */
  configFor(url: string): JsonObject;
  wrongConfig: JsonObject;
  secrets: readonly string[];
  deliveries(): Delivery[];
  rateLimit: StubBehaviour;
  serverError: StubBehaviour;
}

/** A channel's contract world around a provider that is one HTTP server. */
export async function openWorld(parts: WorldParts): Promise<ChannelWorld> {
  const io = contractIo();
  const behaviours: Record<Fault, StubBehaviour> = {
    none: 'accept',
    'rate-limit': parts.rateLimit,
    'server-error': parts.serverError,
    hang: 'hang',
    'lose-receipt': 'lose-receipt',
    echo: 'echo',
  };
  return {
    io,
    config: parts.configFor(parts.stub.url),
    wrongCredentials: { io, config: parts.wrongConfig },
    nobodyThere: { io, config: parts.configFor(`http://127.0.0.1:${await closedPort()}`) },
    secrets: parts.secrets,
    deliveries: parts.deliveries,
    requestCount: () => parts.stub.requests.length,
    fail: (fault) => parts.stub.behave(behaviours[fault]),
    async close() {
      await io.close();
      await parts.stub.close();
    },
  };
}

/** Runs with a provider and an io of its own, and closes both whatever happens. */
export async function withProvider<S extends HttpStub>(
  server: Promise<S>,
  run: (server: S, io: ReturnType<typeof contractIo>) => Promise<void>,
): Promise<void> {
  const stub = await server;
  const io = contractIo();
  try {
    await run(stub, io);
  } finally {
    await io.close();
    await stub.close();
  }
}

// The buttons of page-text.ts, where a channel has only text to put them in.
const linkLine = /^(?:Acknowledge|Open incident|Show them|I got it|Open HugOps): (\S+)$/gm;

/** The links of a text whose last lines are 'Acknowledge: https://…'. */
export const linksIn = (text: string): string[] => [...text.matchAll(linkLine)].map(([, url = '']) => url);
