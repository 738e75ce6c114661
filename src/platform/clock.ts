/** Where the program learns the time. Everything below takes `now` as an argument; only ticks and edges read the clock. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** How many of its milliseconds pass in one of the machine's; 1 when left out. Only a replay has another; 0 stands still. */
  readonly speed?: number;
}

export const systemClock: Clock = { now: () => Date.now() };

/**
 * How long a timer of the machine must run for so many milliseconds of the clock. However fast that runs, the timer runs for `shortestMs` of the
 * machine's at least: rows that nobody waits for are not asked for a thousand times a second. One that stands still may run on at any moment.
 */
export function machineMs(clock: Clock, ms: number, shortestMs: number): number {
  const { speed = 1 } = clock;
  if (speed === 1) return ms;
  const least = Math.min(ms, shortestMs);
  return speed === 0 ? least : Math.max(least, ms / speed);
}

/** From the machine's instant `realAt` on, the clock shows `at` and goes on at `speed`. All epoch milliseconds. */
export interface Pace {
  realAt: number;
  at: number;
  speed: number;
}

export interface ScaledClock extends Clock {
  readonly speed: number;
  /** What the machine's clock will show when this one shows `at`; epoch milliseconds. Infinity while it stands. */
  realTimeOf(at: number): number;
  setPace(pace: Pace): void;
}

/** A clock that runs at a pace of its own. Two processes on one machine that were told the same pace agree. */
export function scaledClock(first: Pace): ScaledClock {
  let pace = first;
  return {
    now: () => Math.floor(pace.at + (Date.now() - pace.realAt) * pace.speed),
    get speed() {
      return pace.speed;
    },
    realTimeOf: (at) => (pace.speed === 0 ? Number.POSITIVE_INFINITY : pace.realAt + (at - pace.at) / pace.speed),
    setPace(next) {
      pace = next;
    },
  };
}
