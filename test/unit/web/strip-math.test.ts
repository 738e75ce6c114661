import { describe, expect, test } from 'vitest';
import { daysFrom, pieceOf } from '../../../web/src/pages/strip-math.ts';

const hour = 3_600_000;

describe('the days of the strip', () => {
  test('are midnights of the reader, one after another, with the end of the last', () => {
    const now = new Date(2026, 11, 4, 10, 41).getTime();
    const days = daysFrom(now, 14);
    expect(days).toHaveLength(15);
    expect(days[0]).toBe(new Date(2026, 11, 4).getTime());
    expect(days[14]).toBe(new Date(2026, 11, 18).getTime());
    expect(days.every((day) => new Date(day).getHours() === 0)).toBe(true);
  });

  test('go on over the end of a year and over days of 23 and 25 hours', () => {
    for (const start of [new Date(2026, 2, 27), new Date(2026, 9, 23), new Date(2026, 11, 30)]) {
      const days = daysFrom(start.getTime() + 13 * hour, 7).map((day) => new Date(day));
      expect(days.map((day) => day.getHours())).toEqual(Array.from({ length: 8 }, () => 0));
      expect(new Set(days.map((day) => day.toDateString())).size).toBe(8);
    }
  });
});

describe('a piece of the strip', () => {
  const week = { fromAt: 0, untilAt: 100 * hour };
  test('is where the span lies, in percent', () => {
    expect(pieceOf({ fromAt: 25 * hour, untilAt: 50 * hour }, week)).toEqual({ start: 25, width: 25 });
  });
  test('is cut at both ends', () => {
    expect(pieceOf({ fromAt: -hour, untilAt: 10 * hour }, week)).toEqual({ start: 0, width: 10 });
    expect(pieceOf({ fromAt: 90 * hour, untilAt: 900 * hour }, week)).toEqual({ start: 90, width: 10 });
  });
  test('is nothing outside, and nothing where it only touches', () => {
    expect(pieceOf({ fromAt: 100 * hour, untilAt: 120 * hour }, week)).toBeUndefined();
    expect(pieceOf({ fromAt: -5 * hour, untilAt: 0 }, week)).toBeUndefined();
  });
});
