import type { Match } from '../detect/match-terms.ts';
import type { EpochMs } from '../domain/words.ts';
import { cleanPostText, type NewPost } from './post.ts';

/** A post that names something watched. */
export interface HeardPost {
  post: NewPost;
  externalId: string;
  at: EpochMs;
  matches: readonly Match[];
}

/** Why a stance, for a jsonb column. The words are the author's: they are kept as long as the post. */
export const reasonsAsJson = (reasons: readonly object[]): string =>
  JSON.stringify(reasons, (_key, value: unknown) => {
    if (typeof value === 'string') return cleanPostText(value);
    return typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
  });
