import { isWorse, type Placement, placeSignal } from '../domain/correlation.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { openIncident } from './incidents/open.ts';
import { raiseSeverity } from './incidents/raise-severity.ts';
import { lockPlacing } from './lock-placing.ts';
import { type OutagePlan, planOutages } from './causes/outage-plan.ts';
import { resolveWhenClear } from './resolve-when-clear.ts';
import { alertKey, readFacts, type Signal, type SignalFacts } from './signal-facts.ts';
import { collectWrites, type SignalWrites } from './signal-writes.ts';
import { nextSignals } from './waiting-signals.ts';

// A batch is one transaction: large enough to share one sync to disk in a storm, small enough to keep the first page quick.
const batchSize = 100;

/**
 * Places waiting signals: opens, joins, repeats or clears. Returns how many were placed. When a batch fails, its signals are placed
 * one by one, so that one that cannot be placed keeps no other from its page; it stays waiting and is tried again.
 */
export async function processSignals(ctx: Ctx, now: EpochMs): Promise<number> {
  try {
    return await transact(ctx, (tx) => placeBatch(tx, now));
  } catch (error) {
    ctx.log.error({ err: error }, 'a batch of signals could not be placed; trying them one by one');
  }
  const waiting = await nextSignals(ctx, batchSize);
  let placed = 0;
  let failure: unknown;
  for (const { id } of waiting) {
    try {
      placed += await transact(ctx, (tx) => placeBatch(tx, now, id));
    } catch (error) {
      failure = error;
      ctx.log.error({ err: error, signalId: id }, 'this signal could not be placed');
    }
  }
  if (placed === 0 && failure !== undefined) throw failure;
  return placed;
}

async function placeBatch(ctx: Ctx, now: EpochMs, onlyId?: string): Promise<number> {
  await lockPlacing(ctx);
  const signals =
    onlyId === undefined
      ? await nextSignals(ctx, batchSize)
      : await ctx.db.selectFrom('signals').selectAll().where('outcome', 'is', null).where('id', '=', onlyId).execute();
  if (signals.length === 0) return 0;
  const facts = await readFacts(ctx, signals);
  const plan = await planOutages(ctx, signals, facts, now);
  const writes = collectWrites(ctx);
  for (const signal of signals) {
    const placement = place(signal, facts, plan);
    const incidentId = await carryOut(ctx, signal, placement, { facts, plan, writes, now });
    writes.outcome(signal, `${placement.action}:${placement.reason}`, incidentId);
    ctx.metrics.signals.inc({ source: signal.source_kind, outcome: placement.action });
  }
  await writes.finish();
  await plan.settle(now);
  return signals.length;
}

function place(signal: Signal, facts: SignalFacts, plan: OutagePlan): Placement {
  // Its service was deleted after it was taken in.
  if (signal.service_id === null) return { action: 'ignore', reason: 'nothing-open' };
  return placeSignal({
    signal,
    alert: facts.alerts.get(alertKey(signal)),
    open: plan.isSharedNotice(signal) ? undefined : facts.open.get(signal.service_id),
    outage: outageOf(plan.incidentOf(signal)),
    inMaintenance: facts.inMaintenance.has(signal.service_id),
  });
}

const outageOf = (incidentId: string | undefined): { incidentId: string } | undefined =>
  incidentId === undefined ? undefined : { incidentId };

interface Desk {
  facts: SignalFacts;
  plan: OutagePlan;
  writes: SignalWrites;
  now: EpochMs;
}

