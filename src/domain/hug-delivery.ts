import type { EpochMs } from './words.ts';
import { nextWakingInstant, type PersonHours } from './waking-hours.ts';

/** Hugs wait so long for others to join them in one message. */
export const bundleWaitMs = 60 * 60_000;
/** A person gets at most one bundle in this time. */
export const bundleEveryMs = 12 * 60 * 60_000;

/**
 * When hugs for a person are due: in waking hours, together, and not too often. A hug never wakes anyone.
 * Undefined when the person has no waking hours at all; then the hugs wait in the archive.
 */
export function hugDueAt(hours: PersonHours, now: EpochMs, lastBundledAt: EpochMs | undefined): EpochMs | undefined {
  const earliest = Math.max(now + bundleWaitMs, (lastBundledAt ?? -Infinity) + bundleEveryMs);
  return nextWakingInstant(hours, earliest);
}
