/** Where the program learns the time. Everything below takes `now` as an argument; only ticks and edges read the clock. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };
