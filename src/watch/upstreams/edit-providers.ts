import type { z } from 'zod';
import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import type { newProviderSchema } from './schemas.ts';

interface By {
  actor: Actor;
  now: EpochMs;
}

/** Adds a provider beside the catalogue, or in the place of the catalogue's of that id. Adding it again changes it. */
export async function addProvider(ctx: Ctx, input: z.output<typeof newProviderSchema>, by: By): Promise<void> {
  const values = { name: input.name, page_url: input.pageUrl, feed_kind: input.feed.kind, feed_url: input.feed.url };
  await transact(ctx, async (tx) => {
    await tx.db
      .insertInto('upstream_providers')
      .values({ id: input.id, ...values, created_at: by.now })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
      .execute();
    await appendEvents(tx, [
      { kind: 'upstream-provider.added', at: by.now, actor: by.actor, data: { provider: input.id, name: input.name } },
    ]);
  });
}

/** Takes an added provider out of the list; the catalogue's of that id, if any, holds again. Throws `not-found`. */
export async function removeProvider(ctx: Ctx, id: string, by: By): Promise<void> {
  await transact(ctx, async (tx) => {
    const gone = await tx.db.deleteFrom('upstream_providers').where('id', '=', id).returning('name').executeTakeFirst();
    if (!gone) throw new ServiceError('not-found', 'There is no provider of that id that was added here.');
    await appendEvents(tx, [
      { kind: 'upstream-provider.removed', at: by.now, actor: by.actor, data: { provider: id, name: gone.name } },
    ]);
  });
}
