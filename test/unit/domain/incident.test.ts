import { describe, expect, test } from 'vitest';
import { isWorse, placeSignal } from '../../../src/domain/correlation.ts';
import { durationWords } from '../../../src/domain/duration.ts';
import { bundleEveryMs, bundleWaitMs, hugDueAt } from '../../../src/domain/hug-delivery.ts';
import { acknowledge, autoUpdate, publicTitle } from '../../../src/domain/incident.ts';
import { reportsFire, reportThreshold } from '../../../src/domain/reports.ts';

describe('placing a signal', () => {
  const firing = { status: 'firing' as const };
  const alert = { id: 'al', incidentId: 'in' };

  test.each([
    ['the first trouble opens', { signal: firing, inMaintenance: false }, 'open'],
    [
      'a known key repeats, also in maintenance',
      { signal: firing, alert, open: { id: 'in' }, inMaintenance: true },
      'repeat',
    ],
    ['another key joins', { signal: firing, open: { id: 'in' }, inMaintenance: false }, 'join'],
    ['maintenance mutes what would open', { signal: firing, inMaintenance: true }, 'mute'],
    [
      'good news clears, also in maintenance',
      { signal: { status: 'ok' as const }, alert, inMaintenance: true },
      'clear',
    ],
    [
      'good news about nothing is ignored',
      { signal: { status: 'ok' as const }, open: { id: 'in' }, inMaintenance: false },
      'ignore',
    ],
  ])('%s', (_, facts, action) => {
    expect(placeSignal(facts).action).toBe(action);
  });

  test('critical is worse than major is worse than minor', () => {
    expect(isWorse('critical', 'major')).toBe(true);
    expect(isWorse('minor', 'major')).toBe(false);
    expect(isWorse('major', 'major')).toBe(false);
  });
});

describe('an incident', () => {
  test('can be acknowledged until it is over', () => {
    expect(acknowledge('triggered', false)).toMatchObject({ allowed: true, changed: true });
    expect(acknowledge('acknowledged', false)).toMatchObject({ allowed: true, changed: false });
    expect(acknowledge('resolved', false)).toEqual({ allowed: false, reason: 'already-resolved' });
    expect(acknowledge('triggered', true)).toEqual({ allowed: false, reason: 'merged' });
  });

  test('tells the public what it means to them, without an exclamation mark', () => {
    for (const severity of ['critical', 'major', 'minor'] as const)
      expect(publicTitle('Checkout', severity)).toContain('Checkout');
    for (const moment of ['opened', 'acknowledged', 'resolved'] as const)
      expect(autoUpdate(moment, 'Checkout')).not.toContain('!');
  });
});

describe('reports', () => {
  test('fire at the threshold and end far below it', () => {
    expect(reportsFire(reportThreshold - 1, false)).toBe(false);
    expect(reportsFire(reportThreshold, false)).toBe(true);
    expect(reportsFire(2, true)).toBe(true);
    expect(reportsFire(1, true)).toBe(false);
  });
});

describe('the delivery of hugs', () => {
  const waking = { timeZone: 'Europe/Berlin', days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' };
  const hours = { waking };
  const at = (text: string): number => Temporal.Instant.from(text).epochMilliseconds;

  test('waits for others, for the morning, and for half a day after the last bundle', () => {
    expect(hugDueAt(hours, at('2026-12-01T10:00:00Z'), undefined)).toBe(at('2026-12-01T10:00:00Z') + bundleWaitMs);
    expect(hugDueAt(hours, at('2026-12-01T22:00:00Z'), undefined)).toBe(at('2026-12-02T08:00:00Z'));
    expect(hugDueAt(hours, at('2026-12-04T16:30:00Z'), undefined)).toBe(at('2026-12-07T08:00:00Z'));
    const last = at('2026-12-01T08:00:00Z');
    expect(hugDueAt(hours, at('2026-12-01T09:00:00Z'), last)).toBe(at('2026-12-02T08:00:00Z'));
    expect(last + bundleEveryMs).toBeGreaterThan(at('2026-12-01T16:00:00Z'));
    expect(hugDueAt({ waking: { ...waking, days: [] } }, at('2026-12-01T10:00:00Z'), undefined)).toBeUndefined();
  });
});

test('durations are said as a person would', () => {
  expect([0, 1_000, 42_000, 180_000, 3_600_000, 11_520_000, 200_000_000].map(durationWords)).toEqual([
    '0 seconds',
    '1 second',
    '42 seconds',
    '3 min',
    '1 h',
    '3 h 12 min',
    '2 days 7 h',
  ]);
});
