import type { EpochMs } from './words.ts';

/** What one place has of the page that is to be there, and how the last attempts went. */
export interface PushState {
  /** The publication that it holds, by its time; undefined before it has any. */
  publishedAt: EpochMs | undefined;
  /** In a row; 0 once it took one. */
  failures: number;
  /** After a failure: not before then. */
  nextAttemptAt: EpochMs;
}

export type PushDecision =
  | { action: 'push'; reason: 'newer' | 'retry' }
  | { action: 'wait'; reason: 'has-it' | 'nothing-published' | 'failed-lately'; until?: EpochMs };

/**
 * Whether a place needs the publication now. A time that lies ahead of the clock says nothing about what the place has (a clock was set back), and is
 * not believed.
 */
export function decidePush(state: PushState, published: EpochMs | undefined, now: EpochMs): PushDecision {
  if (published === undefined) return { action: 'wait', reason: 'nothing-published' };
  const held = state.publishedAt !== undefined && state.publishedAt <= now ? state.publishedAt : undefined;
  if (held !== undefined && held >= published) return { action: 'wait', reason: 'has-it' };
  // A wait longer than any that is ever set was written by a clock that was ahead.
  const waits = state.failures > 0 && state.nextAttemptAt > now && state.nextAttemptAt - now <= longestToldMs;
  if (waits) return { action: 'wait', reason: 'failed-lately', until: state.nextAttemptAt };
  return { action: 'push', reason: state.failures > 0 ? 'retry' : 'newer' };
}

const firstWaitMs = 1_000;
const longestWaitMs = 60_000;
/** A place that says when it wants to be asked again is believed up to this. */
const longestToldMs = 10 * 60_000;

/** How long to wait after so many failures in a row, or as the place has told: 1, 2, 4 … 60 seconds. It is never given up. */
export function pushAgainAfterMs(failures: number, toldMs?: number): number {
  if (toldMs !== undefined) return Math.min(Math.max(toldMs, firstWaitMs), longestToldMs);
  return Math.min(firstWaitMs * 2 ** Math.min(failures - 1, 10), longestWaitMs);
}
