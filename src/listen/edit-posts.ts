import type { Ctx } from '../platform/context.ts';
import { type HeardPost, reasonsAsJson } from './heard-post.ts';
import { cleanPostText } from './post.ts';
import type { Hearing } from './watch-words.ts';

/** Brings the texts of posts that are still kept to what their authors made of them. What was counted stays counted as it was. */
export async function editPosts(
  ctx: Ctx,
  { hearing, source, edits }: { hearing: Hearing; source: string; edits: readonly HeardPost[] },
): Promise<void> {
  for (const { post, externalId, matches } of edits) {
    const { verdict, reasons } = hearing.model.explain(post.text, matches);
    await ctx.db
      .updateTable('posts')
      .set({
        text: cleanPostText(post.text),
        stance: verdict.stance,
        stance_probability: verdict.probability,
        is_sure_thanks: verdict.isSureThanks,
        reasons: reasonsAsJson(reasons),
      })
      .where('source', '=', source)
      .where('external_id', '=', externalId)
      .execute();
  }
}
