import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blind,
  heartbeatThresholds,
  newVerdictState,
  nextVerdict,
  type ResultKind,
  serviceVerdict,
  signalOf,
  type Thresholds,
  type VerdictState,
} from '../../../src/domain/verdict.ts';

const two: Thresholds = { failure: 2, recovery: 2 };

/** Plays results one second apart and returns each step's verdict, reason and signal. */
function play(results: readonly ResultKind[], thresholds: Thresholds, from: VerdictState = newVerdictState(0)) {
  let state = from;
  return results.map((result, index) => {
    const step = nextVerdict(state, result, thresholds, (index + 1) * 1000);
    const signal = signalOf(state, step.state);
    state = step.state;
    return { ...step, signal };
  });
}
const told = (results: readonly ResultKind[], thresholds: Thresholds = two): string[] =>
  play(results, thresholds).map((step) => `${step.verdict}:${step.reason}${step.signal ? `:${step.signal}` : ''}`);

describe('nextVerdict', () => {
  it('believes the first success at once', () => {
    expect(told(['ok', 'ok'])).toEqual(['up:first-success', 'up:still-up']);
  });

  it('does not believe a first failure before the threshold', () => {
    expect(told(['failed', 'failed', 'failed'])).toEqual([
      'unknown:failing-below-threshold',
      'down:failure-threshold-reached:firing',
      'down:still-down',
    ]);
  });

  it('counts only failures and successes in a row', () => {
    expect(told(['ok', 'failed', 'ok', 'failed', 'failed', 'ok', 'failed', 'ok', 'ok'])).toEqual([
      'up:first-success',
      'up:failing-below-threshold',
      'up:still-up',
      'up:failing-below-threshold',
      'down:failure-threshold-reached:firing',
      'down:recovering-below-threshold',
      'down:still-down',
      'down:recovering-below-threshold',
      'up:recovery-threshold-reached:ok',
    ]);
  });

  it('takes one failure, or one success, when the threshold is one', () => {
    expect(told(['failed', 'ok'], heartbeatThresholds)).toEqual([
      'down:failure-threshold-reached:firing',
      'up:recovery-threshold-reached:ok',
    ]);
  });

  it('takes silence as final whatever the threshold', () => {
    expect(told(['ok', 'silent', 'silent'], { failure: 5, recovery: 1 })).toEqual([
      'up:first-success',
      'down:heartbeat-silent:firing',
      'down:still-down',
    ]);
  });

  it('knows nothing while it cannot look, and neither fires nor clears then', () => {
    expect(told(['ok', 'failed', 'untold', 'failed', 'ok'])).toEqual([
      'up:first-success',
      'up:failing-below-threshold',
      'unknown:cannot-look',
      'unknown:failing-below-threshold',
      'up:sight-regained',
    ]);
    expect(told(['failed', 'failed', 'untold', 'failed', 'untold', 'ok', 'ok'])).toEqual([
      'unknown:failing-below-threshold',
      'down:failure-threshold-reached:firing',
      'unknown:cannot-look',
      'down:sight-regained',
      'unknown:cannot-look',
      'unknown:recovering-below-threshold',
      'up:recovery-threshold-reached:ok',
    ]);
  });

  it('keeps why and since when of the verdict, not of the latest result', () => {
    const steps = play(['ok', 'failed', 'failed', 'failed'], two);
    expect(steps[3]?.state).toMatchObject({
      verdict: 'down',
      since: 3000,
      reason: 'failure-threshold-reached',
      failures: 3,
      successes: 0,
      settled: 'down',
    });
  });
});

describe('blind', () => {
  it('keeps the fire of a paused check, and puts out that of a removed one', () => {
    const down = play(['failed'], heartbeatThresholds)[0]?.state ?? newVerdictState(0);
    const paused = blind(down, 'paused', 9000);
    expect(paused).toMatchObject({ verdict: 'unknown', changed: true, reason: 'paused' });
    expect(signalOf(down, paused.state)).toBeNull();
    const removed = blind(paused.state, 'removed', 10_000);
    expect(removed.changed).toBe(false);
    expect(signalOf(paused.state, removed.state)).toBe('ok');
    expect(signalOf(removed.state, blind(removed.state, 'removed', 11_000).state)).toBeNull();
  });
});

