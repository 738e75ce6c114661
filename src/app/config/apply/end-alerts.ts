import type { EpochMs } from '../../../domain/words.ts';
import type { Ctx } from '../../../platform/context.ts';
import { type NewSignal, raiseSignals } from '../../../respond/index.ts';
import { batches } from './write-diff.ts';

/**
 * Ends the alerts of integrations that left the file, by the signals that would end them otherwise: their key is withdrawn, so
 * nothing else ever would, and the incident would stay open. (The alerts of checks are ended by the scheduler's reload.)
 */
export async function endAlertsOf(ctx: Ctx, sourceIds: readonly string[], now: EpochMs): Promise<void> {
  for (const batch of batches(sourceIds)) {
    const firing = await ctx.db
      .selectFrom('alerts')
      .select(['service_id', 'source_kind', 'source_id', 'dedup_key', 'severity', 'summary'])
      .where('status', '=', 'firing')
      .where('source_id', 'in', batch)
      .execute();
    await raiseSignals(
      ctx,
      firing.map((alert): NewSignal => ({
        serviceId: alert.service_id,
        sourceKind: alert.source_kind,
        sourceId: alert.source_id,
        dedupKey: alert.dedup_key,
        status: 'ok',
        severity: alert.severity,
        summary: `No longer watched: ${alert.summary}`,
        evidence: { reason: 'removed-from-file' },
        at: now,
      })),
    );
  }
}
