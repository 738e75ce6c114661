import { serviceVerdict, verdictReasons } from '../../../domain/verdict.ts';
import type { EpochMs } from '../../../domain/words.ts';
import type { Ctx } from '../../../platform/context.ts';
import { type NewSignal, raiseSignals } from '../../../respond/index.ts';
import { batches } from './write-diff.ts';

/**
 * What nobody watches any more: the verdict ends, and with it what it said about the service. Nothing else would ever tell, since
 * no result comes any more, and the page would stay red.
 */
export async function retireChecks(ctx: Ctx, checkIds: readonly string[], now: EpochMs): Promise<void> {
  const serviceIds = new Set<string>();
  for (const batch of batches(checkIds)) {
    const retired = await ctx.db
      .updateTable('checks')
      .set({ verdict: 'unknown', verdict_since: now, verdict_reason: 'removed', state: '{}', due_at: null })
      .where('id', 'in', batch)
      .returning('service_id')
      .execute();
    for (const row of retired) serviceIds.add(row.service_id);
  }
  for (const serviceId of serviceIds) await judgeAnew(ctx, serviceId, now);
}

async function judgeAnew(ctx: Ctx, serviceId: string, now: EpochMs): Promise<void> {
  const checks = await ctx.db
    .selectFrom('checks')
    .select(['verdict', 'verdict_reason', 'state'])
    .where('service_id', '=', serviceId)
    .where('archived_at', 'is', null)
    .where('paused', '=', false)
    .execute();
  const { verdict, reason } = serviceVerdict(
    checks.map((check) => ({
      verdict: check.verdict,
      reason: verdictReasons.find((known) => known === check.verdict_reason) ?? 'no-result-yet',
      settled: check.state['settled'] === 'up' || check.state['settled'] === 'down' ? check.state['settled'] : null,
    })),
  );
  const changed = await ctx.db
    .updateTable('services')
    .set({ status: verdict, status_since: now })
    .where('id', '=', serviceId)
    .where('status', '!=', verdict)
    .returning('id')
    .executeTakeFirst();
  if (changed === undefined) return;
  await ctx.db
    .insertInto('service_status_changes')
    .values({ service_id: serviceId, at: now, status: verdict, reason })
    .execute();
}

/**
 * Ends the alerts of checks and integrations that left the file, by the same signals that would end them otherwise: nothing
 * else ever would, and their incident would stay open.
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
