import { describe, expect, test } from 'vitest';
import {
  type BurstSample,
  type BurstSignal,
  type BurstState,
  burstDefaults,
  createBurst,
  stepBurst,
} from '../../../src/detect/burst.ts';
import { logTail } from '../../../src/detect/burst-tail.ts';
import { seededRandom } from '../../harness/seeded-random.ts';

const BIN = 300_000;
const WEEK = 2016;
const START = Date.UTC(2026, 0, 5);

function poisson(mean: number, next: () => number): number {
  let count = -1;
  for (let product = 1, limit = Math.exp(-mean); product > limit; product *= next()) count += 1;
  return count;
}

/** A service with a daytime, from Monday on. */
function usual(bins: number, mean: number, seed = 7): number[] {
  const next = seededRandom(seed);
  return Array.from({ length: bins }, (_, i) => poisson(mean * (1 + 0.6 * Math.sin((2 * Math.PI * i) / 288)), next));
}

/** One sample a bin, at its end; null is a bin that nobody watched. */
function play(counts: readonly (number | null)[], from: BurstState = createBurst(), offset = 0) {
  let state = from;
  const signals: BurstSignal[] = [];
  counts.forEach((count, i) => {
    const at = START + (offset + i) * BIN;
    const sample: BurstSample = count === null ? { kind: 'blind' } : { kind: 'count', at, count };
    const [next, found] = stepBurst(state, sample, at + BIN - 1);
    state = next;
    signals.push(...found);
  });
  return { state, signals };
}
const stages = (signals: readonly BurstSignal[]): string[] => signals.map(({ stage }) => stage);

describe('the tail of a count', () => {
  test('is the Poisson tail when the size is large, and heavier when it is small', () => {
    // 1 - e^-1 (1 + 1 + 1/2), and 1 - e^-0.01.
    expect(Math.exp(logTail(3, 1, 1e6))).toBeCloseTo(0.0803014, 5);
    expect(Math.exp(logTail(1, 0.01, 1e6))).toBeCloseTo(0.0099502, 6);
    // Size 1 is geometric: (mean / (1 + mean)) ^ count.
    expect(logTail(10, 2, 1)).toBeCloseTo(10 * Math.log(2 / 3), 9);
    expect(logTail(500, 10, 5)).toBeGreaterThan(logTail(500, 10, 50));
    expect(logTail(5000, 10, 1e6)).toBeLessThan(-20_000);
    expect(logTail(0, 10, 5)).toBe(0);
  });
});

