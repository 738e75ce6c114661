import { describe, expect, test } from 'vitest';
import { daysLeftAt, judgeQuiet, type QuietFacts } from '../../../src/domain/quiet-save.ts';

const at = Date.parse('2026-12-18T12:00:00Z');
const caught: QuietFacts = {
  severity: 'critical',
  resolvedAt: at,
  openedBy: 'signal',
  hadPerson: true,
  toldPublic: false,
  reports: 0,
  bursts: 0,
  isUpstream: false,
  ownAlerts: ['Checkout: page is down: 503'],
};
const expiring = 'Checkout: TLS is down: the certificate expires on 2026-12-20, in 9 days, expected at least 14';

describe('a quiet save', () => {
  test.each([
    ['caught by a person', {}, { quiet: true, kind: 'caught' }],
    ['well by itself', { hadPerson: false }, { quiet: true, kind: 'near-miss' }],
    ['a trifle, by itself', { hadPerson: false, severity: 'minor' }, { quiet: false, reason: 'small' }],
    ['a provider, moved away from', { isUpstream: true }, { quiet: true, kind: 'upstream' }],
    ['a provider, stood up', { isUpstream: true, hadPerson: false, ownAlerts: [] }, { quiet: true, kind: 'upstream' }],
    ['a provider, by luck', { isUpstream: true, hadPerson: false }, { quiet: true, kind: 'near-miss' }],
    ['nothing of its own', { ownAlerts: [] }, { quiet: false, reason: 'nothing-broke' }],
    ['renewed at a day', { ownAlerts: [expiring] }, { quiet: true, kind: 'expiry', daysLeft: 1 }],
    [
      'renewed early',
      { ownAlerts: [expiring], resolvedAt: Date.parse('2026-12-01T00:00:00Z') },
      { quiet: false, reason: 'renewed-early' },
    ],
    ['expired first', { ownAlerts: [expiring], resolvedAt: at + 5 * 86_400_000 }, { quiet: true, kind: 'caught' }],
    ['and something else broke', { ownAlerts: [expiring, 'is down: 503'] }, { quiet: true, kind: 'caught' }],
    ['one report', { reports: 1 }, { quiet: false, reason: 'reported' }],
    ['a burst of posts', { bursts: 1, isUpstream: true }, { quiet: false, reason: 'talked-about' }],
    ['told to the public', { toldPublic: true }, { quiet: false, reason: 'told' }],
    ['opened by hand', { openedBy: 'person' }, { quiet: false, reason: 'found-by-person' }],
  ] as const)('%s', (_, more, verdict) => {
    expect(judgeQuiet({ ...caught, ...more })).toEqual(verdict);
  });

  test('days are read from what the checks of certificates and domains say, and from nothing else', () => {
    expect(daysLeftAt('example.com expires on 2026-12-20, in 30 days, expected at least 45', at)).toBe(1);
    expect(daysLeftAt('the lease expires on Friday', at)).toBeUndefined();
    expect(daysLeftAt('expires on 2026-99-99', at)).toBeUndefined();
  });
});
