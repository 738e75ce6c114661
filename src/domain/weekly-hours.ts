import { DAY_MS, HOUR_MS, MINUTE_MS } from './wall-clock.ts';
import type { WallMs } from './wall-clock.ts';

const TIME_OF_DAY = /^([01]\d|2[0-3]):([0-5]\d)$/;
const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7];

/**
 * Hours of the week on a wall clock. `days`, 1 (Monday) to 7, are those on which the hours
 * begin (left out: every day). When `to` is not
 * later than `from` the hours cross midnight and end on the next day; equal times are 24 hours.
 */
export interface WeeklyHours {
  readonly days?: readonly number[];
  /** 'HH:MM', 00:00 to 23:59. */
  readonly from: string;
  /** 'HH:MM', 00:00 to 24:00. */
  readonly to: string;
}

/** Where in the week a reading lies: the answer holds for all readings in [fromWall, untilWall). */
export interface WeekMoment {
  readonly inside: boolean;
  readonly fromWall: WallMs;
  readonly untilWall: WallMs;
}

/** Disjoint spans in milliseconds after Monday 00:00, ascending, none touching another. */
type WeekSpans = readonly { readonly from: number; readonly to: number }[];

const WEEK_MS = 7 * DAY_MS;
/** 1970-01-05 was a Monday. */
const FIRST_MONDAY = 4 * DAY_MS;

/** Milliseconds after midnight. Throws RangeError unless `text` is 'HH:MM' from 00:00 to 23:59. */
export function timeOfDay(text: string): number {
  const match = TIME_OF_DAY.exec(text);
  if (match === null) throw new RangeError(`not a time of day: ${text}`);
  return Number(match[1]) * HOUR_MS + Number(match[2]) * MINUTE_MS;
}

export function isTimeOfDay(text: string): boolean {
  return TIME_OF_DAY.test(text);
}

/** Start and length of the hours after the midnight of the day on which they begin. */
export function hoursOfDay(hours: WeeklyHours): { readonly from: number; readonly to: number } {
  const from = timeOfDay(hours.from);
  const to = hours.to === '24:00' ? DAY_MS : timeOfDay(hours.to);
  return { from, to: to > from ? to : to + DAY_MS };
}

export function isWeekday(day: number): boolean {
  return WEEKDAYS.includes(day);
}

/** 1 (Monday) to 7. */
export function weekdayOf(wall: WallMs): number {
  const sinceMonday = (Math.floor(wall / DAY_MS) + 3) % 7;
  return ((sinceMonday + 7) % 7) + 1;
}

/** A function that places a wall-clock reading in the week; hours that overlap or touch count as one. */
export function compileWeek(hours: readonly WeeklyHours[]): (wall: WallMs) => WeekMoment {
  const spans = mergedSpans(hours);
  return (wall) => {
    const monday = Math.floor((wall - FIRST_MONDAY) / WEEK_MS) * WEEK_MS + FIRST_MONDAY;
    const inWeek = wall - monday;
    let freeFrom = 0;
    for (const span of spans) {
      if (inWeek < span.from) return { inside: false, fromWall: monday + freeFrom, untilWall: monday + span.from };
      if (inWeek < span.to) return { inside: true, fromWall: monday + span.from, untilWall: monday + span.to };
      freeFrom = span.to;
    }
    return { inside: false, fromWall: monday + freeFrom, untilWall: monday + WEEK_MS };
  };
}

function mergedSpans(hours: readonly WeeklyHours[]): WeekSpans {
  const pieces: { from: number; to: number }[] = [];
  for (const window of hours) {
    const { from, to } = hoursOfDay(window);
    for (const day of new Set(window.days ?? WEEKDAYS)) {
      if (!isWeekday(day)) throw new RangeError(`not a weekday from 1 to 7: ${day}`);
      const midnight = (day - 1) * DAY_MS;
      pieces.push({ from: midnight + from, to: Math.min(midnight + to, WEEK_MS) });
      if (midnight + to > WEEK_MS) pieces.push({ from: 0, to: midnight + to - WEEK_MS });
    }
  }
  pieces.sort((a, b) => a.from - b.from);
  const merged: { from: number; to: number }[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (last !== undefined && piece.from <= last.to) last.to = Math.max(last.to, piece.to);
    else merged.push({ ...piece });
  }
  return merged;
}
