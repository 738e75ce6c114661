import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decideEscalation,
  type EscalationState,
  reassignEscalation,
  reminderMs,
  startEscalation,
} from '../../../src/domain/escalation.ts';
import type { PolicyStep } from '../../../src/domain/words.ts';

const step = (id: string, waitMs: number): PolicyStep => ({ targets: [{ kind: 'person', id }], waitMs });
const paged = (state: EscalationState, now: number) => {
  const decision = decideEscalation(state, { status: 'triggered', severity: 'critical' }, now);
  if (decision.action !== 'page') throw new Error(`nobody was paged: ${decision.reason}`);
  return decision;
};

describe('escalation', () => {
  test('pages the first step at once and the next one after its wait', () => {
    const start = startEscalation([step('alice', 300), step('bob', 600)], 0, 1_000);
    const first = paged(start, 1_000);
    expect(first).toMatchObject({
      reason: 'step',
      targets: [{ id: 'alice' }],
      next: { round: 1, stepIndex: 1, nextActionAt: 1_300 },
    });
    expect(decideEscalation(first.next, { status: 'triggered', severity: 'critical' }, 1_299)).toEqual({
      action: 'wait',
      reason: 'not-due',
    });
    expect(paged(first.next, 1_300)).toMatchObject({ targets: [{ id: 'bob' }], next: { nextActionAt: 1_900 } });
  });

  test('repeats as often as the policy says, then reminds the last step for ever', () => {
    let state = startEscalation([step('alice', 10), step('bob', 10)], 1, 0);
    const seen: string[] = [];
    for (let i = 0; i < 6; i++) {
      const { reason, targets, next } = paged(state, state.nextActionAt ?? 0);
      seen.push(`${reason} ${targets[0]?.id}`);
      state = next;
    }
    expect(seen).toEqual(['step alice', 'step bob', 'step alice', 'step bob', 'reminder bob', 'reminder bob']);
    expect(paged(state, state.nextActionAt ?? 0).next.nextActionAt).toBe((state.nextActionAt ?? 0) + reminderMs);
  });

  test('stops when somebody has it, and falls back when there is no policy', () => {
    const start = startEscalation([step('alice', 10)], 0, 0);
    const taken = { ...start, nextActionAt: null };
    expect(decideEscalation(taken, { status: 'acknowledged', severity: 'critical' }, 0)).toEqual({
      action: 'stop',
      reason: 'acknowledged',
    });
    expect(decideEscalation(start, { status: 'resolved', severity: 'critical' }, 0)).toEqual({
      action: 'stop',
      reason: 'resolved',
    });
    expect(paged(startEscalation([], 0, 0), 0)).toMatchObject({ reason: 'fallback', targets: [] });
  });

  test('a hand-over comes before the whole policy, whatever the policy looks like, and does not pile up', () => {
    const start = startEscalation([step('alice', 300_000), step('bob', 10)], 0, 0);
    const once = reassignEscalation(paged(start, 0).next, 'charlie', 50);
    expect(paged(once, 50).targets).toEqual([{ kind: 'person', id: 'charlie' }]);
    const twice = reassignEscalation(once, 'dana', 60);
    expect(twice.steps.map(({ targets }) => targets[0]?.id)).toEqual(['dana', 'alice', 'bob']);
  });

  test('while nobody has it there is always a next action, and rounds only rise', () => {
    const steps = fc.array(
      fc.record({ targets: fc.constant<PolicyStep['targets']>([]), waitMs: fc.integer({ min: 0, max: 1e6 }) }),
      {
        maxLength: 4,
      },
    );
    fc.assert(
      fc.property(
        steps,
        fc.integer({ min: 0, max: 3 }),
        fc.array(fc.integer({ min: 0, max: 1e6 }), { maxLength: 30 }),
        (policy, repeat, jumps) => {
          let state = startEscalation(policy, repeat, 0);
          let now = 0;
          for (const jump of jumps) {
            now += jump;
            const decision = decideEscalation(state, { status: 'triggered', severity: 'critical' }, now);
            if (decision.action === 'page') {
              expect(decision.next.round).toBe(state.round + 1);
              state = decision.next;
            }
            expect(state.nextActionAt).not.toBeNull();
            expect(state.nextActionAt).toBeLessThanOrEqual(now + Math.max(reminderMs, 1e6));
          }
        },
      ),
    );
  });
});
