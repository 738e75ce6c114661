import { describe, expect, test } from 'vitest';
import { type AnomalySignal, type AnomalyState, createAnomaly, stepAnomaly } from '../../../src/detect/anomaly.ts';
import { seededRandom } from '../../harness/seeded-random.ts';

const STEP = 300_000;
const START = Date.UTC(2026, 0, 5);

/** A day's curve with noise, the same in every run. */
function daily(length: number): number[] {
  const next = seededRandom(1);
  return Array.from({ length }, (_, i) => 100 + 30 * Math.sin((2 * Math.PI * i) / 288) + 8 * (next() - 0.5));
}

function play(values: readonly number[], from: AnomalyState = createAnomaly(), offset = 0) {
  let state = from;
  const signals: AnomalySignal[] = [];
  const scores: number[] = [];
  values.forEach((value, i) => {
    const at = START + (offset + i) * STEP;
    const [next, found] = stepAnomaly(state, { at, value }, at);
    state = next;
    scores.push(state.score);
    signals.push(...found);
  });
  return { state, signals, scores };
}

describe('what is found', () => {
  test('a spike on a daily curve is found at once, with its evidence', () => {
    const values = daily(3000);
    values[2500] = 400;
    const { signals } = play(values);
    const spike = signals.find(({ value }) => value === 400);
    expect(spike).toMatchObject({ kind: 'anomaly', at: START + 2500 * STEP, direction: 'up' });
    expect(spike?.expected).toBeGreaterThan(60);
    expect(spike?.expected).toBeLessThan(140);
    expect(spike?.reasons.map(({ reason }) => reason)).toContain('above-hours');
    for (const { rarity } of spike?.reasons ?? []) expect(rarity).toBeLessThan(0.08);
  });

  test('a day without its daytime is found, though every value of it is usual at night', () => {
    const values = daily(3000).map((value, i) => (i >= 2592 && i < 2880 ? 71 : value));
    const found = play(values).signals.filter(({ at }) => at >= START + 2592 * STEP && at < START + 2880 * STEP);
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]?.direction).toBe('down');
  });

  test('a level shift is one alert, not one a sample', () => {
    const values = daily(3500).map((value, i) => (i >= 2500 ? value + 300 : value));
    const after = play(values).signals.filter(({ at }) => at >= START + 2500 * STEP);
    expect(after.length).toBeGreaterThan(0);
    expect(after.length).toBeLessThan(4);
    expect(after[0]?.at).toBe(START + 2500 * STEP);
  });

  test('a flat line, and a plain daily curve after its first days, say nothing', () => {
    expect(play(Array.from({ length: 3000 }, () => 45)).signals).toEqual([]);
    const exact = Array.from({ length: 3000 }, (_, i) => 100 + 30 * Math.sin((2 * Math.PI * i) / 288));
    expect(play(exact).signals.filter(({ at }) => at > START + 900 * STEP)).toEqual([]);
  });
});

describe('what the engine promises', () => {
  test('the unit of the metric does not matter', () => {
    const values = daily(2000);
    values[1500] = 300;
    const { scores } = play(values);
    // Powers of two: the very same arithmetic.
    expect(play(values.map((value) => value * 1024)).scores).toEqual(scores);
    expect(play(values.map((value) => value / 1024)).scores).toEqual(scores);
    expect(Math.max(...scores)).toBeGreaterThan(4);
  });

  test('no look-ahead: the scores of a prefix are the prefix of the scores', () => {
    const values = daily(1500);
    expect(play(values).scores.slice(0, 900)).toEqual(play(values.slice(0, 900)).scores);
  });

  test('through JSON in mid-stream, and a replay from there, the output is the same', () => {
    const values = daily(1500);
    values[1200] = 500;
    const whole = play(values);
    const half = play(values.slice(0, 800));
    const kept = JSON.parse(JSON.stringify(half.state)) as AnomalyState;
    const before = JSON.stringify(kept);
    const rest = play(values.slice(800), kept, 800);
    expect([...half.scores, ...rest.scores]).toEqual(whole.scores);
    expect(rest.state).toEqual(whole.state);
    // A step never writes into the state it was given.
    expect(JSON.stringify(kept)).toBe(before);
  });

  test('memory is constant', () => {
    const early = JSON.stringify(play(daily(3000)).state).length;
    const late = JSON.stringify(play(daily(12_000)).state).length;
    expect(late).toBeLessThan(early * 1.3);
    expect(late).toBeLessThan(32_000);
  });

  test('a gap is not an anomaly, and does not stop what comes after it', () => {
    const values = daily(2600);
    let { state } = play(values.slice(0, 2000));
    const signals: AnomalySignal[] = [];
    // Two whole days are missing, so that the curve goes on where it was.
    for (let i = 2000; i < 2600; i++) {
      const at = START + (i + 576) * STEP;
      const [next, found] = stepAnomaly(state, { at, value: i === 2400 ? 600 : (values[i] ?? 0) }, at);
      state = next;
      signals.push(...found);
    }
    expect(signals.map(({ value }) => value)).toContain(600);
    expect(signals.filter(({ at }) => at < START + (2000 + 576 + 12) * STEP)).toEqual([]);
  });
});

describe('bad input', () => {
  test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('%d is refused', (bad) => {
    const { state } = play(daily(10));
    expect(() => stepAnomaly(state, { at: START, value: bad }, START)).toThrow(RangeError);
    expect(() => stepAnomaly(state, { at: bad, value: 1 }, START)).toThrow(RangeError);
    expect(() => stepAnomaly(state, { at: START, value: 1 }, bad)).toThrow(RangeError);
  });

  test('negative values are values', () => {
    const values = daily(2000).map((value) => -value);
    values[1700] = -500;
    expect(play(values).signals.some(({ value, direction }) => value === -500 && direction === 'down')).toBe(true);
  });

  test('a sample from the future counts as now; a late one is passed over; a clock that stays back is followed', () => {
    const { state } = play(daily(400));
    const now = START + 400 * STEP;
    const [ahead] = stepAnomaly(state, { at: now + 1e12, value: 100 }, now);
    expect(ahead.at).toBe(now);
    const [late, none] = stepAnomaly(ahead, { at: now - 7_200_000, value: 1e9 }, now);
    expect(none).toEqual([]);
    expect({ ...late, late: 0, score: 0 }).toEqual({ ...ahead, late: 0, score: 0 });
    expect(late.late).toBe(1);
    let back = ahead;
    for (let i = 0; i < 13; i++) [back] = stepAnomaly(back, { at: now - 86_400_000 + i * STEP, value: 100 }, now);
    expect(back.at).toBe(now - 86_400_000 + 12 * STEP);
    expect(back.late).toBe(0);
  });
});
