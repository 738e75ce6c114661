import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  componentStatus,
  dayBars,
  dayStarts,
  dayVerdict,
  pageStatus,
  percentText,
  uptimeOf,
  worstOf,
} from '../../../src/domain/public-status.ts';
import { verdicts } from '../../../src/domain/words.ts';

const hour = 3_600_000;
const at = (text: string): number => Temporal.Instant.from(text).epochMilliseconds;

describe('a component', () => {
  test('takes the worst impact of the open public incidents', () => {
    const facts = { inMaintenance: false, verdict: 'down' as const };
    expect(componentStatus({ ...facts, incidentImpacts: ['degraded_performance', 'major_outage'] })).toEqual({
      status: 'major_outage',
      reason: 'incident',
    });
  });

  test('shows an incident before maintenance, and maintenance before its measurement', () => {
    expect(componentStatus({ incidentImpacts: ['partial_outage'], inMaintenance: true, verdict: 'up' }).status).toBe(
      'partial_outage',
    );
    expect(componentStatus({ incidentImpacts: [], inMaintenance: true, verdict: 'down' })).toEqual({
      status: 'under_maintenance',
      reason: 'maintenance',
    });
    expect(componentStatus({ incidentImpacts: ['operational'], inMaintenance: true, verdict: 'up' }).status).toBe(
      'under_maintenance',
    );
  });

  test('says unknown when nobody measures it, and never declares trouble from a verdict alone', () => {
    expect(componentStatus({ incidentImpacts: [], inMaintenance: false, verdict: 'unknown' })).toEqual({
      status: 'unknown',
      reason: 'not-measured',
    });
    expect(componentStatus({ incidentImpacts: [], inMaintenance: false, verdict: 'down' }).status).toBe('operational');
  });

  test('a group is as bad as its worst, and unknown only when all of it is', () => {
    expect(worstOf(['operational', 'partial_outage', 'under_maintenance'])).toBe('partial_outage');
    expect(worstOf(['unknown', 'operational'])).toBe('operational');
    expect(worstOf(['unknown', 'unknown'])).toBe('unknown');
    expect(worstOf([])).toBe('operational');
  });
});

describe('the line at the top', () => {
  test.each([
    [[], 'none', 'All Systems Operational'],
    [['operational', 'unknown'], 'none', 'All Systems Operational'],
    [['operational', 'under_maintenance'], 'maintenance', 'Service Under Maintenance'],
    [['degraded_performance', 'operational'], 'minor', 'Partially Degraded Service'],
    [['degraded_performance', 'degraded_performance'], 'minor', 'Degraded System Service'],
    [['partial_outage', 'operational'], 'minor', 'Minor Service Outage'],
    [['partial_outage'], 'major', 'Partial System Outage'],
    [['major_outage', 'operational'], 'major', 'Partial System Outage'],
    [['major_outage', 'major_outage'], 'critical', 'Major System Outage'],
  ] as const)('%j is %s: %s', (components, indicator, description) => {
    expect(pageStatus(components)).toEqual({ indicator, description });
  });

  test('an incident that names no component is not hidden behind green components', () => {
    expect(pageStatus(['operational'], ['minor'])).toEqual({ indicator: 'minor', description: 'Minor Service Outage' });
    expect(pageStatus([], ['minor', 'critical']).indicator).toBe('critical');
    expect(pageStatus(['under_maintenance'], ['major']).indicator).toBe('major');
  });
});

