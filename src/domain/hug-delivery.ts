import { isWaking, nextWakingInstant, type PersonHours } from './waking-hours.ts';
import { DAY_MS } from './wall-clock.ts';
import type { EpochMs, WakingHours } from './words.ts';

/** Hugs wait so long for others to join them in one message. */
export const bundleWaitMs = 60 * 60_000;
/** A person gets at most one bundle in this time. */
export const bundleEveryMs = 12 * 60 * 60_000;
/** While somebody has an open incident, thanks wait, and are looked at again after this. */
export const busyWaitMs = 30 * 60_000;

/** When a person may be thanked: awake, at work, not on holiday and not away. All of it, always. */
export interface ThankableHours {
  /** Waking hours, with the holidays. */
  readonly waking: PersonHours;
  /** Working hours in the same zone, where the person has stated them. */
  readonly working?: WakingHours | null | undefined;
  readonly timeOff?: readonly { readonly fromAt: EpochMs; readonly untilAt: EpochMs }[];
}

/** As long as waking hours are looked for. */
const lookAheadMs = 400 * DAY_MS;

/** Whether a hug may reach the person at this instant, as far as the clock goes. Throws RangeError when the hours are malformed. */
export function isThankable(hours: ThankableHours, at: EpochMs): boolean {
  return (
    isWaking(hours.waking, at) &&
    (!hours.working || isWaking(atWork(hours, hours.working), at)) &&
    awayUntil(hours, at) === undefined
  );
}

/**
 * The first instant at or after `at` in which the person may be thanked; undefined when there is none in the next 400 days. Throws
 * RangeError when the hours are malformed.
 */
export function nextThankable(hours: ThankableHours, at: EpochMs): EpochMs | undefined {
  const endAt = at + lookAheadMs;
  for (let from = at; from < endAt;) {
    const awake = nextWakingInstant(hours.waking, from);
    if (awake === undefined) return undefined;
    const working = !hours.working ? awake : nextWakingInstant(atWork(hours, hours.working), awake);
    if (working === undefined) return undefined;
    const back = awayUntil(hours, working);
    if (working === awake && back === undefined) return awake;
    // Each turn goes forward: to the working hours, or to the end of the time off.
    from = back ?? working;
  }
  return undefined;
}

const atWork = (hours: ThankableHours, working: WakingHours): PersonHours => ({ ...hours.waking, ...working });

function awayUntil(hours: ThankableHours, at: EpochMs): EpochMs | undefined {
  const spans = (hours.timeOff ?? []).filter((span) => span.fromAt <= at && at < span.untilAt);
  return spans.length === 0 ? undefined : Math.max(...spans.map((span) => span.untilAt));
}

/**
 * When hugs for a person are due: together, and not too often, in an hour in which they may be thanked. A hug never wakes anyone.
 * Undefined when the person has no such hours at all; then the hugs wait in the archive.
 */
export function hugDueAt(hours: ThankableHours, now: EpochMs, lastBundledAt: EpochMs | undefined): EpochMs | undefined {
  const earliest = Math.max(now + bundleWaitMs, (lastBundledAt ?? -Infinity) + bundleEveryMs);
  return nextThankable(hours, earliest);
}
