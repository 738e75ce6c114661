import type { EpochMs, JsonObject, Severity } from '../domain/words.ts';
import { type Ctx, idFor } from '../platform/context.ts';

/** One observation about a service, with its evidence. */
export interface NewSignal {
  serviceId: string;
  /** `check`, `alertmanager`, `events-v2`, `reports` … */
  sourceKind: string;
  /** The check, the integration …: keys are compared within one source only. */
  sourceId: string;
  /** Signals with one key are one alert until it is `ok`. */
  dedupKey: string;
  status: 'firing' | 'ok';
  severity: Severity;
  summary: string;
  evidence: JsonObject;
  at: EpochMs;
  /** Whose share of the placing it takes, so that one noisy source delays no other: an integration's id. '' is everybody's. */
  queue?: string | undefined;
}

/**
 * Writes the signals in the current transaction, or in one of their own. Once this returns (and the transaction commits), each is
 * placed, and paged where it should be, whatever happens to the process.
 */
export async function raiseSignals(ctx: Ctx, signals: readonly NewSignal[]): Promise<string[]> {
  if (signals.length === 0) return [];
  const now = ctx.clock.now();
  const rows = signals.map((signal) => ({
    id: idFor(ctx, 'sig'),
    service_id: signal.serviceId,
    source_kind: signal.sourceKind,
    source_id: signal.sourceId,
    dedup_key: signal.dedupKey,
    status: signal.status,
    severity: signal.severity,
    summary: signal.summary,
    evidence: JSON.stringify(signal.evidence),
    at: signal.at,
    received_at: now,
    incident_id: null,
    queue: signal.queue ?? '',
  }));
  await ctx.db.insertInto('signals').values(rows).execute();
  ctx.wake('signals');
  return rows.map((row) => row.id);
}

/** One signal; see raiseSignals. */
export async function raiseSignal(ctx: Ctx, signal: NewSignal): Promise<void> {
  await raiseSignals(ctx, [signal]);
}
