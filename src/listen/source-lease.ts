import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';

/** A reader that says nothing for so long has died: another HugOps reads on from the position that was committed. */
export const leaseMs = 90_000;
export const renewEveryMs = 30_000;

/** Another HugOps reads the source now, or its configuration is another: what was read by this reader must not be committed. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
}

/** Takes the source for this node, unless another reads it. */
export async function claimSource(ctx: Ctx, id: string, now: EpochMs): Promise<boolean> {
  const { numUpdatedRows } = await ctx.db
    .updateTable('listen_sources')
    .set({ lease_owner: ctx.nodeId, lease_until: now + leaseMs })
    .where('id', '=', id)
    .where('archived_at', 'is', null)
    .where((where) =>
      where.or([
        where('lease_owner', 'is', null),
        where('lease_owner', '=', ctx.nodeId),
        where('lease_until', '<=', now),
      ]),
    )
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Keeps what this node has taken. False when it is this node's no more. */
export async function renewLease(ctx: Ctx, id: string, now: EpochMs): Promise<boolean> {
  const { numUpdatedRows } = await ctx.db
    .updateTable('listen_sources')
    .set({ lease_until: now + leaseMs })
    .where('id', '=', id)
    .where('lease_owner', '=', ctx.nodeId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Lets another have it at once. */
export async function releaseSource(ctx: Ctx, id: string): Promise<void> {
  await ctx.db
    .updateTable('listen_sources')
    .set({ lease_owner: null, lease_until: null })
    .where('id', '=', id)
    .where('lease_owner', '=', ctx.nodeId)
    .execute();
}
