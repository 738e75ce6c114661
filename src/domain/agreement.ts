import {
  type BlindReason,
  blindStep,
  type Judged,
  type LocationState,
  newLocationState,
  nextVerdict,
  type ResultKind,
  slowRuns,
  stepTo,
  type Thresholds,
  type VerdictReason,
  type VerdictState,
  type VerdictStep,
} from './verdict.ts';
import type { EpochMs } from './words.ts';

/** How many of a check's locations must see it down: a number, or one of these words. */
export const agreementWords = ['any', 'majority', 'all'] as const;
export type Agreement = (typeof agreementWords)[number] | number;

/** By what a check is judged. */
export interface VerdictRules {
  thresholds: Thresholds;
  intervalMs: number;
  /** Where it is run from, at least one. */
  locations: readonly string[];
  agreement: Agreement;
}

export interface Observation {
  location: string;
  result: ResultKind;
  /** Whether it took longer than this check usually does. */
  isSlow: boolean;
}

/** Locations that must agree. `all` means those that can see, and never fewer than a majority. */
export function neededLocations(agreement: Agreement, count: number, seeing: number): number {
  const majority = Math.floor(count / 2) + 1;
  if (agreement === 'any') return 1;
  if (agreement === 'majority') return majority;
  if (agreement === 'all') return Math.max(majority, seeing);
  return Math.min(agreement, count);
}

/** Turns that make a check flap, and within how long: at least twenty minutes, and long enough for a slow check to turn at all. */
const flapTurns = 4;
const flapWindowMs = (intervalMs: number): number => Math.max(20 * 60_000, 20 * intervalMs);
/** How long a flapping check must hold before it is believed to be up. */
export const steadyAfterMs = (intervalMs: number): number => Math.max(5 * 60_000, 10 * intervalMs);

/**
 * The verdict of a check after one more result from one of its locations. With one location it is that location's verdict; with several, each counts
 * by itself and `agree` says what they amount to. One that keeps going down and coming up is held as down until it is steady.
 */
export function nextCheckVerdict(
  state: VerdictState,
  seen: Observation,
  rules: VerdictRules,
  now: EpochMs,
): VerdictStep {
  // A location that was taken off the check may still deliver what it saw.
  if (!rules.locations.includes(seen.location))
    return stepTo(state, { verdict: state.verdict, reason: state.reason }, {}, now);
  if (rules.locations.length === 1) {
    const step = nextVerdict(alone(state), seen.result, rules.thresholds, now, seen.isSlow);
    return holdFlapping(state, step, rules, now);
  }
  const place = state.locations?.[seen.location] ?? newLocationState(now);
  const own = nextVerdict(place, seen.result, rules.thresholds, now, seen.isSlow);
  return settle(state, seen.location, own.state, rules, now);
}

/** What other locations said before they were taken off the check is forgotten. */
const alone = (state: VerdictState): VerdictState => (state.locations === null ? state : { ...state, locations: null });

/** One location cannot see any more: its probe is gone, or its network. The verdict is what the others amount to. */
export function blindLocation(
  state: VerdictState,
  location: string,
  reason: BlindReason,
  rules: VerdictRules,
  now: EpochMs,
): VerdictStep {
  if (!rules.locations.includes(location))
    return stepTo(state, { verdict: state.verdict, reason: state.reason }, {}, now);
  if (rules.locations.length === 1) return blindStep(alone(state), reason, now);
  const place = state.locations?.[location] ?? newLocationState(now);
  return settle(state, location, blindStep(place, reason, now).state, rules, now);
}

function settle(
  state: VerdictState,
  location: string,
  place: LocationState,
  rules: VerdictRules,
  now: EpochMs,
): VerdictStep {
  const known = state.locations?.[location];
  // Locations that were taken off the check are forgotten here.
  const locations =
    known !== undefined &&
    isSameLocation(known, place) &&
    Object.keys(state.locations ?? {}).length <= rules.locations.length
      ? state.locations
      : Object.fromEntries(
          rules.locations.flatMap((name) => {
            const one = name === location ? place : state.locations?.[name];
            return one === undefined ? [] : [[name, one]];
          }),
        );
  const places = rules.locations.map((name) => locations?.[name] ?? newLocationState(now));
  const judged = agree(state, places, rules);
  const failures = Math.max(...places.map((one) => one.failures));
  const successes = Math.min(...places.map((one) => one.successes));
  const step = stepTo(state, judged, { locations, failures, successes }, now);
  return holdFlapping(state, step, rules, now);
}

export const isSameLocation = (a: LocationState, b: LocationState): boolean =>
  a.verdict === b.verdict &&
  a.since === b.since &&
  a.reason === b.reason &&
  a.failures === b.failures &&
  a.successes === b.successes &&
  a.settled === b.settled &&
  a.slow === b.slow;

