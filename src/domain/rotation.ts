import { DAY_MS, HOUR_MS } from './wall-clock.ts';
import type { WallMs } from './wall-clock.ts';
import { isWeekday, timeOfDay, weekdayOf } from './weekly-hours.ts';

/**
 * When a layer hands over, told on the wall clock of its zone. Turn 0 begins with the first hand-off on or after `start`;
 * before it the rotation has nobody. All lengths are lengths on the clock face: a 12-hour rotation from 08:00 hands over at
 * 08:00 and 20:00 in summer and in winter.
 */
export type Rotation = RegularRotation | WeeklyRotation | MonthlyRotation | CustomRotation;

interface RotationStart {
  /** Local date 'YYYY-MM-DD'. */
  readonly start: string;
  /** 'HH:MM' of every hand-off; of the first one in an hourly rotation. */
  readonly handOffTime: string;
}

export interface RegularRotation extends RotationStart {
  readonly kind: 'hourly' | 'daily';
  readonly every: number;
}

export interface WeeklyRotation extends RotationStart {
  readonly kind: 'weekly';
  readonly every: number;
  /** 1 (Monday) to 7. */
  readonly handOffDay: number;
}

export interface MonthlyRotation extends RotationStart {
  readonly kind: 'monthly';
  readonly every: number;
  /** 1 to 31; in a shorter month its last day. */
  readonly handOffDayOfMonth: number;
}

export interface CustomRotation extends RotationStart {
  readonly kind: 'custom';
  /**
   * The RRULE value of RFC 5545, without DTSTART: that is `start` at `handOffTime`. It is read on the wall clock, so UNTIL is
   * a local time. After the last hand-off of a rule that ends, the last person keeps the turn.
   */
  readonly rule: string;
}

/**
 * Lists the hand-offs of a custom rotation from its start up to `untilWall` (exclusive; more is allowed), ascending, as
 * wall-clock readings: a rule expanded as though the zone were UTC. The domain then gives them to the zone.
 */
export type ExpandRule = (rotation: CustomRotation, untilWall: WallMs) => readonly WallMs[];

/** Turn `index` lasts for the readings [fromWall, untilWall); index -1 is the time before the first hand-off. */
export interface Turn {
  readonly index: number;
  readonly fromWall: WallMs;
  readonly untilWall: WallMs;
}

/** How far a custom rule is searched for its next hand-off before the turn counts as endless: RRULEs of leap years fit. */
const CUSTOM_SEARCH_MS = [400 * DAY_MS, 9 * 366 * DAY_MS] as const;

/** Throws RangeError when the rotation is malformed, and Error when it is custom and nothing expands it. */
export function compileRotation(rotation: Rotation, expand?: ExpandRule): (wall: WallMs) => Turn {
  switch (rotation.kind) {
    case 'hourly':
      return everyStep(firstWall(rotation), step(rotation.every) * HOUR_MS);
    case 'daily':
      return everyStep(firstWall(rotation), step(rotation.every) * DAY_MS);
    case 'weekly': {
      if (!isWeekday(rotation.handOffDay)) throw new RangeError(`not a weekday from 1 to 7: ${rotation.handOffDay}`);
      const first = firstWall(rotation);
      const wait = (rotation.handOffDay - weekdayOf(first) + 7) % 7;
      return everyStep(first + wait * DAY_MS, step(rotation.every) * 7 * DAY_MS);
    }
    case 'monthly':
      return everyMonth(rotation);
    case 'custom':
      if (expand === undefined) throw new Error('a custom rotation needs a function that expands its rule');
      return byRule(rotation, expand);
  }
}

function step(every: number): number {
  if (!Number.isInteger(every) || every < 1)
    throw new RangeError(`a rotation hands over every 1 or more, not ${every}`);
  return every;
}

/** The reading of `start` at `handOffTime`: the DTSTART of a custom rule. */
export function firstWall(rotation: RotationStart): WallMs {
  return wallOfDate(Temporal.PlainDate.from(rotation.start)) + timeOfDay(rotation.handOffTime);
}

function wallOfDate(date: Temporal.PlainDate): WallMs {
  return date.toZonedDateTime('UTC').epochMilliseconds;
}

function everyStep(first: WallMs, stepMs: number): (wall: WallMs) => Turn {
  return (wall) => {
    if (wall < first) return { index: -1, fromWall: -Infinity, untilWall: first };
    const index = Math.floor((wall - first) / stepMs);
    return { index, fromWall: first + index * stepMs, untilWall: first + (index + 1) * stepMs };
  };
}

function everyMonth(rotation: MonthlyRotation): (wall: WallMs) => Turn {
  const every = step(rotation.every);
  const day = rotation.handOffDayOfMonth;
  if (!Number.isInteger(day) || day < 1 || day > 31) throw new RangeError(`not a day of the month: ${day}`);
  const time = timeOfDay(rotation.handOffTime);
  const handOffIn = (month: number): WallMs => {
    const date = { year: Math.floor(month / 12), month: (((month % 12) + 12) % 12) + 1, day };
    return wallOfDate(Temporal.PlainDate.from(date, { overflow: 'constrain' })) + time;
  };
  const start = firstWall(rotation);
  const startMonth = monthOf(start);
  const firstMonth = handOffIn(startMonth) < start ? startMonth + 1 : startMonth;
  const first = handOffIn(firstMonth);
  return (wall) => {
    if (wall < first) return { index: -1, fromWall: -Infinity, untilWall: first };
    let index = Math.floor((monthOf(wall) - firstMonth) / every);
    let fromWall = handOffIn(firstMonth + index * every);
    if (wall < fromWall) {
      index -= 1;
      fromWall = handOffIn(firstMonth + index * every);
    }
    return { index, fromWall, untilWall: handOffIn(firstMonth + (index + 1) * every) };
  };
}

/** Months since the year 0. */
function monthOf(wall: WallMs): number {
  const date = Temporal.Instant.fromEpochMilliseconds(wall).toZonedDateTimeISO('UTC');
  return date.year * 12 + date.month - 1;
}

function byRule(rotation: CustomRotation, expand: ExpandRule): (wall: WallMs) => Turn {
  return (wall) => {
    for (const aheadMs of CUSTOM_SEARCH_MS) {
      const handOffs = expand(rotation, wall + aheadMs);
      const after = countUpTo(handOffs, wall);
      const untilWall = handOffs[after];
      if (untilWall !== undefined) return { index: after - 1, fromWall: handOffs[after - 1] ?? -Infinity, untilWall };
    }
    const all = expand(rotation, wall + 1);
    const index = countUpTo(all, wall) - 1;
    return { index, fromWall: all[index] ?? -Infinity, untilWall: Infinity };
  };
}

/** How many of the ascending `walls` are at or before `wall`. */
function countUpTo(walls: readonly WallMs[], wall: WallMs): number {
  let low = 0;
  let high = walls.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((walls[middle] ?? Infinity) <= wall) low = middle + 1;
    else high = middle;
  }
  return low;
}
