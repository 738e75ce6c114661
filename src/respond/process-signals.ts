import type { Selectable } from 'kysely';
import { type Placement, placeSignal } from '../domain/correlation.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import type { Tables } from '../platform/db/tables.ts';
import { appendEvents } from '../platform/events.ts';
import { openIncident } from './incidents/open.ts';
import { raiseSeverity } from './incidents/raise-severity.ts';
import { resolveIncident } from './incidents/resolve.ts';

type Signal = Selectable<Tables['signals']>;

// A batch is one transaction: large enough to share one sync to disk in a storm, small enough to keep the first page quick.
const batchSize = 50;

/**
 * Places waiting signals: opens, joins, repeats or clears. Returns how many were placed. When a batch fails, its signals are placed
 * one by one, so that one that cannot be placed keeps no other from its page; it stays waiting and is tried again.
 */
export async function processSignals(ctx: Ctx, now: EpochMs): Promise<number> {
  try {
    return await transact(ctx, (tx) => placeBatch(tx, now, batchSize));
  } catch (error) {
    ctx.log.error({ err: error }, 'a batch of signals could not be placed; trying them one by one');
  }
  const waiting = await ctx.db
    .selectFrom('signals')
    .select('id')
    .where('outcome', 'is', null)
    .orderBy('received_at')
    .orderBy('id')
    .limit(batchSize)
    .execute();
  let placed = 0;
  let failure: unknown;
  for (const { id } of waiting) {
    try {
      placed += await transact(ctx, (tx) => placeBatch(tx, now, 1, id));
    } catch (error) {
      failure = error;
      ctx.log.error({ err: error, signalId: id }, 'this signal could not be placed');
    }
  }
  if (placed === 0 && failure !== undefined) throw failure;
  return placed;
}

async function placeBatch(ctx: Ctx, now: EpochMs, limit: number, onlyId?: string): Promise<number> {
  const signals = await ctx.db
    .selectFrom('signals')
    .selectAll()
    .where('outcome', 'is', null)
    .$if(onlyId !== undefined, (query) => query.where('id', '=', onlyId ?? ''))
    .orderBy('received_at')
    .orderBy('id')
    .limit(limit)
    .forUpdate()
    .skipLocked()
    .execute();
  if (signals.length === 0) return 0;
  // One lock a service, always in the same order: two nodes can neither open two incidents for one service nor deadlock.
  const serviceIds = [...new Set(signals.flatMap((signal) => signal.service_id ?? []))].sort();
  if (serviceIds.length > 0) {
    await ctx.db.selectFrom('services').select('id').where('id', 'in', serviceIds).orderBy('id').forUpdate().execute();
  }
  for (const signal of signals) {
    const { placement, incidentId } = await place(ctx, signal, now);
    await ctx.db
      .updateTable('signals')
      .set({ outcome: `${placement.action}:${placement.reason}`, incident_id: incidentId })
      .where('id', '=', signal.id)
      .execute();
    ctx.metrics.signals.inc({ source: signal.source_kind, outcome: placement.action });
  }
  return signals.length;
}

async function place(
  ctx: Ctx,
  signal: Signal,
  now: EpochMs,
): Promise<{ placement: Placement; incidentId: string | null }> {
  const serviceId = signal.service_id;
  if (serviceId === null) return { placement: { action: 'ignore', reason: 'nothing-open' }, incidentId: null };
  const alert = await ctx.db
    .selectFrom('alerts')
    .select(['id', 'incident_id as incidentId', 'severity'])
    .where('source_kind', '=', signal.source_kind)
    .where('source_id', '=', signal.source_id)
    .where('dedup_key', '=', signal.dedup_key)
    .where('status', '=', 'firing')
    .executeTakeFirst();
  const open = await ctx.db
    .selectFrom('incidents')
    .select(['id', 'severity'])
    .where('service_id', '=', serviceId)
    .where('status', '!=', 'resolved')
    .orderBy('opened_at')
    .executeTakeFirst();
  const inMaintenance = await serviceInMaintenance(ctx, serviceId);
  const placement = placeSignal({ signal, alert, open, inMaintenance });
  const incidentId = await carryOut(ctx, signal, serviceId, placement, now);
  return { placement, incidentId };
}