describe('the course of a burst', () => {
  const calm = usual(3 * WEEK, 10);
  const burst = [60, 90, 120, 110, 80, 50, 30, 20];
  const after = usual(60, 10, 9);

  test('onset within two bins, then peak, decline and end, in that order and once each', () => {
    const { signals } = play([...calm, ...burst, ...after]);
    expect(stages(signals)).toEqual(['onset', 'peak', 'decline', 'end']);
    const [onset, peak, decline, end] = signals;
    const beganAt = START + calm.length * BIN;
    expect(onset?.since).toBe(beganAt);
    expect((onset?.at ?? 0) - beganAt).toBeLessThanOrEqual(2 * BIN);
    expect(onset).toMatchObject({ reason: 'surge', learning: false });
    expect(onset?.evidence.observed).toBeGreaterThan(3 * (onset?.evidence.expected ?? 0));
    expect(onset?.evidence.pValue).toBeLessThan(burstDefaults.onsetP);
    expect(onset?.confidence).toBeGreaterThan(0.5);
    expect(peak?.peak).toBe(115);
    expect(peak?.peakAt).toBe(beganAt + 4 * BIN);
    expect((decline?.at ?? 0) >= (peak?.at ?? 0)).toBe(true);
    expect(end?.reason).toBe('quiet');
    expect(end?.confidence).toBeGreaterThanOrEqual(onset?.confidence ?? 1);
    // 560 in the eight bins, and what came until it was quiet.
    expect(end?.evidence.observed).toBeGreaterThanOrEqual(560);
    expect(end?.evidence.observed).toBeLessThan(560 + 10 * 40);
  });

  test('three weeks of usual counts say nothing', () => {
    expect(play(calm).signals).toEqual([]);
    expect(play(usual(3 * WEEK, 0.5, 3)).signals).toEqual([]);
  });

  test('one bin alone, however loud, is not a burst', () => {
    expect(play([...calm, 500, ...after]).signals).toEqual([]);
  });

  test('inside the second bin, before it is over', () => {
    let { state } = play([...calm, 60]);
    const at = START + (calm.length + 1) * BIN;
    const signals: BurstSignal[] = [];
    for (let minute = 0; minute < 5 && signals.length === 0; minute++) {
      const now = at + (minute + 1) * 60_000 - 1;
      const [next, found] = stepBurst(state, { kind: 'count', at: now, count: 12 }, now);
      state = next;
      signals.push(...found);
    }
    expect(stages(signals)).toEqual(['onset']);
    expect(signals[0]?.at).toBeLessThan(at + 4 * 60_000);
  });

  test('three posts a day are enough of a past for a dozen in ten minutes to stand out', () => {
    const sparse = usual(6 * WEEK, 3 / 288, 5);
    const { signals } = play([...sparse, 5, 7, 0, 0, 0, 0, 0]);
    expect(stages(signals)).toEqual(['onset', 'peak', 'decline', 'end']);
    expect(play([...sparse, 1, 1, 0, 0]).signals).toEqual([]);
  });

  test('a slow doubling over weeks is a trend, not a burst', () => {
    const next = seededRandom(11);
    const rising = Array.from({ length: 4 * WEEK }, (_, i) => poisson(10 * 2 ** (i / (2 * WEEK)), next));
    expect(play(rising).signals).toEqual([]);
  });

  test('what does not end within a day is the new level', () => {
    const { signals, state } = play([...calm, ...usual(3 * 288, 80, 13)]);
    expect(stages(signals).slice(0, 1)).toEqual(['onset']);
    expect(signals.filter(({ reason }) => reason === 'level')).toHaveLength(1);
    const settled = signals.find(({ reason }) => reason === 'level')?.at ?? 0;
    expect(settled).toBeLessThanOrEqual(START + (calm.length + 289) * BIN);
    expect(state.course).toBeNull();
  });
});

describe('cold start and gaps', () => {
  test('in the first hour nothing is called, in the first week it is called learning', () => {
    expect(play([1, 0, 50, 80, 2, 1]).signals).toEqual([]);
    const { signals } = play([...usual(288, 10), 200, 200, 200]);
    expect(stages(signals)).toContain('onset');
    expect(signals[0]?.learning).toBe(true);
  });

  test('with little past the same counts are worth less', () => {
    const young = play([...usual(288, 10), 60, 60]).signals[0];
    const old = play([...usual(288 * 21, 10), 60, 60]).signals[0];
    expect(old).toBeDefined();
    expect(old?.evidence.logP ?? 0).toBeLessThan(young?.evidence.logP ?? 0);
  });

  test('a dead source is a gap, not a calm: neither its silence nor its return is learnt or called', () => {
    const before = play(usual(3 * WEEK, 10));
    const blind = play(
      Array.from({ length: 500 }, () => null),
      before.state,
      3 * WEEK,
    );
    expect(blind.signals).toEqual([]);
    expect(blind.state.baseline.count).toBeGreaterThanOrEqual(before.state.baseline.count * 0.999);
    const counts = usual(3 * WEEK + 600, 10).slice(3 * WEEK + 500);
    expect(play(counts, blind.state, 3 * WEEK + 500).signals).toEqual([]);
  });

  test('the same when nobody even said that it was dead, and a burst that goes out of sight ends as a gap', () => {
    const { state, signals } = play([...usual(3 * WEEK, 10), 80, 90, 100]);
    expect(stages(signals)).toEqual(['onset']);
    const learnt = state.baseline.bins;
    const [later, found] = stepBurst(state, { kind: 'alive' }, START + (3 * WEEK + 2000) * BIN);
    expect(found.map(({ stage, reason }) => [stage, reason])).toEqual([['end', 'gap']]);
    expect(later.course).toBeNull();
    expect(later.baseline.bins - learnt).toBeLessThan(13);
  });

  test('silence of a live source is a zero', () => {
    let { state } = play(usual(WEEK, 10));
    const bins = state.baseline.bins;
    for (let i = 0; i < 24; i++) [state] = stepBurst(state, { kind: 'alive' }, START + (WEEK + i) * BIN);
    expect(state.baseline.bins - bins).toBeGreaterThan(20);
  });
});

