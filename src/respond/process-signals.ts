import { sql } from 'kysely';
import { isWorse, type Placement, placeSignal } from '../domain/correlation.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { openIncident } from './incidents/open.ts';
import { raiseSeverity } from './incidents/raise-severity.ts';
import { resolveIncident } from './incidents/resolve.ts';
import { alertKey, readFacts, type Signal, type SignalFacts } from './signal-facts.ts';
import { collectWrites, type SignalWrites } from './signal-writes.ts';
import { nextSignals } from './waiting-signals.ts';

// A batch is one transaction: large enough to share one sync to disk in a storm, small enough to keep the first page quick.
const batchSize = 100;
// Any constant that no other advisory lock of HugOps uses.
const placerLock = 4_680_002;

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
  // One placer at a time, on whichever node: two could place a resolve before its trigger, or open two incidents for one service.
  await sql`select pg_advisory_xact_lock(${placerLock})`.execute(ctx.db);
  const signals =
    onlyId === undefined
      ? await nextSignals(ctx, batchSize)
      : await ctx.db.selectFrom('signals').selectAll().where('outcome', 'is', null).where('id', '=', onlyId).execute();
  if (signals.length === 0) return 0;
  const facts = await readFacts(ctx, signals);
  const writes = collectWrites(ctx);
  for (const signal of signals) {
    const placement = place(signal, facts);
    const incidentId = await carryOut(ctx, signal, placement, { facts, writes, now });
    writes.outcome(signal, `${placement.action}:${placement.reason}`, incidentId);
    ctx.metrics.signals.inc({ source: signal.source_kind, outcome: placement.action });
  }
  await writes.finish();
  return signals.length;
}

function place(signal: Signal, facts: SignalFacts): Placement {
  // Its service was deleted after it was taken in.
  if (signal.service_id === null) return { action: 'ignore', reason: 'nothing-open' };
  return placeSignal({
    signal,
    alert: facts.alerts.get(alertKey(signal)),
    open: facts.open.get(signal.service_id),
    inMaintenance: facts.inMaintenance.has(signal.service_id),
  });
}

interface Desk {
  facts: SignalFacts;
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
      desk.facts.open.set(serviceId, { id: incidentId, severity: signal.severity });
      addAlert(signal, incidentId, desk);
      return incidentId;
    }
    case 'join':
      addAlert(signal, placement.incidentId, desk);
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

/** An incident is as severe as the worst that was said of it, and never becomes milder by itself. */
async function raise(ctx: Ctx, signal: Signal, incidentId: string, { facts, writes, now }: Desk): Promise<void> {
  const open = facts.open.get(signal.service_id ?? '');
  if (open?.id !== incidentId || !isWorse(signal.severity, open.severity)) return;
  await writes.flush();
  await raiseSeverity(ctx, { incidentId, severity: signal.severity, now });
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
  if (await resolveWhenClear(ctx, incidentId, now)) facts.open.delete(signal.service_id ?? '');
}

/** An incident that signals opened ends when the last of its alerts does. One that a person opened ends when a person says so. */
async function resolveWhenClear(ctx: Ctx, incidentId: string, now: EpochMs): Promise<boolean> {
  const incident = await ctx.db
    .selectFrom('incidents')
    .select(['opened_by', 'status'])
    .select((select) =>
      select
        .exists(
          select.selectFrom('alerts').select('id').where('incident_id', '=', incidentId).where('status', '=', 'firing'),
        )
        .as('is_firing'),
    )
    .where('id', '=', incidentId)
    .executeTakeFirstOrThrow();
  if (incident.opened_by !== 'signal' || incident.status === 'resolved' || Boolean(incident.is_firing)) return false;
  await resolveIncident(ctx, { incidentId, actor: { kind: 'system' }, now, how: 'all-clear' });
  return true;
}
