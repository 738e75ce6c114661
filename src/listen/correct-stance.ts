import type { Stance } from '../detect/stance.ts';
import { binOf } from '../domain/listening.ts';
import type { Actor, EpochMs } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { addCounts } from './count-posts.ts';

export interface CorrectStance {
  postId: string;
  stance: Stance;
  actor: Actor;
  now: EpochMs;
}

/**
 * A person reads a post otherwise than the model: the post and its count go over to that stance, and what the model thought is kept, without
 * the text, to judge the model by. A burst that was called stays called.
 */
export async function correctStance(ctx: Ctx, { postId, stance, actor, now }: CorrectStance): Promise<void> {
  await transact(ctx, async (tx) => {
    const post = await tx.db.selectFrom('posts').selectAll().where('id', '=', postId).forUpdate().executeTakeFirst();
    if (!post) throw new ServiceError('not-found', 'This post is not here any more.');
    if (post.stance === stance) return;
    const mentions = await tx.db.selectFrom('post_mentions').selectAll().where('post_id', '=', postId).execute();
    const cues = post.reasons.filter(({ kind }) => kind === 'cue').map(({ what }) => what);
    await tx.db
      .insertInto('stance_corrections')
      .values({
        id: idFor(tx, 'cor'),
        post_id: postId,
        at: now,
        person_id: actor.kind === 'person' ? (actor.id ?? null) : null,
        from_stance: post.stance,
        to_stance: stance,
        probability: post.stance_probability,
        cues: JSON.stringify(cues),
      })
      .execute();
    // A person has looked: what goes out unseen is the model's alone to say.
    await tx.db
      .updateTable('posts')
      .set({ stance, stance_probability: 1, is_sure_thanks: false })
      .where('id', '=', postId)
      .execute();
    const fresh = post.is_fresh_author ? 1 : 0;
    await addCounts(
      tx,
      post.source,
      mentions.flatMap(({ target_kind: kind, target_id: id }) => {
        const row = { target: { kind, id }, binAt: binOf(post.at) };
        return [
          { ...row, stance: post.stance, posts: -1, voices: -1, freshVoices: -fresh },
          { ...row, stance, posts: 1, voices: 1, freshVoices: fresh },
        ];
      }),
    );
  });
}