describe('authors', () => {
  const event = (state: BurstState, author: number | undefined, now: number) =>
    stepBurst(state, author === undefined ? { kind: 'event', at: now } : { kind: 'event', at: now, author }, now)[0];

  test('one author counts once a window, and again in a later one', () => {
    let state = createBurst();
    for (let i = 0; i < 500; i++) state = event(state, 42, START + i);
    expect(state).toMatchObject({ count: 1, repeats: 499 });
    state = event(state, 42, START + 3 * 3_600_000);
    expect(state.count).toBe(1);
    expect(state.repeats).toBe(0);
  });

  test('a single loud author is no burst; as many different ones are', () => {
    for (const [authors, expected] of [
      [1, []],
      [400, ['onset']],
    ] as const) {
      let { state } = play(usual(3 * WEEK, 10));
      const signals: BurstSignal[] = [];
      for (let i = 0; i < 400; i++) {
        const now = START + 3 * WEEK * BIN + i * 1500;
        const [next, found] = stepBurst(state, { kind: 'event', at: now, author: 1000 + (i % authors) }, now);
        state = next;
        signals.push(...found);
      }
      expect(stages(signals)).toEqual(expected);
    }
  });

  test('thousands of authors in one window are counted within five percent', () => {
    let state = createBurst();
    const next = seededRandom(17);
    for (let i = 0; i < 3000; i++) state = event(state, Math.floor(next() * 2 ** 31), START + i * 50);
    expect(Math.abs(state.count - 3000)).toBeLessThan(150);
  });
});

describe('what the engine promises', () => {
  test('through JSON in mid-burst the output is the same, and no state is written into', () => {
    const counts = [...usual(2 * WEEK, 10), 80, 90, 100, 60, 20, 10, 9, 8, 10];
    const whole = play(counts);
    const half = play(counts.slice(0, 2 * WEEK + 2));
    const kept = JSON.parse(JSON.stringify(half.state)) as BurstState;
    const before = JSON.stringify(kept);
    const rest = play(counts.slice(2 * WEEK + 2), kept, 2 * WEEK + 2);
    expect([...half.signals, ...rest.signals]).toEqual(whole.signals);
    expect(rest.state).toEqual(whole.state);
    expect(JSON.stringify(kept)).toBe(before);
  });

  test('memory is constant', () => {
    const size = (bins: number): number => JSON.stringify(play(usual(bins, 10)).state).length;
    expect(size(4 * WEEK)).toBeLessThan(1.1 * size(WEEK));
    expect(size(4 * WEEK)).toBeLessThan(16_000);
  });

  test.each([
    { kind: 'count', at: START, count: -1 },
    { kind: 'count', at: START, count: Number.NaN },
    { kind: 'count', at: Number.NaN, count: 1 },
    { kind: 'event', at: Number.POSITIVE_INFINITY },
    { kind: 'event', at: START, author: Number.NaN },
  ] as const)('refused: %o', (sample) => {
    expect(() => stepBurst(createBurst(), sample, START)).toThrow(RangeError);
    expect(() => stepBurst(createBurst(), { kind: 'alive' }, Number.NaN)).toThrow(RangeError);
  });

  test('a clock that goes back closes nothing twice; old events do not count as new ones', () => {
    const { state } = play(usual(300, 10));
    const [back, none] = stepBurst(state, { kind: 'alive' }, START);
    expect(none).toEqual([]);
    expect(back).toEqual(state);
    const [old] = stepBurst(state, { kind: 'count', at: START, count: 1e6 }, START + 300 * BIN);
    expect(old).toMatchObject({ count: 0, late: 1 });
    const [ahead] = stepBurst(state, { kind: 'event', at: START + 1e12 }, START + 300 * BIN);
    expect(ahead).toMatchObject({ count: 1, openAt: START + 300 * BIN });
  });
});
