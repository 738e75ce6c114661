import { sql } from 'kysely';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { prune } from '../platform/db/prune.ts';
import { oldestId } from '../platform/random.ts';

/**
 * Forgets signals that were placed and taken in before `before`; alerts and events keep what counted. One that waits or is muted stays, and so
 * does the last of each check: raiseAgain speaks by it for as long as the check is down. Returns how many went.
 */
export const forgetSignals = (ctx: Ctx, before: EpochMs): Promise<number> =>
  prune(
    ctx,
    'signals',
    sql<boolean>`id < ${oldestId('sig', before)} and received_at < ${before} and outcome is not null and outcome <> 'mute:maintenance'
      and (source_kind <> 'check' or exists (select 1 from signals newer where newer.source_kind = signals.source_kind
        and newer.source_id = signals.source_id and newer.dedup_key = signals.dedup_key and newer.seq > signals.seq))`,
  );