describe('day bars', () => {
  test('days of 23 and 25 hours are as long as they are', () => {
    const spring = dayStarts(at('2026-03-29T20:00:00Z'), 'Europe/Berlin', 2);
    expect(spring.map((start) => new Date(start).toISOString())).toEqual([
      '2026-03-27T23:00:00.000Z',
      '2026-03-28T23:00:00.000Z',
      '2026-03-29T22:00:00.000Z',
    ]);
    const [, sunday] = dayBars([{ at: 0, status: 'up' }], spring, at('2026-03-30T00:00:00Z'));
    expect(sunday).toEqual({ upMs: 23 * hour, degradedMs: 0, downMs: 0, unknownMs: 0 });

    const autumn = dayStarts(at('2026-10-25T20:00:00Z'), 'Europe/Berlin', 1);
    expect(dayBars([{ at: 0, status: 'down' }], autumn, at('2026-10-26T00:00:00Z'))[0]?.downMs).toBe(25 * hour);
  });

  test('a day that the zone skipped has no length', () => {
    const starts = dayStarts(at('2011-12-31T12:00:00Z'), 'Pacific/Apia', 4);
    const lengths = starts.slice(1).map((start, index) => (start - (starts[index] ?? 0)) / hour);
    expect(lengths).toEqual([24, 0, 24, 24]);
  });

  test('an outage over midnight is split, the time before the first change is unknown, and the future does not count', () => {
    const starts = dayStarts(at('2026-05-03T06:00:00Z'), 'UTC', 3);
    const bars = dayBars(
      [
        { at: at('2026-05-01T12:00:00Z'), status: 'up' },
        { at: at('2026-05-01T23:30:00Z'), status: 'down' },
        { at: at('2026-05-02T00:10:00Z'), status: 'degraded' },
        { at: at('2026-05-02T01:00:00Z'), status: 'up' },
      ],
      starts,
      at('2026-05-03T06:00:00Z'),
    );
    expect(bars).toEqual([
      { upMs: 11.5 * hour, degradedMs: 0, downMs: 0.5 * hour, unknownMs: 12 * hour },
      { upMs: 23 * hour, degradedMs: 50 * 60_000, downMs: 10 * 60_000, unknownMs: 0 },
      { upMs: 6 * hour, degradedMs: 0, downMs: 0, unknownMs: 0 },
    ]);
    expect(bars.map(dayVerdict)).toEqual(['down', 'down', 'up']);
    expect(uptimeOf(bars)).toBeCloseTo(1 - 40 / 60 / (24 + 12 + 6), 10);
  });

  test('unknown time is neither up nor down', () => {
    const starts = dayStarts(at('2026-05-02T00:00:00Z'), 'UTC', 2);
    expect(uptimeOf(dayBars([], starts, at('2026-05-02T12:00:00Z')))).toBeNull();
    const half = dayBars(
      [
        { at: at('2026-05-01T00:00:00Z'), status: 'up' },
        { at: at('2026-05-01T01:00:00Z'), status: 'unknown' },
      ],
      starts,
      at('2026-05-02T12:00:00Z'),
    );
    expect(uptimeOf(half)).toBe(1);
    expect(half[1]).toEqual({ upMs: 0, degradedMs: 0, downMs: 0, unknownMs: 12 * hour });
    expect(dayVerdict({ upMs: 0, degradedMs: 0, downMs: 0, unknownMs: 5 })).toBe('unknown');
  });

  test('whatever the changes, every passed millisecond is counted once', () => {
    const now = at('2026-10-26T09:00:00Z');
    const starts = dayStarts(now, 'Europe/Berlin', 5);
    const change = fc.record({
      at: fc.integer({ min: (starts[0] ?? 0) - 5 * hour, max: now + 5 * hour }),
      status: fc.constantFrom(...verdicts),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
        const bars = dayBars(
          changes.toSorted((a, b) => a.at - b.at),
          starts,
          now,
        );
        bars.forEach((bar, day) => {
          const length = Math.min(starts[day + 1] ?? 0, now) - (starts[day] ?? 0);
          expect(bar.upMs + bar.degradedMs + bar.downMs + bar.unknownMs).toBe(length);
        });
      }),
      { numRuns: 200 },
    );
  });
});

test('a percentage is never rounded up to 100', () => {
  expect(percentText(1)).toBe('100');
  expect(percentText(0.999_999)).toBe('99.99');
  expect(percentText(0.9995)).toBe('99.95');
  expect(percentText(0)).toBe('0.00');
});
