import { sql } from 'kysely';
import type { Ctx } from '../platform/context.ts';

// Any constant that no other advisory lock of HugOps uses.
const placerLock = 4_680_002;

/**
 * One at a time, on whichever node, decides where trouble belongs, until the transaction ends: two could place a resolve before its trigger, open two
 * incidents for one service, or merge two incidents into each other.
 */
export async function lockPlacing(ctx: Ctx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${placerLock})`.execute(ctx.db);
}