describe('serviceVerdict', () => {
  const up = { verdict: 'up', reason: 'still-up', settled: 'up' } as const;
  const down = { verdict: 'down', reason: 'failure-threshold-reached', settled: 'down' } as const;
  const fresh = { verdict: 'unknown', reason: 'no-result-yet', settled: null } as const;
  const unsure = { verdict: 'unknown', reason: 'cannot-look', settled: null } as const;
  const lost = { verdict: 'unknown', reason: 'recovering-below-threshold', settled: 'down' } as const;

  it('is the worst of the checks, and honest about what it does not know', () => {
    expect(serviceVerdict([up, down, unsure])).toEqual({ verdict: 'down', reason: 'check-down' });
    expect(serviceVerdict([up, { ...up, verdict: 'degraded' }, unsure])).toEqual({
      verdict: 'degraded',
      reason: 'check-degraded',
    });
    expect(serviceVerdict([up, unsure])).toEqual({ verdict: 'unknown', reason: 'check-unknown' });
    expect(serviceVerdict([up, lost])).toEqual({ verdict: 'unknown', reason: 'check-unknown' });
    expect(serviceVerdict([up, fresh])).toEqual({ verdict: 'up', reason: 'all-up' });
    expect(serviceVerdict([fresh])).toEqual({ verdict: 'unknown', reason: 'not-measured' });
    expect(serviceVerdict([])).toEqual({ verdict: 'unknown', reason: 'not-measured' });
  });
});

describe('for every sequence of results', () => {
  const results = fc.array(fc.constantFrom<ResultKind>('ok', 'failed', 'failed', 'ok', 'untold', 'silent'), {
    maxLength: 60,
  });
  const thresholds = fc.record({ failure: fc.integer({ min: 1, max: 5 }), recovery: fc.integer({ min: 1, max: 5 }) });

  it('fires and clears in turn, beginning with firing', () => {
    fc.assert(
      fc.property(results, thresholds, (sequence, limits) => {
        const signals = play(sequence, limits).flatMap((step) => (step.signal ? [step.signal] : []));
        signals.forEach((signal, index) => expect(signal).toBe(index % 2 === 0 ? 'firing' : 'ok'));
      }),
    );
  });

  it('goes down only after enough failures in a row or silence, and up only after success', () => {
    fc.assert(
      fc.property(results, thresholds, (sequence, limits) => {
        play(sequence, limits).forEach((step, index) => {
          const recent = sequence.slice(0, index + 1);
          if (step.signal === 'firing') {
            const run = recent.slice(-limits.failure);
            expect(
              recent.at(-1) === 'silent' ||
                (run.length === limits.failure && run.every((r) => r === 'failed' || r === 'silent')),
            ).toBe(true);
          }
          if (step.signal === 'ok') expect(recent.slice(-limits.recovery).every((r) => r === 'ok')).toBe(true);
          if (step.verdict === 'up' && step.changed) expect(recent.at(-1)).toBe('ok');
          if (recent.at(-1) === 'untold') expect(step.verdict).toBe('unknown');
        });
      }),
    );
  });

  it('detects lasting trouble at exactly the threshold', () => {
    fc.assert(
      fc.property(results, thresholds, (sequence, limits) => {
        const lasting: ResultKind[] = Array.from({ length: limits.failure }, () => 'failed');
        expect(play([...sequence, ...lasting], limits).at(-1)?.verdict).toBe('down');
        const healed: ResultKind[] = Array.from({ length: limits.recovery }, () => 'ok');
        expect(play([...sequence, ...healed], limits).at(-1)?.verdict).toBe('up');
      }),
    );
  });

  it('comes to rest: a steady check never changes its state again', () => {
    fc.assert(
      fc.property(results, thresholds, fc.constantFrom<ResultKind>('ok', 'failed'), (sequence, limits, steady) => {
        const enough = Math.max(limits.failure, limits.recovery) + 1;
        const steps = play([...sequence, ...Array.from({ length: enough + 3 }, () => steady)], limits);
        const last = steps.slice(-3).map((step) => step.state);
        expect(last[1]).toEqual(last[0]);
        expect(last[2]).toEqual(last[0]);
      }),
    );
  });

  it('moves `since` when and only when the verdict moves', () => {
    fc.assert(
      fc.property(results, thresholds, (sequence, limits) => {
        let before = newVerdictState(0);
        play(sequence, limits).forEach((step, index) => {
          expect(step.changed).toBe(step.verdict !== before.verdict);
          expect(step.state.since).toBe(step.changed ? (index + 1) * 1000 : before.since);
          before = step.state;
        });
      }),
    );
  });
});