const isUp = (place: LocationState): boolean => place.verdict === 'up' || place.verdict === 'degraded';

/**
 * What the locations amount to. Where one of them has just seen it work, the others must have failed once more than the threshold: two lines that
 * lose packets at the same moment are likelier than one would think (bench/verdict-trial.ts).
 */
function agree(before: VerdictState, places: readonly LocationState[], rules: VerdictRules): Judged {
  const seeing = places.filter((place) => place.verdict !== 'unknown').length;
  const needed = neededLocations(rules.agreement, places.length, seeing);
  const down = places.filter((place) => place.verdict === 'down');
  const ups = places.filter(isUp).length;
  if (before.settled !== 'down') {
    const isDisputed = needed > 1 && places.some((place) => isUp(place) && place.failures === 0);
    const wanted = rules.thresholds.failure + (isDisputed ? 1 : 0);
    if (down.filter((place) => place.failures >= wanted).length >= needed)
      return { verdict: 'down', reason: 'locations-agree' };
    if (ups > 0) return whenUp(before, places, needed, down.length);
    if (down.length > 0) return { verdict: 'unknown', reason: 'too-few-locations-look' };
    return whenBlind(before, places);
  }
  if (down.length >= needed)
    return { verdict: 'down', reason: before.verdict === 'unknown' ? 'sight-regained' : 'still-down' };
  // Not seeing a fire does not put it out: those that cannot look, and did not see it work before, may still see it.
  const possible = places.filter(
    (place) => !isUp(place) && (place.verdict === 'down' || place.settled !== 'up'),
  ).length;
  if (possible >= needed || ups === 0) {
    return places.some((place) => place.verdict === 'unknown' && place.reason !== 'no-result-yet')
      ? { verdict: 'unknown', reason: 'too-few-locations-look' }
      : { verdict: before.verdict, reason: 'recovering-below-threshold' };
  }
  return { verdict: 'up', reason: 'recovery-threshold-reached' };
}

function whenUp(before: VerdictState, places: readonly LocationState[], needed: number, downs: number): Judged {
  const slow = places.filter((place) => place.verdict === 'degraded' || place.slow === slowRuns).length;
  if (slow >= needed) return { verdict: 'degraded', reason: 'slower-than-usual' };
  let reason: VerdictReason = 'still-up';
  if (before.settled === null) reason = 'first-success';
  else if (before.verdict === 'unknown') reason = 'sight-regained';
  else if (before.verdict === 'degraded') reason = 'as-quick-as-usual';
  else if (downs > 0) reason = 'too-few-locations-agree';
  return { verdict: 'up', reason };
}

/** Nobody sees it up and nobody sees it down. */
function whenBlind(before: VerdictState, places: readonly LocationState[]): Judged {
  const [why] = places.filter((place) => place.reason !== 'no-result-yet' && place.failures === 0);
  if (why !== undefined && places.every((place) => place.failures === 0))
    return { verdict: 'unknown', reason: why.reason };
  return { verdict: before.verdict, reason: 'failing-below-threshold' };
}

/**
 * Keeps a check that came up and went down within the window as down, in the incident that is open, until it is steady. Nobody is called again for
 * what they are working on, and nobody is told that it is over when it is not.
 */
function holdFlapping(before: VerdictState, step: VerdictStep, rules: VerdictRules, now: EpochMs): VerdictStep {
  const isDown = step.state.settled === 'down';
  if (before.flapping !== null && before.settled === 'down') {
    if (isDown) {
      const isFailing = step.state.failures >= rules.thresholds.failure;
      return isFailing ? { ...step, state: { ...step.state, flapping: now } } : step;
    }
    if (now - before.flapping < steadyAfterMs(rules.intervalMs)) return held(before, step, before.flapping);
    return {
      ...step,
      reason: 'steady-again',
      state: { ...step.state, reason: 'steady-again', turns: [], flapping: null },
    };
  }
  if (before.settled === null || step.state.settled === before.settled) return step;
  const recent = before.turns.filter((at) => now - at < flapWindowMs(rules.intervalMs));
  if (!isDown && recent.length >= flapTurns - 1) return held(before, step, now);
  return { ...step, state: { ...step.state, turns: [...recent, now].slice(-(flapTurns - 1)) } };
}

/** It would be up, and is held as down. */
function held(before: VerdictState, step: VerdictStep, since: EpochMs): VerdictStep {
  const verdict = 'down' as const;
  const state: VerdictState = {
    ...step.state,
    verdict,
    settled: 'down',
    since: before.verdict === verdict ? before.since : step.state.since,
    reason: 'flapping',
    flapping: since,
  };
  return { state, verdict, changed: before.verdict !== verdict, reason: 'flapping' };
}