async function carryOut(ctx: Ctx, signal: Signal, placement: Placement, desk: Desk): Promise<string | null> {
  const serviceId = signal.service_id ?? '';
  switch (placement.action) {
    case 'open': {
      const incidentId = await openIncident(ctx, {
        serviceId,
        severity: signal.severity,
        title: signal.summary,
        actor: { kind: 'signal', id: signal.source_id },
        openedBy: 'signal',
        now: desk.now,
        evidence: signal.evidence,
      });
      const opened = { id: incidentId, severity: signal.severity };
      desk.facts.incidents.set(incidentId, opened);
      desk.facts.open.set(serviceId, opened);
      desk.plan.opened(signal, incidentId);
      addAlert(signal, incidentId, desk);
      return incidentId;
    }
    case 'join':
      addAlert(signal, placement.incidentId, desk);
      desk.writes.touch(placement.incidentId, serviceId, signal.severity);
      if (placement.reason === 'same-cause') follow(serviceId, placement.incidentId, desk);
      desk.writes.tell('alert.joined', signal, placement.incidentId, desk.now);
      await raise(ctx, signal, placement.incidentId, desk);
      return placement.incidentId;
    case 'repeat':
      desk.writes.repeat(placement.alertId, signal);
      desk.facts.alerts.set(alertKey(signal), {
        id: placement.alertId,
        incidentId: placement.incidentId,
        severity: signal.severity,
      });
      await raise(ctx, signal, placement.incidentId, desk);
      return placement.incidentId;
    case 'clear':
      await clear(ctx, signal, placement, desk);
      return placement.incidentId;
    case 'ignore':
    case 'mute':
      return null;
  }
}

function addAlert(signal: Signal, incidentId: string, { facts, writes }: Desk): void {
  const id = writes.alert(signal, signal.service_id ?? '', incidentId);
  facts.alerts.set(alertKey(signal), { id, incidentId, severity: signal.severity });
}

/** The service is one of the incident's from now on. */
function follow(serviceId: string, incidentId: string, { facts }: Desk): void {
  const incident = facts.incidents.get(incidentId);
  if (incident) facts.open.set(serviceId, incident);
}

/** An incident is as severe as the worst that was said of it, and never becomes milder by itself. */
async function raise(ctx: Ctx, signal: Signal, incidentId: string, { facts, writes, now }: Desk): Promise<void> {
  const open = facts.incidents.get(incidentId);
  if (open === undefined || !isWorse(signal.severity, open.severity)) return;
  await writes.flush();
  await raiseSeverity(ctx, { incidentId, severity: signal.severity, serviceId: signal.service_id ?? '', now });
  open.severity = signal.severity;
}

async function clear(
  ctx: Ctx,
  signal: Signal,
  { alertId, incidentId }: { alertId: string; incidentId: string },
  desk: Desk,
): Promise<void> {
  const { facts, writes, now } = desk;
  await writes.flush();
  await ctx.db
    .updateTable('alerts')
    .set({ status: 'ok', last_at: signal.received_at })
    .where('id', '=', alertId)
    .execute();
  facts.alerts.delete(alertKey(signal));
  writes.tell('alert.cleared', signal, incidentId, now);
  await writes.flush();
  if (await resolveWhenClear(ctx, incidentId, now)) {
    for (const [serviceId, open] of facts.open) if (open.id === incidentId) facts.open.delete(serviceId);
    facts.incidents.delete(incidentId);
    desk.plan.ended(incidentId);
  } else await markWorking(ctx, incidentId, signal.service_id ?? '');
}

/** A service of an incident that goes on, whose own alerts are over: it works again, and the status page may say so. */
async function markWorking(ctx: Ctx, incidentId: string, serviceId: string): Promise<void> {
  await ctx.db
    .updateTable('incident_services')
    .set({ impact: 'operational' })
    .where('incident_id', '=', incidentId)
    .where('service_id', '=', serviceId)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('alerts')
            .select('id')
            .where('incident_id', '=', incidentId)
            .where('service_id', '=', serviceId)
            .where('status', '=', 'firing'),
        ),
      ),
    )
    // A person's incident about it is over when the person says so.
    .where((where) =>
      where.exists(
        where.selectFrom('incidents').select('id').where('id', '=', incidentId).where('opened_by', '=', 'signal'),
      ),
    )
    .execute();
}
