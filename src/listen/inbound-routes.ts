import { hash } from 'node:crypto';
import { Hono } from 'hono';
import { z } from 'zod';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { bodyLimit, clientAddress, createRateLimiter } from '../platform/http/limits.ts';
import { readJson } from '../platform/http/read-json.ts';
import { inboundItemSchema, postsOf } from './sources/inbound-post.ts';
import { mostPostsAtOnce, takePosts } from './take-posts.ts';
import type { Hearing } from './watch-words.ts';

const maxBytes = 2_000_000;
const isSingle = (body: unknown): boolean => typeof body === 'object' && body !== null && !Object.hasOwn(body, 'posts');
/** One post is a list of one, so that every complaint names its field. */
const bodySchema = z.preprocess(
  (body) => (isSingle(body) ? { posts: [body] } : body),
  z.strictObject({ posts: z.array(inboundItemSchema).min(1).max(mostPostsAtOnce) }),
);

/** What stands for the key of a webhook in its row. A key is long and random, so it needs no salt. */
export const webhookKeyHash = (key: string): string => hash('sha256', key, 'hex');

/** Posts that others send: `POST /inbound/posts/KEY`, answered after they are committed. */
export function inboundPostRoutes(ctx: Ctx, hearing: Hearing): Hono {
  const perSource = createRateLimiter({ burst: 600, perMs: 60_000 });
  const perStranger = createRateLimiter({ burst: 20, perMs: 60_000 });
  const app = new Hono();
  app.post('/inbound/posts/:key', bodyLimit(maxBytes), async (c) => {
    const now = ctx.clock.now();
    const source = await ctx.db
      .selectFrom('listen_sources')
      .select('id')
      .where('key_hash', '=', webhookKeyHash(c.req.param('key')))
      .where('archived_at', 'is', null)
      .executeTakeFirst();
    const retryAfterMs = source ? perSource.take(source.id, now) : perStranger.take(clientAddress(c), now);
    if (retryAfterMs > 0)
      throw new ServiceError('too-many', 'Too many messages. Please wait a moment.', { retryAfterMs });
    if (!source) throw new ServiceError('unauthenticated', 'There is no source with this key.');
    const { posts } = await readJson(c, bodySchema);
    const tally = await takePosts(ctx, { hearing, source: source.id, batch: postsOf(posts, now), now });
    return c.json(tally, 202);
  });
  app.all('/inbound/posts/:key', () => new Response(null, { status: 405, headers: { allow: 'POST' } }));
  return app;
}
