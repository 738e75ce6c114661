// Made-up fleets with made-up outages, whose cause is known because it was put there. docs/correlation.md describes the model.
// Nothing here is taken from the law in src/domain, nor the other way round: what it calls likely are its own figures.
import { seededRandom } from '../test/harness/seeded-random.ts';
import { buildTopology, type Dependency, isUpstream, type Topology } from '../src/domain/topology.ts';

const second = 1_000;
const minute = 60 * second;
/** When the injected fault begins, and when it ends. */
export const faultAt = 20 * minute;
export const faultEndsAt = 60 * minute;
export const worldEndsAt = 80 * minute;

export interface WorldService {
  id: string;
  team: string;
  /** Undefined: nobody watches it. */
  check: { intervalMs: number; phaseMs: number; isShallow: boolean } | undefined;
}

/** Something that happens to one node of the world, seen from outside. */
export interface Seen {
  at: number;
  id: string;
  what: 'fails' | 'recovers' | 'admits' | 'over' | 'unread';
  /** What the provider says of its beginning. */
  startedAt?: number;
}

export interface World {
  topology: Topology;
  services: WorldService[];
  /** The injected fault. */
  causeId: string;
  /** Services that fail because of it, seen or not. */
  affected: ReadonlySet<string>;
  /** Services with a fault of their own meanwhile, that last beyond the end of the injected one. */
  independent: ReadonlySet<string>;
  /** What could be seen, in order of time. */
  seen: Seen[];
}

export interface Noise {
  name: 'clean' | 'noisy';
  watched: number;
  shallowChecks: number;
  /** Chance that a hard dependent of a broken thing breaks too; and how often an outage is a partial one, with what chance then. */
  hard: number;
  partial: { share: number; hard: number };
  soft: number;
  lagMs: number;
  /** Chances that a provider says something, that its feed cannot be read, that another provider has a notice meanwhile. */
  admits: number;
  unread: number;
  otherNotice: number;
  independent: [least: number, most: number];
  /** Share of services with one false alarm in the hour. */
  flaky: number;
}

export const clean: Noise = {
  name: 'clean',
  watched: 0.98,
  shallowChecks: 0,
  hard: 0.99,
  partial: { share: 0, hard: 1 },
  soft: 0,
  lagMs: 10 * second,
  admits: 0.6,
  unread: 0,
  otherNotice: 0,
  independent: [0, 1],
  flaky: 0,
};
export const noisy: Noise = {
  name: 'noisy',
  watched: 0.85,
  shallowChecks: 0.05,
  hard: 0.95,
  partial: { share: 0.25, hard: 0.65 },
  soft: 0.15,
  lagMs: 40 * second,
  admits: 0.4,
  unread: 0.1,
  otherNotice: 0.2,
  independent: [1, 3],
  flaky: 0.01,
};

type Random = () => number;
const between = (random: Random, low: number, high: number): number => low + random() * (high - low);
const whole = (random: Random, low: number, high: number): number => Math.floor(between(random, low, high + 1));
const exponential = (random: Random, mean: number): number => -mean * Math.log(1 - random());

