import { wallClock, DAY_MS } from './wall-clock.ts';
import type { WallMs } from './wall-clock.ts';
import { hoursOfDay, weekdayOf } from './weekly-hours.ts';
import type { EpochMs, WakingHours } from './words.ts';

/**
 * The hours in which a person may be thanked. `days` (1 Monday to 7) and `holidays` (local dates 'YYYY-MM-DD', nobody is thanked
 * on them) name the day on which the hours begin: for somebody awake from 18:00 to 02:00, Friday's hours end on Saturday at
 * 02:00. `to` not later than `from` crosses midnight; equal times are 24 hours.
 *
 * The law is strict about daylight saving: an instant is a waking one only if the clock on the wall shows a time in these
 * hours then, also in the second of two repeated hours.
 */
export interface PersonHours extends WakingHours {
  readonly timeZone: string;
  readonly holidays?: readonly string[];
}

/** A free day is looked for this far ahead: a year of holidays and a little. */
const LOOK_AHEAD_DAYS = 400;

/** Whether a hug may be delivered at this instant. Throws RangeError when the hours are malformed. */
export function isWaking(hours: PersonHours, at: EpochMs): boolean {
  return allowed(compile(hours), wallClock(hours.timeZone).wallAt(at));
}

/**
 * The first instant at or after `at` that lies in the person's hours; undefined when there is none in the next 400 days (no
 * days, or holidays only). Throws RangeError when the hours are malformed.
 */
export function nextWakingInstant(hours: PersonHours, at: EpochMs): EpochMs | undefined {
  const compiled = compile(hours);
  if (compiled.days.size === 0) return undefined;
  const clock = wallClock(hours.timeZone);
  const endAt = at + LOOK_AHEAD_DAYS * DAY_MS;
  let stretch = clock.stretchAt(at);
  let begin = at;
  while (begin < endAt) {
    // Within a stretch the clock runs evenly, so the search is on the wall and the answer only has to lie in the stretch.
    const end = Math.min(stretch.untilAt, endAt);
    const wall = nextAllowed(compiled, begin + stretch.offsetMs, end + stretch.offsetMs);
    if (wall !== undefined) return wall - stretch.offsetMs;
    if (end === endAt) return undefined;
    begin = stretch.untilAt;
    stretch = clock.stretchAt(begin);
  }
  return undefined;
}

interface Compiled {
  readonly days: ReadonlySet<number>;
  /** Midnights, as wall-clock readings, of the holidays. */
  readonly holidays: ReadonlySet<WallMs>;
  /** Milliseconds after the midnight on which the hours begin. */
  readonly from: number;
  readonly to: number;
}

function compile(hours: PersonHours): Compiled {
  const midnights = (hours.holidays ?? []).map(
    (date) => Temporal.PlainDate.from(date).toZonedDateTime('UTC').epochMilliseconds,
  );
  const days = new Set(hours.days.filter((day) => day >= 1 && day <= 7));
  return { days, holidays: new Set(midnights), ...hoursOfDay(hours) };
}

function isFreeDay(compiled: Compiled, midnight: WallMs): boolean {
  return compiled.days.has(weekdayOf(midnight)) && !compiled.holidays.has(midnight);
}

function allowed(compiled: Compiled, wall: WallMs): boolean {
  const today = Math.floor(wall / DAY_MS) * DAY_MS;
  return [today - DAY_MS, today].some(
    (midnight) => isFreeDay(compiled, midnight) && midnight + compiled.from <= wall && wall < midnight + compiled.to,
  );
}

/** The first allowed reading in [wall, untilWall). */
function nextAllowed(compiled: Compiled, wall: WallMs, untilWall: WallMs): WallMs | undefined {
  const today = Math.floor(wall / DAY_MS) * DAY_MS;
  for (let midnight = today - DAY_MS; midnight + compiled.from < untilWall; midnight += DAY_MS) {
    if (!isFreeDay(compiled, midnight)) continue;
    const reading = Math.max(wall, midnight + compiled.from);
    if (reading < midnight + compiled.to && reading < untilWall) return reading;
  }
  return undefined;
}
