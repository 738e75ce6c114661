import type { HugFault } from './hug-guard.ts';
import type { EpochMs, HugKind } from './words.ts';

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
  /** It names the provider behind the trouble, and none of the services here. */
  readonly namesOnlyUpstream?: boolean;
}

export type PostDecision =
  | { readonly action: 'bring' }
  | { readonly action: 'hold'; readonly reason: 'unsure' | 'address' | 'upstream' }
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
  if (facts.fault === 'contact') return { action: 'hold', reason: 'address' };
  // Most likely it is meant for the people there; whether also for those here, a person says.
  return facts.namesOnlyUpstream === true ? { action: 'hold', reason: 'upstream' } : { action: 'bring' };
}

/** `#hugops`, also as `#hug-ops`. */
export const saysHugOps = (text: string): boolean => /(?:^|[^\p{L}\p{N}])#hug-?ops\b/iu.test(text);

/** Pictures by which a post says which hug it is; without one it is a hug. */
const pictures: readonly (readonly [HugKind, RegExp])[] = [
  ['coffee', /[☕🍵🍺🍻]/u],
  ['cake', /[🍰🎂🧁🍪🍩]/u],
  ['chocolates', /🍫/u],
  ['flowers', /[💐🌷🌹🌻🌸🌼]/u],
  ['star', /[⭐🌟✨]/u],
];

export const kindOfPost = (text: string): HugKind => pictures.find(([, picture]) => picture.test(text))?.[0] ?? 'hug';

/** An incident whose thanks window has not closed, and what names it. */
export interface ThankableIncident {
  readonly incidentId: string;
  readonly resolvedAt: EpochMs;
  /** Keys of services and providers. */
  readonly targets: ReadonlySet<string>;
}

/** Which incident a post is about: of those that it names, the one that was over last when it was written. */
export function incidentOfPost(
  post: { at: EpochMs; targets: readonly string[] },
  incidents: readonly ThankableIncident[],
): string | undefined {
  return incidents
    .filter(({ resolvedAt, targets }) => resolvedAt <= post.at && post.targets.some((target) => targets.has(target)))
    .toSorted((a, b) => b.resolvedAt - a.resolvedAt)[0]?.incidentId;
}
