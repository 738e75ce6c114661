import type { Clock } from '../../src/platform/clock.ts';

/** Time that stands still until a test moves it. */
export interface FakeClock extends Clock {
  advance(ms: number): void;
  set(at: number): void;
}

/** A clock that starts at `at`: ISO text or epoch milliseconds. */
export function fakeClock(at: string | number): FakeClock {
  let now = typeof at === 'number' ? at : Temporal.Instant.from(at).epochMilliseconds;
  return {
    now: () => now,
    advance(ms) {
      now += ms;
    },
    set(to) {
      now = to;
    },
  };
}
