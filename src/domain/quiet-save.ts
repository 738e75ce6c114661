import { DAY_MS, MINUTE_MS } from './wall-clock.ts';
import type { EpochMs, Severity } from './words.ts';

/** So long after the end it is still listened whether somebody had noticed. */
export const quietWatchMs = 15 * MINUTE_MS;
/** Reports and posts count that came so long before, too: users may have been first. */
export const quietBeforeMs = 15 * MINUTE_MS;
/** Renewing earlier than this is housekeeping. */
const lateRenewalDays = 14;

/**
 * `caught`: somebody had it before anybody noticed. `upstream`: a provider had trouble and the service did not, or not for long. `expiry`: renewed
 * within the last two weeks. `near-miss`: broken and well again by itself, before anybody had it.
 */
export const quietSaveKinds = ['caught', 'upstream', 'expiry', 'near-miss'] as const;
export type QuietSaveKind = (typeof quietSaveKinds)[number];

/** What is known of one service in an incident that is over. */
export interface QuietFacts {
  readonly severity: Severity;
  readonly resolvedAt: EpochMs;
  readonly openedBy: 'signal' | 'person';
  /** A person acknowledged or resolved it. */
  readonly hadPerson: boolean;
  /** A person wrote to the public. What the page says by itself is no sign that somebody noticed. */
  readonly toldPublic: boolean;
  /** Visitors who reported the service, and bursts of posts about it, from shortly before until shortly after. */
  readonly reports: number;
  readonly bursts: number;
  /** The trouble was a provider's, as far as is known. */
  readonly isUpstream: boolean;
  /** What the alerts of the service itself say; not the provider's word. */
  readonly ownAlerts: readonly string[];
}

export type QuietVerdict =
  | { readonly quiet: true; readonly kind: QuietSaveKind; readonly daysLeft?: number }
  | {
      readonly quiet: false;
      readonly reason:
        | 'told'
        | 'reported'
        | 'talked-about'
        | 'found-by-person'
        | 'renewed-early'
        | 'nothing-broke'
        | 'small';
    };

/**
 * Whether trouble was over before any user noticed: found by a machine; no report, no burst of posts about the service, and nobody had to write
 * to the public.
 */
export function judgeQuiet(facts: QuietFacts): QuietVerdict {
  if (facts.toldPublic) return { quiet: false, reason: 'told' };
  if (facts.reports > 0) return { quiet: false, reason: 'reported' };
  if (facts.bursts > 0) return { quiet: false, reason: 'talked-about' };
  // Somebody told them, and it is not known who that had it from.
  if (facts.openedBy === 'person') return { quiet: false, reason: 'found-by-person' };
  const days = facts.ownAlerts.map((alert) => daysLeftAt(alert, facts.resolvedAt));
  if (days.length > 0 && days.every((left) => left !== undefined)) {
    const daysLeft = Math.min(...days);
    if (daysLeft > lateRenewalDays) return { quiet: false, reason: 'renewed-early' };
    if (daysLeft >= 0) return { quiet: true, kind: 'expiry', daysLeft };
  }
  if (facts.isUpstream && (facts.hadPerson || facts.ownAlerts.length === 0)) return { quiet: true, kind: 'upstream' };
  if (facts.ownAlerts.length === 0) return { quiet: false, reason: 'nothing-broke' };
  if (facts.hadPerson) return { quiet: true, kind: 'caught' };
  return facts.severity === 'minor' ? { quiet: false, reason: 'small' } : { quiet: true, kind: 'near-miss' };
}

/**
 * Whole days that were left at that time, of what an alert says expires: `… expires on 2026-12-20, in 9 days`. Undefined when it says no such
 * thing; negative when it was over.
 */
export function daysLeftAt(alert: string, at: EpochMs): number | undefined {
  const date = /\bexpires on (\d{4}-\d{2}-\d{2})\b/.exec(alert)?.[1];
  if (date === undefined) return undefined;
  const endsAt = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(endsAt) ? undefined : Math.floor((endsAt - at) / DAY_MS);
}
