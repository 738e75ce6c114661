import { sql } from 'kysely';
import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../context.ts';
import { prune } from '../db/prune.ts';

/** Forgets mails from before `before` that were sent or given up. One that waits stays. Returns how many went. */
export const forgetMails = (ctx: Ctx, before: EpochMs): Promise<number> =>
  prune(ctx, 'mails', sql<boolean>`status in ('sent', 'failed') and created_at < ${before}`);
