import { isUpstream } from '../src/domain/topology.ts';
import type { Bench } from './bench.ts';
import { type DeskIncident, playWorld } from './cause-desk.ts';
import { clean, faultAt, makeWorld, type Noise, noisy, type World } from './cause-world.ts';

// More with HUGOPS_CAUSE_SEEDS=2000.
const seeds = Number(process.env['HUGOPS_CAUSE_SEEDS'] ?? 1_000);
const floors = { clean: 0.95, noisy: 0.85, pagesATeam: 1.1 };

interface Score {
  outages: number;
  first: number;
  firstThree: number;
  /** Pages that the outage's services brought, and teams that they belong to: one a team is right. */
  pages: number;
  teams: number;
  incidents: number;
  independent: number;
  /** Faults of their own that were in the outage's incident when it ended; and those that never had a page of their own. */
  heldBack: number;
  swallowed: number;
  namedMs: number[];
}

const blank = (): Score => ({
  outages: 0,
  first: 0,
  firstThree: 0,
  pages: 0,
  teams: 0,
  incidents: 0,
  independent: 0,
  heldBack: 0,
  swallowed: 0,
  namedMs: [],
});

/** `npm run bench -- cause-trial`: how often the true cause of made-up outages is named, and how many pages they bring, beside two simpler laws. */
export const bench: Bench = {
  name: 'cause-trial',
  what: `true cause named first, ${seeds} clean and ${seeds} noisy outages of 50 to 2,000 services`,
  floor: `at least ${100 * floors.clean} % on clean and ${100 * floors.noisy} % on noisy seeds, at most ${floors.pagesATeam} pages a team`,
  async run() {
    const started = performance.now();
    const results = [clean, noisy].map((noise) => trial(noise));
    console.log(`${2 * seeds} outages in ${((performance.now() - started) / 1_000).toFixed(1)} s`);
    const ok = results.every(
      (score, place) =>
        score.first / score.outages >= (place === 0 ? floors.clean : floors.noisy) &&
        score.pages / score.teams <= floors.pagesATeam,
    );
    const figure = results.map((score) => share(score.first, score.outages)).join(' and ');
    return { figure, unit: 'named first on clean and noisy seeds', ok };
  },
};

function trial(noise: Noise): Score {
  const ours = blank();
  const single = blank();
  const deepest = blank();
  for (let seed = 1; seed <= seeds; seed++) {
    const world = makeWorld(seed, noise);
    const failing = world.seen.filter((one) => one.what === 'fails' && world.affected.has(one.id)).map((one) => one.id);
    // Nobody could see it: no alert, no page, nothing to name.
    if (failing.length === 0) continue;
    scoreOurs(ours, world, failing);
    scoreSimple(single, world, failing, (id) => id);
    scoreSimple(deepest, world, failing, (id) => deepestFailing(world, id));
  }
  print(noise.name, [
    ['HugOps', ours],
    ['deepest failing dependency', deepest],
    ['an incident a service', single],
  ]);
  return ours;
}

function scoreOurs(score: Score, world: World, failing: readonly string[]): void {
  const { incidents, atEnd, namedAt } = playWorld(world);
  const votes = new Map<string, number>();
  for (const id of failing) {
    const incident = atEnd.incidentOf.get(id);
    if (incident !== undefined) votes.set(incident, (votes.get(incident) ?? 0) + 1);
  }
  const [most] = [...votes].toSorted((a, b) => b[1] - a[1]);
  const ranked = atEnd.cause.get(most?.[0] ?? '') ?? [];
  score.outages++;
  if (ranked[0] === world.causeId) score.first++;
  if (ranked.slice(0, 3).includes(world.causeId)) score.firstThree++;
  if (namedAt !== undefined) score.namedMs.push(namedAt - faultAt);
  const pages = incidents.flatMap((one: DeskIncident) =>
    one.pages.filter((page) => world.affected.has(page.serviceId)),
  );
  score.pages += pages.length;
  score.incidents += incidents.filter((one) => one.pages.some((page) => world.affected.has(page.serviceId))).length;
  score.teams += countTeams(world, failing);
  for (const id of world.independent) {
    if (!world.seen.some((one) => one.id === id && one.what === 'fails')) continue;
    score.independent++;
    if (atEnd.incidentOf.get(id) === most?.[0]) score.heldBack++;
    const own = incidents.some(
      (one) =>
        one.services.has(id) && !one.mergedInto && ![...one.services.keys()].some((other) => world.affected.has(other)),
    );
    if (!own) score.swallowed++;
  }
}

function countTeams(world: World, failing: readonly string[]): number {
  const ids = new Set(failing);
  return new Set(world.services.flatMap((service) => (ids.has(service.id) ? [service.team] : []))).size;
}

/** A law without time or odds: each failing service is put to `causeOf` it; the cause of most is named, and each cause pages each of its teams. */
function scoreSimple(score: Score, world: World, failing: readonly string[], causeOf: (id: string) => string): void {
  const groups = Map.groupBy(failing, causeOf);
  const ranked = [...groups].toSorted((a, b) => b[1].length - a[1].length).map(([id]) => id);
  score.outages++;
  if (ranked[0] === world.causeId) score.first++;
  if (ranked.slice(0, 3).includes(world.causeId)) score.firstThree++;
  for (const members of groups.values()) score.pages += countTeams(world, members);
  score.incidents += groups.size;
  score.teams += countTeams(world, failing);
  const failed = new Set(failing);
  for (const id of world.independent) {
    score.independent++;
    const cause = causeOf(id);
    if (cause !== id && (failed.has(cause) || cause === world.causeId)) score.swallowed++;
  }
  score.heldBack = score.swallowed;
}

/** Follows what a service needs, hard, as long as that is seen to fail or admits it. */
function deepestFailing(world: World, start: string): string {
  const bad = new Set(world.seen.filter((one) => one.what === 'fails' || one.what === 'admits').map((one) => one.id));
  let at = start;
  const been = new Set([start]);
  for (;;) {
    const next = (world.topology.needs.get(at) ?? []).find(
      (edge) => edge.hardness === 'hard' && bad.has(edge.id) && !been.has(edge.id),
    );
    if (next === undefined) return at;
    been.add(next.id);
    at = next.id;
    if (isUpstream(at)) return at;
  }
}

const share = (part: number, all: number): string => (all === 0 ? '–' : `${((100 * part) / all).toFixed(1)} %`);

function print(name: string, rows: readonly (readonly [string, Score])[]): void {
  console.log(
    `\n${name} seeds`.padEnd(28),
    'first',
    ' first 3',
    ' pages a team',
    ' incidents',
    ' own faults held back',
    ' swallowed',
    ' named after',
  );
  for (const [law, score] of rows) {
    const named = score.namedMs.toSorted((a, b) => a - b)[Math.floor(score.namedMs.length / 2)];
    console.log(
      law.padEnd(27),
      share(score.first, score.outages),
      share(score.firstThree, score.outages).padStart(8),
      (score.pages / score.teams).toFixed(2).padStart(10),
      (score.incidents / score.outages).toFixed(2).padStart(12),
      `${score.heldBack} of ${score.independent}`.padStart(18),
      String(score.swallowed).padStart(12),
      named === undefined ? '' : `${(named / 1_000).toFixed(0)} s (median)`.padStart(18),
    );
  }
}
