import { expectCount } from '../detect/burst-baseline.ts';
import type { BurstState } from '../detect/burst.ts';
import { reportsFire, windowStart } from '../domain/reports.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { raiseSignal } from '../respond/index.ts';

/** Different visitors who reported the service in the window before `now`. */
export async function countVisitors(ctx: Ctx, serviceId: string, now: EpochMs): Promise<number> {
  const row = await ctx.db
    .selectFrom('reports')
    .select((select) => select.fn.count<number>('visitor_hash').distinct().as('visitors'))
    .where('service_id', '=', serviceId)
    .where('at', '>', windowStart(now))
    .executeTakeFirstOrThrow();
  return Number(row.visitors);
}

const sourceKind = 'reports';

/** Whether too little is known of a service's reports to say what is usual: then so many visitors are a signal of their own. */
async function isLearning(ctx: Ctx, serviceId: string, now: EpochMs): Promise<boolean> {
  const row = await ctx.db
    .selectFrom('burst_series')
    .select('state')
    .where('measure', '=', 'reports')
    .where('target_kind', '=', 'service')
    .where('target_id', '=', serviceId)
    .executeTakeFirst();
  return row === undefined || expectCount((row.state as BurstState).baseline, now).learning;
}

/**
 * Raises a signal when more visitors report a service than is usual there (or, while that is being learnt, five at once), and takes it back
 * when they have stopped.
 */
export async function weighReports(ctx: Ctx, serviceId: string, now: EpochMs): Promise<void> {
  const last = await ctx.db
    .selectFrom('signals')
    .select('status')
    .where('service_id', '=', serviceId)
    .where('source_kind', '=', sourceKind)
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirst();
  const firing = last?.status === 'firing';
  const visitors = await countVisitors(ctx, serviceId, now);
  const burst = await ctx.db
    .selectFrom('bursts')
    .select(['id', 'evidence'])
    .where('measure', '=', 'reports')
    .where('target_kind', '=', 'service')
    .where('target_id', '=', serviceId)
    .where('ended_at', 'is', null)
    .executeTakeFirst();
  const fires = burst !== undefined || ((await isLearning(ctx, serviceId, now)) && reportsFire(visitors, firing));
  if (fires === firing) return;
  const service = await ctx.db
    .selectFrom('services')
    .select('name')
    .where('id', '=', serviceId)
    .executeTakeFirstOrThrow();
  await raiseSignal(ctx, {
    serviceId,
    sourceKind,
    sourceId: 'status-page',
    dedupKey: serviceId,
    status: fires ? 'firing' : 'ok',
    severity: 'major',
    summary: fires
      ? `${visitors} visitors report problems with ${service.name}`
      : `Visitors have stopped reporting problems with ${service.name}`,
    evidence: {
      visitors,
      windowStart: windowStart(now),
      ...(burst === undefined ? {} : { ...burst.evidence, burstId: burst.id }),
    },
    at: now,
  });
}

/** Takes back the signals of services about which nobody complains any more. Returns how many services were weighed. */
export async function settleReports(ctx: Ctx, now: EpochMs): Promise<number> {
  const firing = await ctx.db
    .selectFrom('alerts')
    .select('service_id')
    .where('source_kind', '=', sourceKind)
    .where('status', '=', 'firing')
    .limit(100)
    .execute();
  for (const { service_id } of firing) await transact(ctx, (tx) => weighReports(tx, service_id, now));
  return firing.length;
}
