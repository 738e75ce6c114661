import { z } from 'zod';
import type { EpochMs } from '../../domain/words.ts';
import type { NewPost, PostBatch, Withdrawal } from '../post.ts';

/** Epoch milliseconds of a number, or of a text as in 2026-01-05T09:00:00Z. */
const timeSchema = z.union([
  z.number().finite(),
  z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
]);

/** What a support desk, a community channel or a recording sends: a post, or that one was taken back. */
export const inboundItemSchema = z.strictObject({
  id: z.string().min(1).max(500).describe("The post's own id; sent again, it is the same post."),
  text: z.string().max(200_000).optional(),
  author: z
    .string()
    .max(500)
    .optional()
    .describe('Who wrote it, in any form; only a hash is kept. One author counts once an hour.'),
  authorSince: timeSchema.optional().describe('When the author made the account.'),
  at: timeSchema.optional().describe('When it was written; now, when left out.'),
  url: z.string().max(2_000).optional(),
  language: z.string().max(35).optional(),
  isRepost: z.boolean().optional(),
  isDeleted: z.boolean().optional().describe('The post was taken back: it is deleted here.'),
});
export type InboundPost = z.output<typeof inboundItemSchema>;

/** The items as a batch; times moved by `shiftMs`. A post without an author is one of its own. */
export function postsOf(items: readonly InboundPost[], now: EpochMs, shiftMs = 0): PostBatch {
  const posts: NewPost[] = [];
  const withdrawals: Withdrawal[] = [];
  for (const item of items) {
    if (item.isDeleted === true) withdrawals.push({ externalId: item.id });
    else {
      posts.push({
        externalId: item.id,
        author: item.author ?? `of ${item.id}`,
        authorSince: item.authorSince === undefined ? undefined : item.authorSince + shiftMs,
        at: item.at === undefined ? now : item.at + shiftMs,
        text: item.text ?? '',
        url: item.url,
        language: item.language,
        isRepost: item.isRepost ?? false,
      });
    }
  }
  return { posts, withdrawals };
}
