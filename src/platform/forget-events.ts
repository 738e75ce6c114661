import { sql } from 'kysely';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from './context.ts';
import { prune } from './db/prune.ts';

/** Forgets events from before `before` that belong to no incident. Those of incidents are kept for as long as they are. Returns how many went. */
export const forgetEvents = (ctx: Ctx, before: EpochMs): Promise<number> =>
  prune(ctx, 'events', sql<boolean>`incident_id is null and at < ${before}`);
