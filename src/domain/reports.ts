import type { EpochMs } from './words.ts';

/** Reports of different visitors within this time are taken together. */
export const reportWindowMs = 10 * 60_000;
/** So many different visitors in the window are a signal of their own. */
export const reportThreshold = 5;
/** One visitor's report on one service counts once in this time. */
export const reportAgainMs = 30 * 60_000;

/** Whether the reports of the window are a signal, given whether they are one now. Ends at a fifth, so that it does not flap. */
export function reportsFire(distinctVisitors: number, firing: boolean): boolean {
  return firing ? distinctVisitors > reportThreshold / 5 : distinctVisitors >= reportThreshold;
}

/** The start of the window at `now`. */
export const windowStart = (now: EpochMs): EpochMs => now - reportWindowMs;
