import type { EpochMs } from './words.ts';

/** A reading of a wall clock in milliseconds, written down as though its zone were UTC. */
export type WallMs = number;

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

/** A time in which a zone keeps one offset from UTC. */
export interface Stretch {
  readonly fromAt: EpochMs;
  readonly untilAt: EpochMs;
  readonly offsetMs: number;
  /** The latest reading before `fromAt`: larger than the first reading of the stretch when clocks went back. */
  readonly furthestBefore: WallMs;
}

/** The wall clock of one zone. All methods throw RangeError outside the range of Temporal.Instant. */
export interface WallClock {
  readonly timeZone: string;
  /** What the clock shows. */
  wallAt(at: EpochMs): WallMs;
  /** The latest time that the clock has shown up to `at`: `wallAt`, but it stands still while the hour is repeated. */
  furthestAt(at: EpochMs): WallMs;
  /** The first instant at which the clock shows `wall` or a later time; the inverse of `furthestAt`. */
  reachedAt(wall: WallMs): EpochMs;
  stretchAt(at: EpochMs): Stretch;
}

// Both are memos of constant facts, bounded so that strange ids or far dates cannot grow them for ever.
const MAX_CLOCKS = 1024;
const MAX_STRETCHES = 512;
const clocks = new Map<string, WallClock>();

/** Throws RangeError when `timeZone` is neither an IANA name nor an offset. */
export function wallClock(timeZone: string): WallClock {
  const known = clocks.get(timeZone);
  if (known !== undefined) return known;
  const made = createWallClock(timeZone);
  if (clocks.size >= MAX_CLOCKS) clocks.clear();
  clocks.set(timeZone, made);
  return made;
}

export function isTimeZone(timeZone: string): boolean {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(timeZone);
    return true;
  } catch {
    return false;
  }
}

function createWallClock(timeZone: string): WallClock {
  if (!isTimeZone(timeZone)) throw new RangeError(`unknown time zone: ${timeZone}`);
  let stretches: Stretch[] = [];
  let latest: Stretch | undefined;

  function stretchAt(at: EpochMs): Stretch {
    if (latest !== undefined && latest.fromAt <= at && at < latest.untilAt) return latest;
    let low = 0;
    let high = stretches.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const stretch = stretches[middle];
      if (stretch !== undefined && stretch.fromAt <= at) low = middle + 1;
      else high = middle;
    }
    const found = stretches[low - 1];
    if (found !== undefined && at < found.untilAt) {
      latest = found;
      return found;
    }
    const read = readStretch(timeZone, at);
    if (stretches.length >= MAX_STRETCHES) {
      stretches = [read];
    } else {
      stretches.splice(low, 0, read);
    }
    latest = read;
    return read;
  }

  return {
    timeZone,
    stretchAt,
    wallAt: (at) => at + stretchAt(at).offsetMs,
    furthestAt: (at) => {
      const stretch = stretchAt(at);
      return Math.max(at + stretch.offsetMs, stretch.furthestBefore);
    },
    reachedAt: (wall) => {
      // Offsets are smaller than a day, so a day before `wall` read as UTC the clock cannot have shown it yet.
      let stretch = stretchAt(wall - DAY_MS);
      for (;;) {
        const at = Math.max(stretch.fromAt, wall - stretch.offsetMs);
        if (at < stretch.untilAt) return at;
        stretch = stretchAt(stretch.untilAt);
      }
    },
  };
}

function readStretch(timeZone: string, at: EpochMs): Stretch {
  const zoned = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);
  const next = zoned.getTimeZoneTransition('next');
  // 'previous' is strictly before, and a change exactly at `at` belongs to this stretch.
  const previous = zoned.add({ nanoseconds: 1 }).getTimeZoneTransition('previous');
  const fromAt = previous === null ? -Infinity : previous.epochMilliseconds;
  return {
    fromAt,
    untilAt: next === null ? Infinity : next.epochMilliseconds,
    offsetMs: zoned.offsetNanoseconds / 1_000_000,
    furthestBefore: fromAt === -Infinity ? -Infinity : furthestBefore(timeZone, fromAt),
  };
}

/** Two changes may follow each other within hours, so every stretch of the two days before is asked. */
function furthestBefore(timeZone: string, changeAt: EpochMs): WallMs {
  let furthest = -Infinity;
  let untilAt = changeAt;
  while (untilAt > changeAt - 2 * DAY_MS) {
    const before = Temporal.Instant.fromEpochMilliseconds(untilAt - 1).toZonedDateTimeISO(timeZone);
    furthest = Math.max(furthest, untilAt - 1 + before.offsetNanoseconds / 1_000_000);
    const previous = before.add({ nanoseconds: 1 }).getTimeZoneTransition('previous');
    if (previous === null) break;
    untilAt = previous.epochMilliseconds;
  }
  return furthest;
}
