import { describe, expect, it } from 'vitest';
import { isSlower, type LatencyBaseline, learnLatency, usualMs } from '../../../src/domain/latency-baseline.ts';
import { newNetworkState, nextNetwork } from '../../../src/domain/own-network.ts';
import { seededRandom } from '../../harness/seeded-random.ts';

/** Times around a median, with the long tail that networks have. */
function learn(count: number, medianMs: number, from?: LatencyBaseline): LatencyBaseline | undefined {
  const random = seededRandom(7);
  let baseline = from;
  for (let n = 0; n < count; n++) {
    const wild = random() < 0.02 ? 20 : 1;
    baseline = learnLatency(baseline, medianMs * wild * Math.exp((random() - 0.5) * 0.6));
  }
  return baseline;
}

describe('what a check usually takes', () => {
  it('is not asked before enough was seen', () => {
    expect(usualMs(learn(40, 80))).toBeUndefined();
    expect(isSlower(learn(40, 80), 100_000)).toBe(false);
  });

  it('finds the median whatever the tail, and calls slow what is far from it and noticeable', () => {
    const baseline = learn(2_000, 80);
    expect(Math.exp(baseline?.median ?? 0)).toBeGreaterThan(70);
    expect(Math.exp(baseline?.median ?? 0)).toBeLessThan(92);
    expect(isSlower(baseline, 130)).toBe(false);
    expect(isSlower(baseline, 900)).toBe(true);
    expect(isSlower(learn(2_000, 2), 90)).toBe(false);
  });

  it('learns a lasting change within some hundred runs', () => {
    expect(isSlower(learn(600, 800, learn(2_000, 80)), 900)).toBe(false);
  });
});

describe('nextNetwork', () => {
  it('is gone only when several that answered all fall silent, and comes back with the first', () => {
    const two = nextNetwork(newNetworkState, ['a', 'b'], 1).state;
    expect(nextNetwork(two, ['b'], 2)).toMatchObject({ turn: null, state: { armed: ['b'], goneSince: null } });
    const gone = nextNetwork(two, [], 3);
    expect(gone).toMatchObject({ turn: 'lost', state: { goneSince: 3 } });
    expect(nextNetwork(gone.state, [], 4)).toEqual({ turn: null, state: gone.state });
    expect(nextNetwork(gone.state, ['a'], 5)).toMatchObject({ turn: 'regained', state: { goneSince: null } });
  });

  it('says nothing where no reference, or one only, has ever answered', () => {
    expect(nextNetwork(newNetworkState, [], 1).turn).toBeNull();
    expect(nextNetwork(nextNetwork(newNetworkState, ['a'], 1).state, [], 2).turn).toBeNull();
  });
});
