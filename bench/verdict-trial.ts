// How often a check cries wolf, how often it sleeps through an outage, and how long it takes to notice one. Simulated checks run for days over
// networks that lose, stall and break, judged by the functions that judge real ones; beside them the rule of one location and one failure.
import { blindLocation, nextCheckVerdict, type Observation, type VerdictRules } from '../src/domain/agreement.ts';
import { isSlower, type LatencyBaseline, learnLatency } from '../src/domain/latency-baseline.ts';
import { newNetworkState, nextNetwork } from '../src/domain/own-network.ts';
import { newVerdictState, signalOf, type VerdictState } from '../src/domain/verdict.ts';
import { isSameState } from '../src/watch/watched-check.ts';
import type { Bench } from './bench.ts';

const INTERVAL_MS = 30_000;
const DAY_MS = 86_400_000;
const DAYS_PER_SEED = 5;
const SEEDS = 2_000;
/** Judged slower, so fewer: each run's time is drawn. */
const SLOW_SEEDS = 100;
const LOSS = 0.01;
/** From the start of a run to its failure. */
const RUN_MS = 200;
const OUTAGE_MS = 15 * 60_000;
/** Three references, and how many of them HugOps reached while all was well. */
const REFERENCES = ['a', 'b', 'c'];

/** mulberry32: the same weather in every run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Rule {
  name: string;
  rules: VerdictRules;
  /** Whether HugOps looks at its references before it calls anything down. */
  guarded: boolean;
}

const ruleOf = (name: string, locations: string[], threshold: number, guarded: boolean): Rule => ({
  name,
  guarded,
  rules: {
    locations,
    agreement: 'majority',
    intervalMs: INTERVAL_MS,
    thresholds: { failure: threshold, recovery: threshold },
  },
});
const three = ruleOf('majority of three, 2 failures', ['local', 'fra', 'nyc'], 2, true);
const single = ruleOf('one location, 2 failures', ['local'], 2, true);
const naive = ruleOf('one location, 1 failure', ['local'], 1, false);

/** A stretch in which a location reaches nothing, or in which the service is gone. */
interface Stretch {
  from: number;
  to: number;
}
const isIn = (at: number, stretches: readonly Stretch[]): boolean =>
  stretches.some(({ from, to }) => at >= from && at < to);

interface Weather {
  loss: number;
  /** By location: when it is cut off from everything. */
  cuts: ReadonlyMap<string, readonly Stretch[]>;
  outages: readonly Stretch[];
  /** What a run took in milliseconds; Infinity is a time-out. Undefined where it does not matter. */
  tookMs?: (at: number) => number;
}

interface Trial {
  incidents: number[];
  /** When each ended; the last may be open. */
  ends: number[];
  degradedMs: number;
}

/** Runs one check through the weather for `days`, and returns when it called. */
function runCheck(rule: Rule, weather: Weather, days: number, random: () => number): Trial {
  const { rules, guarded } = rule;
  const places = rules.locations.map((location) => ({
    location,
    phase: random() * INTERVAL_MS,
    cuts: weather.cuts.get(location) ?? [],
    /** The version of the state that an ok from here leaves as it is. */
    steady: -1,
    latency: undefined as LatencyBaseline | undefined,
  }));
  places.sort((a, b) => a.phase - b.phase);
  const trial: Trial = { incidents: [], ends: [], degradedMs: 0 };
  let state: VerdictState = newVerdictState(0);
  let version = 0;
  const armed = nextNetwork(newNetworkState, REFERENCES, 0).state;
  const rounds = Math.floor((days * DAY_MS) / INTERVAL_MS);
  for (let round = 0; round < rounds; round++) {
    for (const place of places) {
      const at = round * INTERVAL_MS + place.phase;
      const isCut = place.cuts.length > 0 && isIn(at, place.cuts);
      // A probe that is cut off delivers nothing; the server does not hear of it and misses it later.
      const totalMs = weather.tookMs?.(at);
      const failed = random() < weather.loss || isCut || totalMs === Infinity || isIn(at, weather.outages);
      const isSlow = !failed && totalMs !== undefined && isSlower(place.latency, totalMs);
      if (!failed && totalMs !== undefined) place.latency = learnLatency(place.latency, totalMs);
      if (!failed && !isSlow && place.steady === version) continue;
      const seen: Observation = { location: place.location, result: failed ? 'failed' : 'ok', isSlow };
      let step = nextCheckVerdict(state, seen, rules, at + RUN_MS);
      if (guarded && signalOf(state, step.state) === 'firing') {
        const local = weather.cuts.get('local') ?? [];
        const looked = nextNetwork(armed, isIn(at, local) ? [] : REFERENCES, at);
        if (looked.state.goneSince !== null) step = blindLocation(state, 'local', 'network-gone', rules, at);
      }
      const signal = signalOf(state, step.state);
      if (signal === 'firing') trial.incidents.push(at + RUN_MS);
      if (signal === 'ok') trial.ends.push(at + RUN_MS);
      if (isSameState(state, step.state)) place.steady = step.state.flapping === null ? version : -1;
      else version++;
      ({ state } = step);
    }
    if (state.verdict === 'degraded') trial.degradedMs += INTERVAL_MS;
  }
  return trial;
}

/** Stretches of some minutes at random times of the days. */
function stretches(count: number, days: number, minMs: number, maxMs: number, random: () => number): Stretch[] {
  return Array.from({ length: count }, () => {
    const from = (0.02 + 0.95 * random()) * days * DAY_MS;
    return { from, to: from + minMs + random() * (maxMs - minMs) };
  });
}

