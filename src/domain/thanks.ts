import type { EpochMs } from './words.ts';

/** How long visitors may leave a hug once the thanks window has opened. */
export const thanksWindowMs = 7 * 24 * 3_600_000;
/** It must have been working for so long before thanks are asked for, unless an installation says otherwise: the first green is often not the last word. */
export const steadyMs = 5 * 60_000;

/** While there is trouble again, it is looked at after this at the soonest. */
const lookAgainMs = 5_000;

/** What is known when a thanks window is due to open. */
export interface WindowFacts {
  readonly status: 'triggered' | 'acknowledged' | 'resolved';
  readonly resolvedAt: EpochMs | null;
  readonly isMerged: boolean;
  /** Another incident is open on a service of this one. */
  readonly hasTroubleAgain: boolean;
}

export type WindowDecision =
  | { readonly action: 'open' }
  | { readonly action: 'wait'; readonly until: EpochMs; readonly reason: 'not-steady' | 'trouble-again' }
  | { readonly action: 'forget'; readonly reason: 'merged' | 'not-resolved' };

/** Whether a due thanks window opens: resolved for long enough, and nothing is wrong with the same services again. */
export function decideWindow(facts: WindowFacts, now: EpochMs, steadyForMs: number = steadyMs): WindowDecision {
  if (facts.isMerged) return { action: 'forget', reason: 'merged' };
  if (facts.status !== 'resolved' || facts.resolvedAt === null) return { action: 'forget', reason: 'not-resolved' };
  if (facts.hasTroubleAgain)
    return { action: 'wait', until: now + Math.max(steadyForMs, lookAgainMs), reason: 'trouble-again' };
  const steadyAt = facts.resolvedAt + steadyForMs;
  return now >= steadyAt ? { action: 'open' } : { action: 'wait', until: steadyAt, reason: 'not-steady' };
}
