import type { EpochMs } from '../domain/words.ts';
import { cutText } from '../platform/cut-text.ts';

/** A post as a source hands it in. Texts may be of any length and hold anything: they are bounded here. */
export interface NewPost {
  /** The network's own id; with the source it names the post for ever. */
  externalId: string;
  /** Who wrote it, as the network names them. Only a hash is kept. */
  author: string;
  /** When the author made the account, where the network says. */
  authorSince?: EpochMs | undefined;
  at: EpochMs;
  text: string;
  url?: string | undefined;
  language?: string | undefined;
  /** Somebody else's post passed on: says nothing of its own, and is not counted. */
  isRepost?: boolean;
  /** A new text for a post that was there: counted no more, but kept as it is now. */
  isEdit?: boolean;
}

/** A post that its author took back, or all posts of an author who left. */
export type Withdrawal = { externalId: string } | { author: string };

/** What a source has read since the last batch, and where reading goes on after it. */
export interface PostBatch {
  posts: readonly NewPost[];
  withdrawals?: readonly Withdrawal[];
  /** Committed with the posts; left out when it did not move. */
  position?: string | undefined;
}

/** UTF-16 units that are kept of a post, for people to read. */
const keptUnits = 2_000;
const maxIdUnits = 500;
const maxUrlUnits = 2_000;
// Control characters but tab and line break, and what turns the direction of the text around it (UAX #9).
// oxlint-disable-next-line no-control-regex
const unfit = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Text that can be stored and shown: well-formed, bounded, without controls. */
export const cleanPostText = (text: string): string =>
  cutText(text.slice(0, 2 * keptUnits).replace(unfit, ''), keptUnits).trim();

/** An id that can be stored, or undefined: then the post cannot be known again, and is not taken. */
export function cleanId(id: string): string | undefined {
  const known = id.toWellFormed().replace(unfit, '');
  return known === '' || known.length > maxIdUnits ? undefined : known;
}

/** An address that a person may be given to click. */
export const cleanUrl = (url: string | undefined): string | null =>
  url !== undefined && url.length <= maxUrlUnits && /^https?:\/\//i.test(url) && URL.canParse(url) ? url : null;

/** A language tag such as `en` or `pt-BR`. */
export const cleanLanguage = (tag: string | undefined): string | null =>
  tag !== undefined && /^[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}$/i.test(tag) ? tag : null;
