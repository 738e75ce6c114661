// Whether the newest bins are more than chance: windows from two bins to an hour that end now.
import { logTail } from './burst-tail.ts';

export interface Bin {
  readonly at: number;
  readonly count: number;
  /** Of the open bin: of the part that has passed. */
  readonly expected: number;
  readonly size: number;
  /** How much of the bin has passed: 1 once it is closed. */
  readonly share: number;
  /** Nobody watched. */
  readonly gap: boolean;
  readonly burst: boolean;
}

export interface Evidence {
  readonly observed: number;
  readonly expected: number;
  readonly factor: number;
  /** Of so many or more by chance; 0 when below what a double can hold. `logP` is its natural logarithm. */
  readonly pValue: number;
  readonly logP: number;
  readonly fromAt: number;
  readonly toAt: number;
}

/** Two bins for what is sudden, an hour for what creeps. */
const WINDOWS: readonly number[] = [2, 3, 6, 12];
/** One loud bin is a spike; a burst has a second one that is itself unusual. */
const LOUD_LOG_P = Math.log(0.02);
/** A window n times as long as two bins must be n^4 times less likely. */
const CREEP_PENALTY = 4;
/** How much louder than the second loudest bin the loudest may count. */
const SPIKE = 1.5;
/** Expected counts never go to nothing: a factor must stay a number. */
const LEAST_EXPECTED = 1e-6;

export function evidenceOf(observed: number, expected: number, size: number, fromAt: number, toAt: number): Evidence {
  const logP = Math.max(-1e6, logTail(observed, expected, size));
  return {
    observed,
    expected,
    factor: observed / Math.max(expected, LEAST_EXPECTED),
    pValue: Math.exp(logP),
    logP,
    fromAt,
    toAt,
  };
}

/** The first minutes of a bin have to be so much louder: a bin that is looked at five times has five chances. */
const isLoud = (bin: Bin, leastFactor: number): boolean =>
  bin.share > 0 &&
  bin.count > 0 &&
  bin.count >= leastFactor * bin.expected &&
  logTail(bin.count, bin.expected, bin.size) < LOUD_LOG_P / bin.share;

interface Limits {
  readonly onsetP: number;
  readonly leastFactor: number;
  readonly leastCount: number;
}

/**
 * A window as it would be had its loudest bin been hardly louder than the second loudest: a single spike, however high, is
 * the echo of one post, and trouble lasts. Null unless two bins in a row are loud.
 */
function withoutSpike(window: readonly Bin[], leastFactor: number): { observed: number; fromAt: number } | null {
  const loud = window.filter((bin) => isLoud(bin, leastFactor));
  const first = loud.find((bin) => loud.includes(window[window.indexOf(bin) + 1] ?? bin, loud.indexOf(bin) + 1));
  const second = loud.map((bin) => bin.count / Math.max(bin.expected, LEAST_EXPECTED)).toSorted((a, b) => b - a)[1];
  if (!first || second === undefined) return null;
  const observed = window.reduce((sum, bin) => sum + Math.min(bin.count, SPIKE * second * bin.expected), 0);
  return { observed, fromAt: first.at };
}

/** The most unlikely window that passes every limit, from its first loud bin on, or null. */
export function findBurst(
  bins: readonly Bin[],
  now: number,
  limits: Limits,
  sizeOfSum: (bins: number) => number,
): Evidence | null {
  const logLimit = Math.log(limits.onsetP);
  let best: Evidence | null = null;
  for (const length of WINDOWS) {
    const window = bins.slice(-length).filter((bin) => !bin.gap);
    let observed = 0;
    let expected = 0;
    for (const bin of window) {
      observed += bin.count;
      expected += bin.expected;
    }
    // The cheap limits first: most events of most services end here.
    if (observed < limits.leastCount || observed < limits.leastFactor * expected) continue;
    const lasting = withoutSpike(window, limits.leastFactor);
    if (!lasting || lasting.observed < limits.leastFactor * expected) continue;
    const logP = logTail(lasting.observed, expected, sizeOfSum(window.length));
    // What creeps is more often the day than an outage.
    if (logP >= Math.min(logLimit, best?.logP ?? 0) - CREEP_PENALTY * Math.log(length / 2)) continue;
    const pValue = Math.exp(logP);
    const factor = observed / Math.max(expected, LEAST_EXPECTED);
    best = { observed, expected, factor, pValue, logP, fromAt: lasting.fromAt, toAt: now };
  }
  return best;
}
