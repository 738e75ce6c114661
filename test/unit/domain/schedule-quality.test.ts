import { describe, expect, test } from 'vitest';
import { qualityScore } from '../../../src/domain/schedule-quality.ts';
import type { QualityPart, QualityScore } from '../../../src/domain/schedule-quality.ts';
import type { Layer, Schedule } from '../../../src/domain/schedule.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const MONDAY = Date.UTC(2026, 0, 5);
const THREE_WEEKS = { fromAt: MONDAY, untilAt: MONDAY + 21 * DAY };

const weekly: Layer = {
  id: 'l',
  people: ['alice', 'bob', 'charlie'],
  rotation: { kind: 'weekly', every: 1, handOffDay: 1, handOffTime: '00:00', start: '2026-01-05' },
};

function plan(layer: Partial<Layer>, more: Partial<Schedule> = {}): Schedule {
  return { id: 's', name: 's', timeZone: 'UTC', layers: [{ ...weekly, ...layer }], ...more };
}

function partOf(score: QualityScore, kind: QualityPart['kind']): QualityPart {
  const found = score.parts.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`no part ${kind}`);
  return found;
}

describe('the quality of a schedule', () => {
  test('is 100 when each of three has one week of three', () => {
    const score = qualityScore(plan({}), THREE_WEEKS);
    expect(score.score).toBe(100);
    expect(score.parts.map((one) => [one.kind, one.points, one.ofPoints, one.reason])).toEqual([
      ['coverage', 40, 40, 'fine'],
      ['load', 20, 20, 'fine'],
      ['nights', 15, 15, 'fine'],
      ['weekends', 15, 15, 'fine'],
      ['runs', 10, 10, 'fine'],
    ]);
    const week = {
      onCallMs: 7 * DAY,
      nightMs: 56 * HOUR,
      weekendMs: 2 * DAY,
      longestRunMs: 7 * DAY,
      beyondRunMs: 0,
      shifts: 1,
    };
    expect(score.people).toEqual(['alice', 'bob', 'charlie'].map((personId) => ({ personId, ...week })));
  });

  test('loses half of its coverage when one hour in twenty is open, all of it from one in ten', () => {
    const early = qualityScore(plan({ untilAt: MONDAY + 21 * DAY * 0.95 }), THREE_WEEKS);
    expect(partOf(early, 'coverage')).toEqual({
      kind: 'coverage',
      points: expect.closeTo(20, 9),
      ofPoints: 40,
      figure: expect.closeTo(0.05, 9),
      reason: 'gaps',
    });
    const half = qualityScore(plan({ restrictions: [{ from: '08:00', to: '20:00' }] }), THREE_WEEKS);
    expect(partOf(half, 'coverage').points).toBe(0);
    expect(partOf(half, 'nights').reason).toBe('fine');
  });

  test('tells which share of the hours would have to change hands', () => {
    // Two weeks and one instead of one and a half each: half a week of three, a sixth.
    const score = qualityScore(plan({ people: ['alice', 'alice', 'bob'] }), THREE_WEEKS);
    expect(partOf(score, 'load')).toEqual({
      kind: 'load',
      points: expect.closeTo(20 * (2 / 3), 9),
      ofPoints: 20,
      figure: expect.closeTo(1 / 6, 9),
      reason: 'uneven',
    });
    // Fourteen days in a row: seven of 21 lie beyond the seventh.
    expect(partOf(score, 'runs')).toEqual({
      kind: 'runs',
      points: expect.closeTo(10 / 3, 9),
      ofPoints: 10,
      figure: expect.closeTo(1 / 3, 9),
      reason: 'long-runs',
    });
    expect(score.score).toBe(Math.round(40 + 20 * (2 / 3) + 10 + 10 + 10 / 3));
  });

  test('does not ask of somebody who is away to do as much as the others', () => {
    const timeOff = [
      { id: '1', personId: 'charlie', fromAt: MONDAY - DAY, untilAt: MONDAY + 15 * DAY },
      { id: '2', personId: 'charlie', fromAt: MONDAY + 14 * DAY, untilAt: MONDAY + 22 * DAY },
    ];
    const score = qualityScore(plan({ people: ['alice', 'charlie', 'bob'] }, { timeOff }), THREE_WEEKS);
    // Bob stands in: one week to two, charlie's none is as it should be.
    expect(partOf(score, 'load').figure).toBeCloseTo(1 / 6, 9);
    expect(score.people.find((load) => load.personId === 'charlie')?.onCallMs).toBe(0);
  });

  test('a long run is broken by eight free hours, not by fewer', () => {
    const hours = (from: string, to: string): number =>
      qualityScore(plan({ people: ['alice'], restrictions: [{ from, to }] }), THREE_WEEKS).people[0]?.longestRunMs ?? 0;
    expect(hours('08:00', '00:00')).toBe(16 * HOUR);
    expect(hours('07:59', '00:00')).toBeGreaterThan(20 * DAY);
  });

  test('one person cannot share anything, nobody even less', () => {
    const alone = qualityScore(plan({ people: ['alice'] }), THREE_WEEKS);
    expect(alone.score).toBe(40);
    expect(alone.parts.map((one) => one.reason)).toEqual([
      'fine',
      'too-few-people',
      'too-few-people',
      'too-few-people',
      'long-runs',
    ]);
    const nobody = qualityScore(plan({ people: [] }), THREE_WEEKS);
    expect(nobody.score).toBe(0);
    expect(nobody.people).toEqual([]);
  });

  test('help from outside of the layers is not held against anybody', () => {
    const help = [{ id: 'o', personId: 'zoe', fromAt: MONDAY, untilAt: MONDAY + DAY }];
    const score = qualityScore(plan({}, { overrides: help }), THREE_WEEKS);
    expect(score.people.map((load) => load.personId)).toEqual(['alice', 'bob', 'charlie', 'zoe']);
    // Of 20 days alice has six, the others seven each: 1/30 would have to go to her.
    expect(partOf(score, 'load').figure).toBeCloseTo(1 / 30, 9);
  });

  test('nights are those of the person: two offices that follow the sun have none', () => {
    const rotation = { kind: 'daily', every: 1, handOffTime: '00:00', start: '2026-01-01' } as const;
    const day: Layer = { id: 'day', people: ['alice'], rotation, restrictions: [{ from: '08:00', to: '20:00' }] };
    const night: Layer = { id: 'night', people: ['bob'], rotation, restrictions: [{ from: '20:00', to: '08:00' }] };
    const schedule = plan({}, { layers: [day, night] });
    const here = qualityScore(schedule, THREE_WEEKS);
    expect(partOf(here, 'nights')).toEqual({ kind: 'nights', points: 0, ofPoints: 15, figure: 0.5, reason: 'uneven' });
    const there = qualityScore(schedule, {
      ...THREE_WEEKS,
      zoneOf: (personId) => (personId === 'bob' ? '-12:00' : undefined),
    });
    expect(partOf(there, 'nights').reason).toBe('fine');
    expect(there.score).toBeGreaterThan(here.score);
  });

  test('needs a time', () => {
    expect(() => qualityScore(plan({}), { fromAt: MONDAY, untilAt: MONDAY })).toThrow(RangeError);
  });
});
