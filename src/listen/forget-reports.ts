import { sql } from 'kysely';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { prune } from '../platform/db/prune.ts';
import { oldestId } from '../platform/random.ts';

/** Forgets visitors' reports from before `before`. Returns how many went. */
export const forgetReports = (ctx: Ctx, before: EpochMs): Promise<number> =>
  prune(ctx, 'reports', sql<boolean>`id < ${oldestId('rep', before)} and at < ${before}`);