async function carryOut(
  ctx: Ctx,
  signal: Signal,
  serviceId: string,
  placement: Placement,
  now: EpochMs,
): Promise<string | null> {
  switch (placement.action) {
    case 'open': {
      const incidentId = await openIncident(ctx, {
        serviceId,
        severity: signal.severity,
        title: signal.summary,
        actor: { kind: 'signal', id: signal.source_id },
        openedBy: 'signal',
        now,
        evidence: signal.evidence,
      });
      await insertAlert(ctx, signal, serviceId, incidentId);
      return incidentId;
    }
    case 'join':
      await insertAlert(ctx, signal, serviceId, placement.incidentId);
      await tellAlert(ctx, 'alert.joined', signal, placement.incidentId, now);
      if (placement.raises)
        await raiseSeverity(ctx, { incidentId: placement.incidentId, severity: signal.severity, now });
      return placement.incidentId;
    case 'repeat':
      await ctx.db
        .updateTable('alerts')
        .set((set) => ({
          signal_count: set('signal_count', '+', 1),
          last_at: signal.at,
          evidence: JSON.stringify(signal.evidence),
          ...(placement.raises ? { severity: signal.severity } : {}),
        }))
        .where('id', '=', placement.alertId)
        .execute();
      if (placement.raises)
        await raiseSeverity(ctx, { incidentId: placement.incidentId, severity: signal.severity, now });
      return placement.incidentId;
    case 'clear':
      await ctx.db
        .updateTable('alerts')
        .set({ status: 'ok', last_at: signal.at })
        .where('id', '=', placement.alertId)
        .execute();
      await tellAlert(ctx, 'alert.cleared', signal, placement.incidentId, now);
      await resolveWhenClear(ctx, placement.incidentId, now);
      return placement.incidentId;
    case 'ignore':
    case 'mute':
      return null;
  }
}

async function insertAlert(ctx: Ctx, signal: Signal, serviceId: string, incidentId: string): Promise<void> {
  await ctx.db
    .insertInto('alerts')
    .values({
      id: idFor(ctx, 'alt'),
      incident_id: incidentId,
      service_id: serviceId,
      source_kind: signal.source_kind,
      source_id: signal.source_id,
      dedup_key: signal.dedup_key,
      status: 'firing',
      severity: signal.severity,
      summary: signal.summary,
      evidence: JSON.stringify(signal.evidence),
      first_at: signal.at,
      last_at: signal.at,
    })
    .execute();
}

const tellAlert = (ctx: Ctx, kind: string, signal: Signal, incidentId: string, now: EpochMs): Promise<void> =>
  appendEvents(ctx, [
    {
      kind,
      at: now,
      actor: { kind: 'signal', id: signal.source_id },
      incidentId,
      serviceId: signal.service_id ?? undefined,
      data: { summary: signal.summary, sourceKind: signal.source_kind, dedupKey: signal.dedup_key },
    },
  ]);

/** An incident that signals opened ends when the last of its alerts does. One that a person opened ends when a person says so. */
async function resolveWhenClear(ctx: Ctx, incidentId: string, now: EpochMs): Promise<void> {
  const incident = await ctx.db
    .selectFrom('incidents')
    .select(['opened_by', 'status'])
    .where('id', '=', incidentId)
    .executeTakeFirstOrThrow();
  if (incident.opened_by !== 'signal' || incident.status === 'resolved') return;
  const firing = await ctx.db
    .selectFrom('alerts')
    .select('id')
    .where('incident_id', '=', incidentId)
    .where('status', '=', 'firing')
    .limit(1)
    .executeTakeFirst();
  if (!firing) await resolveIncident(ctx, { incidentId, actor: { kind: 'system' }, now, how: 'all-clear' });
}

async function serviceInMaintenance(ctx: Ctx, serviceId: string): Promise<boolean> {
  const row = await ctx.db
    .selectFrom('maintenance_services')
    .innerJoin('maintenances', 'maintenances.id', 'maintenance_services.maintenance_id')
    .select('maintenances.id')
    .where('maintenance_services.service_id', '=', serviceId)
    .where('maintenances.status', '=', 'in_progress')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/**
 * Puts signals that a maintenance muted back into the queue when it is over and their trouble is not: the newest a key, if it still fires.
 * Returns how many.
 */
export async function reconsiderMuted(ctx: Ctx): Promise<number> {
  return transact(ctx, async (tx) => {
    const muted = await tx.db
      .selectFrom('signals')
      .selectAll()
      .where('outcome', '=', 'mute:maintenance')
      .orderBy('received_at')
      .limit(500)
      .execute();
    let count = 0;
    for (const signal of muted) {
      if (signal.service_id !== null && (await serviceInMaintenance(tx, signal.service_id))) continue;
      const newer = await tx.db
        .selectFrom('signals')
        .select('id')
        .where('source_kind', '=', signal.source_kind)
        .where('source_id', '=', signal.source_id)
        .where('dedup_key', '=', signal.dedup_key)
        .where((where) =>
          where.or([
            where('received_at', '>', signal.received_at),
            where.and([where('received_at', '=', signal.received_at), where('id', '>', signal.id)]),
          ]),
        )
        .limit(1)
        .executeTakeFirst();
      await tx.db
        .updateTable('signals')
        .set({ outcome: newer ? 'mute:over' : null })
        .where('id', '=', signal.id)
        .execute();
      if (!newer) count++;
    }
    if (count > 0) tx.wake('signals');
    return count;
  });
}
