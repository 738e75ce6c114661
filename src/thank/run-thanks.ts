import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { deliverHugs } from './deliver-hugs.ts';
import { findQuietSaves } from './find-quiet-saves.ts';
import { followIncidents } from './follow-incidents.ts';
import { hugPosts } from './hug-posts.ts';
import { queueHugs } from './queue-hugs.ts';
import { tendWindows } from './tend-windows.ts';

/** The loop `thanks`: credit and windows, quiet saves, hugs from posts, hugs on their way, hugs that are due. Returns how much there was to do. */
export async function runThanks(ctx: Ctx, now: EpochMs): Promise<number> {
  const followed = await followIncidents(ctx, now);
  const tended = await tendWindows(ctx, now);
  const quiet = await findQuietSaves(ctx, now);
  const posts = await hugPosts(ctx, now);
  const queued = await queueHugs(ctx, now);
  return followed + tended + quiet + posts + queued + (await deliverHugs(ctx, now));
}
