import type { NewPost } from '../../../src/listen/index.ts';
import { createHearing, type Hearing, takePosts } from '../../../src/listen/index.ts';
import { tickListening } from '../../../src/listen/tick-listening.ts';
import { binOf, postBinMs } from '../../../src/domain/listening.ts';
import type { PostTally } from '../../../src/listen/take-posts.ts';
import type { PostBatch } from '../../../src/listen/post.ts';
import type { Subject } from '../db/both.ts';
import { openStage, type Stage } from '../respond/respond-stage.ts';

export interface ListenStage extends Stage {
  hearing: Hearing;
  addSource(id: string, kind?: string): Promise<unknown>;
  take(posts: readonly NewPost[], more?: Partial<PostBatch> & { source?: string }): Promise<PostTally>;
  /** Quiet bins before now, as if HugOps had listened for so long. */
  quiet(bins: number): Promise<void>;
  tick(): Promise<void>;
  counts(): Promise<{ stance: string; posts: number; voices: number; fresh_voices: number }[]>;
}

let made = 0;
/** A post of an author of its own, now, unless it says otherwise. */
export function post(text: string, more: Partial<NewPost> = {}): NewPost {
  made += 1;
  return { externalId: `p${made}`, author: `author ${made}`, at: Number.MAX_SAFE_INTEGER, text, ...more };
}

/** Service `a` is called Zyntra, `b` Kalomira and depends on Acme; a source called `net`. */
export async function openListenStage(subject: Subject): Promise<ListenStage> {
  const stage = await openStage(subject);
  const { ctx, clock } = stage;
  const now = clock.now();
  for (const [service_id, name] of [
    ['a', 'Zyntra'],
    ['b', 'Kalomira'],
  ] as const) {
    const terms = JSON.stringify({ names: [name], handles: [`@${name}`], exclude: [`${name} river`] });
    await ctx.db.insertInto('listen_terms').values({ service_id, terms, updated_at: now }).execute();
  }
  const acme = { service_id: 'b', depends_on: 'acme/eu/store', hardness: 'hard' as const };
  await ctx.db.insertInto('service_dependencies').values(acme).execute();
  const hearing = createHearing(async () => [{ id: 'acme', names: ['Acmecloud'] }]);
  await hearing.refresh(ctx, now);
  const addSource = (id: string, kind = 'webhook') =>
    ctx.db
      .insertInto('listen_sources')
      .values({
        id,
        kind,
        name: id,
        config: JSON.stringify({ kind }),
        key_hash: null,
        position: null,
        health_since: now,
        last_seen_at: null,
        last_post_at: null,
        last_error_at: null,
        last_error: null,
        lease_owner: null,
        lease_until: null,
        owned_by: 'file',
        created_at: now,
        archived_at: null,
      })
      .execute();
  await addSource('net');
  return {
    ...stage,
    hearing,
    addSource,
    take: (posts, { source = 'net', ...more } = {}) =>
      takePosts(ctx, { hearing, source, batch: { posts, ...more }, now: clock.now() }),
    async quiet(bins) {
      const from = binOf(clock.now());
      const rows = Array.from({ length: bins }, (_, i) => ({ bin_at: from + i * postBinMs, blind: false }));
      await ctx.db.insertInto('listen_bins').values(rows).execute();
      clock.advance(bins * postBinMs);
    },
    async tick() {
      while ((await tickListening(ctx, clock.now())) > 0);
      await stage.settle();
      await tickListening(ctx, clock.now());
    },
    counts: () =>
      ctx.db
        .selectFrom('post_counts')
        .select(['stance', 'posts', 'voices', 'fresh_voices'])
        .orderBy('bin_at')
        .orderBy('target_id')
        .orderBy('stance')
        .execute(),
  };
}
