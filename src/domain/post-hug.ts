import type { HugFault } from './hug-guard.ts';

/** What is known of a public post when it is asked whether it is a hug. */
export interface PostFacts {
  readonly stance: 'problem' | 'thanks' | 'joke' | 'other';
  /** Above the threshold of the stance model's card, and without a doubt: people need not look. */
  readonly isSureThanks: boolean;
  /** It says #hugops. */
  readonly hasHugOps: boolean;
  /** What is wrong with its words as a hug. */
  readonly fault: HugFault | 'insult' | undefined;
  readonly hasWords: boolean;
}

export type PostDecision =
  | { readonly action: 'bring' }
  | { readonly action: 'hold'; readonly reason: 'unsure' | 'address' }
  | { readonly action: 'leave'; readonly reason: 'no-thanks' | 'unkind' };

/**
 * Whether a post that names a service becomes a hug by itself, waits for a person, or is none. Mockery thanks, too: whatever is not sure waits. Posts carry
 * links and names of accounts; with those a person looks, because words go to people without them.
 */
export function decidePost(facts: PostFacts): PostDecision {
  const isThanks = facts.stance === 'thanks' || (facts.hasHugOps && facts.stance === 'other');
  if (!isThanks || !facts.hasWords) return { action: 'leave', reason: 'no-thanks' };
  if (facts.fault === 'insult' || facts.fault === 'threat') return { action: 'leave', reason: 'unkind' };
  // A question in a thanks is for somebody else to answer.
  if (facts.fault === 'support') return { action: 'hold', reason: 'unsure' };
  if (!facts.isSureThanks) return { action: 'hold', reason: 'unsure' };
  return facts.fault === 'contact' ? { action: 'hold', reason: 'address' } : { action: 'bring' };
}