function pick<T>(random: Random, list: readonly T[]): T {
  const one = list[Math.floor(random() * list.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}

export function makeWorld(seed: number, noise: Noise): World {
  const random = seededRandom(seed * 7_919 + (noise.name === 'clean' ? 1 : 2));
  for (let warm = 0; warm < 8; warm++) random();
  for (;;) {
    const count = Math.round(Math.exp(between(random, Math.log(50), Math.log(2_000))));
    const { services, dependencies, upstreams } = makeFleet(random, count, noise);
    const topology = buildTopology(dependencies);
    const causeId = chooseCause(random, topology, services, upstreams);
    if (causeId === undefined) continue;
    return unfold(random, noise, { topology, services, upstreams, causeId });
  }
}

/** Services in layers, as requests run: edge, products, platform, stores. Each needs a few of the layers below, well-liked ones more often. */
function makeFleet(random: Random, count: number, noise: Noise) {
  const layers = whole(random, 3, 6);
  const teams = Math.max(2, Math.round(count / 12));
  const layerOf = Array.from({ length: count }, () =>
    Math.min(layers - 1, Math.floor(layers * (1 - Math.sqrt(random())))),
  );
  const services = layerOf.map((_, i): WorldService => ({
    id: `s${i}`,
    team: `t${whole(random, 0, teams - 1)}`,
    check:
      random() < noise.watched
        ? {
            intervalMs: pick(random, [10, 20, 30, 60]) * second,
            phaseMs: random() * minute,
            isShallow: random() < noise.shallowChecks,
          }
        : undefined,
  }));
  const upstreams: string[] = [];
  for (let provider = 0; provider < 3 + Math.round(count / 150); provider++)
    for (let region = 0; region < whole(random, 1, 2); region++)
      for (let product = 0; product < whole(random, 1, 4); product++)
        upstreams.push(`p${provider}/r${region}/x${product}`);
  const dependencies: Dependency[] = [];
  const known = new Set<string>();
  const liked: number[][] = Array.from({ length: layers }, () => []);
  const link = (from: number, on: string): void => {
    const id = `s${from}`;
    if (known.has(`${id} ${on}`)) return;
    known.add(`${id} ${on}`);
    dependencies.push({ serviceId: id, on, hardness: random() < 0.75 ? 'hard' : 'soft' });
  };
  const order = layerOf.map((layer, i) => ({ layer, i })).toSorted((a, b) => b.layer - a.layer);
  for (const { layer, i } of order) {
    const below = liked.slice(layer + 1).filter((list) => list.length > 0);
    for (let n = below.length === 0 ? 0 : whole(random, 0, 3); n > 0; n--) {
      const on = pick(random, pick(random, below));
      link(i, `s${on}`);
      liked[layerOf[on] ?? 0]?.push(on);
    }
    for (let n = random() < 0.35 ? whole(random, 1, 2) : 0; n > 0; n--) link(i, pick(random, upstreams));
    liked[layer]?.push(i);
    // Now and then somebody below calls back up: a circle.
    if (random() < 0.005 && below.length > 0)
      dependencies.push({ serviceId: `s${pick(random, pick(random, below))}`, on: `s${i}`, hardness: 'soft' });
  }
  return { services, dependencies, upstreams: [...new Set(dependencies.map((one) => one.on).filter(isUpstream))] };
}

/** Half the faults are a provider's, half a service's own; what fewer than two need directly and hard is nobody's common cause. */
function chooseCause(
  random: Random,
  topology: Topology,
  services: readonly WorldService[],
  upstreams: readonly string[],
): string | undefined {
  const isShared = (id: string): boolean =>
    (topology.neededBy.get(id) ?? []).filter((edge) => edge.hardness === 'hard' && !isUpstream(edge.id)).length >= 2;
  const from = (random() < 0.5 ? upstreams : services.map((service) => service.id)).filter(isShared);
  return from.length === 0 ? undefined : pick(random, from);
}

/** Who breaks, and when. */
function spread(random: Random, noise: Noise, topology: Topology, causeId: string, at: number): Map<string, number> {
  const chance = random() < noise.partial.share ? noise.partial.hard : noise.hard;
  const brokenAt = new Map([[causeId, at]]);
  const queue = [causeId];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    for (const { id, hardness } of topology.neededBy.get(next) ?? []) {
      // Upstreams do not break because of each other here; what they have in common is no part of this world.
      if (brokenAt.has(id) || isUpstream(id) || random() >= (hardness === 'hard' ? chance : noise.soft)) continue;
      brokenAt.set(id, (brokenAt.get(next) ?? at) + exponential(random, noise.lagMs));
      queue.push(id);
    }
  }
  return brokenAt;
}

interface Stage {
  topology: Topology;
  services: WorldService[];
  upstreams: string[];
  causeId: string;
}

function unfold(random: Random, noise: Noise, stage: Stage): World {
  const { topology, services, causeId } = stage;
  const main = spread(random, noise, topology, causeId, faultAt);
  const affected = new Set([...main.keys()].filter((id) => !isUpstream(id)));
  const serviceOf = new Map(services.map((service) => [service.id, service]));
  const seen: Seen[] = [];
  const look = (id: string, from: number, until: number, isRoot: boolean): void => {
    const check = serviceOf.get(id)?.check;
    // A shallow check does not notice that what it looks at is broken itself, only when it is gone altogether.
    if (check === undefined || (isRoot && check.isShallow)) return;
    // Two results in a row, each way.
    const at = (instant: number): number =>
      Math.ceil((instant - check.phaseMs) / check.intervalMs) * check.intervalMs + check.phaseMs + check.intervalMs;
    if (at(from) >= until) return;
    seen.push({ at: at(from), id, what: 'fails' }, { at: at(until), id, what: 'recovers' });
  };
  for (const [id, at] of main)
    if (!isUpstream(id)) look(id, at, faultEndsAt + exponential(random, 30 * second), id === causeId);
  if (isUpstream(causeId)) speak(random, noise, causeId, seen);
  if (random() < noise.otherNotice) {
    const other = pick(random, stage.upstreams);
    const at = between(random, 5 * minute, faultAt + 20 * minute);
    if (other !== causeId)
      seen.push(
        { at, id: other, what: 'admits', startedAt: at - 2 * minute },
        { at: faultEndsAt, id: other, what: 'over' },
      );
  }
  const independent = addIndependent(random, noise, stage, affected, look);
  for (const service of services) {
    if (random() >= noise.flaky || affected.has(service.id) || independent.has(service.id)) continue;
    const at = between(random, 5 * minute, faultEndsAt);
    look(service.id, at, at + 3 * minute, false);
  }
  return { topology, services, causeId, affected, independent, seen: seen.toSorted((a, b) => a.at - b.at) };
}

function speak(random: Random, noise: Noise, causeId: string, seen: Seen[]): void {
  if (random() < noise.unread) {
    seen.push({ at: 0, id: causeId, what: 'unread' });
    return;
  }
  if (random() >= noise.admits) return;
  const at = faultAt + between(random, 2 * minute, 25 * minute);
  const startedAt = random() < 0.6 ? faultAt + between(random, -3 * minute, 4 * minute) : at;
  seen.push(
    { at, id: causeId, what: 'admits', startedAt },
    { at: faultEndsAt + between(random, 0, 5 * minute), id: causeId, what: 'over' },
  );
}

/** Services that break by themselves meanwhile and stay broken: half of them, where there are such, among those that stand on the broken thing too. */
function addIndependent(
  random: Random,
  noise: Noise,
  { topology, services, causeId }: Stage,
  affected: ReadonlySet<string>,
  look: (id: string, from: number, until: number, isRoot: boolean) => void,
): Set<string> {
  const near = (topology.neededBy.get(causeId) ?? []).map((edge) => edge.id);
  const free = (id: string): boolean => !affected.has(id) && !isUpstream(id);
  const watched = new Set(
    services.filter((service) => service.check && !service.check.isShallow).map((service) => service.id),
  );
  const nearFree = near.filter((id) => free(id) && watched.has(id));
  const anyFree = services.map((service) => service.id).filter((id) => free(id) && watched.has(id));
  const found = new Set<string>();
  for (let n = whole(random, ...noise.independent); n > 0; n--) {
    const from = nearFree.length > 0 && random() < 0.5 ? nearFree : anyFree;
    if (from.length === 0) break;
    const id = pick(random, from);
    if (found.has(id)) continue;
    found.add(id);
    const at = between(random, faultAt - 10 * minute, faultAt + 30 * minute);
    look(id, at, worldEndsAt + 10 * minute, true);
  }
  return found;
}
