import type { EpochMs, Severity } from './words.ts';

/** Posts are counted in bins of this length. */
export const postBinMs = 5 * 60_000;
export const binOf = (at: EpochMs): EpochMs => Math.floor(at / postBinMs) * postBinMs;

/** One author counts once in this time, for one target and stance; so does one text. */
export const voiceWindowMs = 3_600_000;
/** An account younger than this may have been made for the occasion. */
const freshAccountMs = 7 * 86_400_000;
/** What is older when it comes is history: it is not counted, and so need not be remembered for longer. */
export const latestPostMs = 24 * 3_600_000;
/** Ids of counted posts are remembered for longer than a post may be late, so that none is ever counted again. */
export const keyMemoryMs = 2 * latestPostMs;

export type PostTime = { take: true; at: EpochMs } | { take: false; reason: 'too-old' };

/** When a post counts. Clocks of senders may be years off: the future is now, and the distant past is history. */
export function placePost(saidAt: EpochMs, now: EpochMs): PostTime {
  if (!Number.isFinite(saidAt) || saidAt > now) return { take: true, at: now };
  if (now - saidAt > latestPostMs) return { take: false, reason: 'too-old' };
  return { take: true, at: saidAt };
}

/** Whether the account was made just before the post. Unknown is not fresh: most networks do not say. */
export const isFreshAccount = (since: EpochMs | undefined, at: EpochMs): boolean =>
  since !== undefined && at - since < freshAccountMs;

/** A burst half of whose voices are fresh accounts may be a brigade: it is told, and opens nothing by itself. */
export const isSuspect = (voices: number, freshVoices: number): boolean => freshVoices > 0 && freshVoices * 2 >= voices;

export interface SourceFacts {
  isAlive: boolean;
  /** Posts that it brought lately. */
  weight: number;
}

/**
 * Whether what is counted now says anything: when the sources that are dead usually bring half of the posts or more, a low count is
 * no quiet, and the bin is a gap. Nobody listening is blind too.
 */
export function isBlind(sources: readonly SourceFacts[]): boolean {
  const dead = sources.filter((source) => !source.isAlive);
  if (dead.length === 0) return sources.length === 0;
  if (dead.length === sources.length) return true;
  const sum = (some: readonly SourceFacts[]): number => some.reduce((total, { weight }) => total + weight, 0);
  return sum(dead) * 2 >= Math.max(1, sum(sources));
}

/**
 * How severe a burst is for a service. What is said of the service itself is major; while its baseline is being learnt, and when it is
 * said of an upstream that the service depends on, minor: others' word about others' trouble.
 */
export const burstSeverity = (burst: { learning: boolean; targetKind: 'service' | 'upstream' }): Severity =>
  burst.learning || burst.targetKind === 'upstream' ? 'minor' : 'major';
