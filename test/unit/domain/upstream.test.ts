import { describe, expect, it } from 'vitest';
import {
  isForgotten,
  isTrouble,
  noticeSeverity,
  type UpstreamFacts,
  type UpstreamImpact,
  upstreamState,
  worstImpact,
} from '../../../src/domain/upstream.ts';

const minute = 60_000;
const day = 86_400_000;
const now = Date.UTC(2026, 4, 4);

describe('how severe a notice is for whom', () => {
  it.each<[UpstreamImpact, string | undefined, string | undefined]>([
    ['major_outage', 'major', 'minor'],
    ['partial_outage', 'major', 'minor'],
    ['unknown', 'major', 'minor'],
    ['degraded_performance', 'minor', 'minor'],
    ['under_maintenance', undefined, undefined],
    ['operational', undefined, undefined],
  ])('%s: hard %s, soft %s', (impact, hard, soft) => {
    expect([noticeSeverity(impact, 'hard'), noticeSeverity(impact, 'soft')]).toEqual([hard, soft]);
  });
});

describe('notices', () => {
  it('are trouble until they are over, unless planned', () => {
    expect(isTrouble({ kind: 'incident', state: 'monitoring' })).toBe(true);
    expect(isTrouble({ kind: 'incident', state: 'unknown' })).toBe(true);
    expect(isTrouble({ kind: 'incident', state: 'resolved' })).toBe(false);
    expect(isTrouble({ kind: 'maintenance', state: 'in_progress' })).toBe(false);
  });

  it('of a history are forgotten after a week without a word, after a day without a state', () => {
    const forgotten = (
      state: 'unknown' | 'identified' | 'resolved',
      ageMs: number,
      lists: 'recent' | 'current' = 'recent',
    ): boolean => isForgotten({ state, updatedAt: now - ageMs, lists }, now);
    expect(forgotten('identified', 7 * day)).toBe(false);
    expect(forgotten('identified', 7 * day + 1)).toBe(true);
    expect(forgotten('unknown', day + 1)).toBe(true);
    expect(forgotten('unknown', day)).toBe(false);
    expect(forgotten('resolved', 30 * day)).toBe(false);
    // What is listed as current is current, however old.
    expect(forgotten('identified', 90 * day, 'current')).toBe(false);
  });
});

describe('the state of an upstream', () => {
  const facts = (more: Partial<UpstreamFacts> = {}): UpstreamFacts => ({
    health: 'ok',
    lastOkAt: now - minute,
    notices: [],
    maintenance: false,
    parts: [],
    ...more,
  });

  it('is what the worst notice says, then what the page shows', () => {
    expect(upstreamState(facts(), now)).toEqual({ state: 'operational', reason: 'quiet' });
    expect(upstreamState(facts({ notices: ['degraded_performance', 'major_outage'] }), now)).toEqual({
      state: 'major_outage',
      reason: 'notice',
    });
    expect(upstreamState(facts({ parts: ['operational', 'partial_outage'] }), now)).toEqual({
      state: 'partial_outage',
      reason: 'part',
    });
    expect(upstreamState(facts({ maintenance: true }), now)).toEqual({
      state: 'under_maintenance',
      reason: 'maintenance',
    });
    // A remark about something that works.
    expect(upstreamState(facts({ notices: ['operational'] }), now)).toEqual({ state: 'operational', reason: 'quiet' });
    expect(upstreamState(facts({ notices: ['unknown'] }), now)).toEqual({ state: 'unknown', reason: 'notice' });
  });

  it('is never well by silence', () => {
    const notRead = { state: 'unknown', reason: 'not-read' };
    expect(upstreamState(facts({ health: 'waiting', lastOkAt: null }), now)).toEqual(notRead);
    expect(upstreamState(facts({ health: 'changed-format' }), now)).toEqual(notRead);
    expect(upstreamState(facts({ health: 'failing', lastOkAt: now - 15 * minute }), now).state).toBe('operational');
    expect(upstreamState(facts({ health: 'failing', lastOkAt: now - 15 * minute - 1 }), now)).toEqual(notRead);
    // Trouble that was told stays told.
    expect(upstreamState(facts({ health: 'failing', lastOkAt: now - day, notices: ['major_outage'] }), now).state).toBe(
      'major_outage',
    );
  });

  it('orders what is known and what is not', () => {
    expect(worstImpact([])).toBe('operational');
    expect(worstImpact(['operational', 'unknown'])).toBe('unknown');
    expect(worstImpact(['unknown', 'degraded_performance'])).toBe('degraded_performance');
  });
});
