import { explain } from '../../domain/explain.ts';
import { foldOutages } from '../../domain/fold-outages.ts';
import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import type { Situation } from './read-situation.ts';
import { settleOutages } from './settle-outages.ts';
import { warnedFolds } from './warned-folds.ts';

/** Looks at all that is open as it is now, and makes true what follows. */
export async function settleSituation(ctx: Ctx, { scene, incidents }: Situation, now: EpochMs): Promise<void> {
  const warned = new Map<string, string>();
  for (const { id, services, upstreams } of incidents)
    for (const upstream of services.length === 0 ? upstreams : []) warned.set(upstream, id);
  await settleOutages(ctx, scene, [...foldOutages(explain(scene), incidents), ...warnedFolds(warned)], now);
}