interface Scene {
  name: string;
  seeds: number;
  make(random: () => number): Weather;
}

const noCuts = new Map<string, Stretch[]>();
const cutsOf = (location: string, random: () => number): Map<string, Stretch[]> =>
  new Map([[location, stretches(2 * DAYS_PER_SEED, DAYS_PER_SEED, 60_000, 20 * 60_000, random)]]);

/** A time with a long tail around 120 ms; one run in five hundred never ends. */
function tail(random: () => number): number {
  if (random() < 0.002) return Infinity;
  return 120 * Math.exp(0.35 * (random() + random() + random() + random() - 2)) * (random() < 0.01 ? 10 : 1);
}

const scenes: Scene[] = [
  { name: '1% of runs fail', seeds: SEEDS, make: () => ({ loss: LOSS, cuts: noCuts, outages: [] }) },
  {
    name: '1%, a location cut off',
    seeds: SEEDS,
    make: (random) => ({ loss: LOSS, cuts: cutsOf('fra', random), outages: [] }),
  },
  {
    name: '1%, HugOps cut off',
    seeds: SEEDS,
    make: (random) => ({ loss: LOSS, cuts: cutsOf('local', random), outages: [] }),
  },
  {
    name: 'slow targets',
    seeds: SLOW_SEEDS,
    make(random) {
      const [slow] = stretches(1, DAYS_PER_SEED, 3_600_000, 3_600_000, random);
      return {
        loss: 0,
        cuts: noCuts,
        outages: [],
        tookMs: (at) => tail(random) * (slow !== undefined && isIn(at, [slow]) ? 8 : 1),
      };
    },
  },
  {
    name: '1%, an outage each',
    seeds: SEEDS,
    make: (random) => ({
      loss: LOSS,
      cuts: noCuts,
      outages: stretches(1, DAYS_PER_SEED, OUTAGE_MS, OUTAGE_MS, random),
    }),
  },
];

interface Score {
  scene: string;
  rule: Rule;
  checkDays: number;
  falseIncidents: number;
  missed: number;
  delaysMs: number[];
  degradedHours: number;
}

function score(scene: Scene, rule: Rule): Score {
  const total: Score = {
    scene: scene.name,
    rule,
    checkDays: 0,
    falseIncidents: 0,
    missed: 0,
    delaysMs: [],
    degradedHours: 0,
  };
  for (let seed = 1; seed <= scene.seeds; seed++) {
    const random = seeded(seed);
    const weather = scene.make(random);
    const { incidents, ends, degradedMs } = runCheck(rule, weather, DAYS_PER_SEED, random);
    total.checkDays += DAYS_PER_SEED;
    total.degradedHours += degradedMs / 3_600_000;
    total.falseIncidents += incidents.filter((at) => !isIn(at, weather.outages)).length;
    for (const outage of weather.outages) {
      // One that was open already, for a reason of its own, has called somebody.
      const wasOpen = incidents.some((at, index) => at < outage.from && (ends[index] ?? Infinity) > outage.from);
      const heard = wasOpen ? outage.from : incidents.find((at) => isIn(at, [outage]));
      if (heard === undefined) total.missed++;
      else total.delaysMs.push(heard - outage.from);
    }
  }
  return total;
}

const seconds = (ms: number | undefined): string => (ms === undefined ? '' : (ms / 1000).toFixed(1));

function printScore({ scene, rule, checkDays, falseIncidents, missed, delaysMs, degradedHours }: Score): void {
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const at = (share: number): string => seconds(sorted[Math.ceil(sorted.length * share) - 1]);
  const delays = sorted.length === 0 ? '' : `noticed after ${at(0.5)} s (p50), ${at(0.99)} s (p99), ${at(1)} s (max)`;
  const lost = sorted.length + missed === 0 ? '' : `missed ${missed}, `;
  const slow = degradedHours === 0 ? '' : `degraded ${degradedHours.toFixed(0)} h `;
  console.log(
    `${scene.padEnd(24)} ${rule.name.padEnd(30)} ${String(checkDays).padStart(6)} check-days  false ${String(falseIncidents).padStart(6)}  ${slow}${lost}${delays}`,
  );
}

export const bench: Bench = {
  name: 'verdict-trial',
  what: 'false incidents in 10,000 simulated check-days with 1% random failures, majority of three',
  floor: 'none; outages noticed within interval × threshold + 1 s, none missed',
  async run() {
    console.log(`${SEEDS} seeds of ${DAYS_PER_SEED} days, every ${INTERVAL_MS / 1000} s\n`);
    const scores: Score[] = [];
    for (const scene of scenes) {
      for (const rule of [three, single, naive]) {
        const one = score(scene, rule);
        scores.push(one);
        printScore(one);
      }
    }
    const judged = scores.filter((one) => one.rule === three);
    const lossy = judged.find((one) => one.scene === scenes[0]?.name);
    const limitMs = INTERVAL_MS * three.rules.thresholds.failure + 1000;
    const noticed = judged.flatMap((one) => one.delaysMs);
    const ok =
      lossy?.falseIncidents === 0 &&
      noticed.length > 0 &&
      noticed.every((ms) => ms <= limitMs) &&
      judged.every((one) => one.missed === 0);
    console.log(
      `\nlimit of the delay: ${seconds(limitMs)} s; longest with the majority: ${seconds(Math.max(...noticed))} s`,
    );
    return Promise.resolve({ figure: lossy?.falseIncidents ?? -1, unit: 'false incidents', ok });
  },
};
