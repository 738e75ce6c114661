import type { ServerResponse } from 'node:http';
import type { EpochMs } from '../../../domain/words.ts';
import type { Health, Scenario } from '../scenario.ts';
import { seededRandom, seedFor } from '../seeded-random.ts';
import { openWorldServer } from './open-server.ts';

export interface WorldServices {
  /** `http://127.0.0.1:port` by service. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Requests that were answered with an error or not at all, and all, by service. */
  readonly asked: ReadonlyMap<string, { failed: number; all: number }>;
  close(): Promise<void>;
}

/** A real HTTP server for each service, as well as the scenario says that it is at this time. */
export async function openWorldServices(scenario: Scenario, seed: number, now: () => EpochMs): Promise<WorldServices> {
  const addresses = new Map<string, string>();
  const asked = new Map<string, { failed: number; all: number }>();
  const servers = await Promise.all(
    [...scenario.services].map(async ([id, service]) => {
      const random = seededRandom(seedFor(seed, `service ${id}`));
      const count = { failed: 0, all: 0 };
      asked.set(id, count);
      const server = await openWorldServer((_request, response) => {
        const health = healthAt(service.health, now());
        const chance = random();
        count.all++;
        if (chance < (health?.failing ?? 0) + (health?.hanging ?? 0)) count.failed++;
        answer(response, health, chance);
      });
      addresses.set(id, server.url);
      return server;
    }),
  );
  return {
    addresses,
    asked,
    close: async () => void (await Promise.all(servers.map((server) => server.close()))),
  };
}

const healthAt = (health: readonly Health[], now: EpochMs): Health | undefined =>
  health.findLast((change) => change.at <= now);

function answer(response: ServerResponse, health: Health | undefined, chance: number): void {
  if (health === undefined || chance >= health.failing + health.hanging) {
    const send = (): void => void response.end('all is well\n');
    response.setHeader('content-type', 'text/plain');
    if (health === undefined || health.latency === 0) return send();
    const timer = setTimeout(send, health.latency);
    response.on('close', () => clearTimeout(timer));
  } else if (chance < health.failing) {
    response.statusCode = 503;
    response.end('the database is away\n');
  }
  // Whatever is left hangs: it is never answered.
}
