import { sql } from 'kysely';
import { impactOf } from '../domain/incident.ts';
import { type EpochMs, type Impact, impacts, type JsonObject, type Severity } from '../domain/words.ts';
import { type Ctx, idFor } from '../platform/context.ts';
import { appendEvents, type NewEvent } from '../platform/events.ts';
import type { Signal } from './signal-facts.ts';

/** Rows that a batch of signals writes, collected so that a storm costs a handful of statements instead of several a signal. */
export interface SignalWrites {
  /** A new alert of the incident. Returns its id. */
  alert(signal: Signal, serviceId: string, incidentId: string): string;
  /** The service is touched by the incident, at least as badly as `severity` says. */
  touch(incidentId: string, serviceId: string, severity: Severity): void;
  /** The same alert once more. */
  repeat(alertId: string, signal: Signal): void;
  tell(kind: 'alert.joined' | 'alert.cleared', signal: Signal, incidentId: string, now: EpochMs): void;
  outcome(signal: Signal, outcome: string, incidentId: string | null): void;
  /** Writes what was collected about alerts; call it before anything that reads them. */
  flush(): Promise<void>;
  /** Writes everything that is left. */
  finish(): Promise<void>;
}

export function collectWrites(ctx: Ctx): SignalWrites {
  const alerts: { id: string; signal: Signal; serviceId: string; incidentId: string }[] = [];
  const repeats = new Map<string, { id: string; count: number; at: EpochMs; evidence: JsonObject; severity: string }>();
  const touched = new Map<string, { incident: string; service: string; impact: Impact }>();
  const events: NewEvent[] = [];
  const outcomes: { id: string; outcome: string; incident: string | null }[] = [];

  const flush = async (): Promise<void> => {
    if (alerts.length > 0) await ctx.db.insertInto('alerts').values(alerts.splice(0).map(alertRow)).execute();
    if (repeats.size > 0) {
      const rows = JSON.stringify([...repeats.values()]);
      repeats.clear();
      await sql`
        update alerts set signal_count = signal_count + more.count, last_at = more.at, evidence = more.evidence, severity = more.severity
        from jsonb_to_recordset(${rows}::jsonb) as more (id text, count int, at bigint, evidence jsonb, severity text)
        where alerts.id = more.id`.execute(ctx.db);
    }
    if (touched.size > 0) {
      const rows = JSON.stringify([...touched.values()]);
      touched.clear();
      const order = sql.raw(`array[${impacts.map((impact) => `'${impact}'`).join(', ')}]`);
      await sql`
        insert into incident_services (incident_id, service_id, impact)
        select incident, service, impact from jsonb_to_recordset(${rows}::jsonb) as touched (incident text, service text, impact text)
        on conflict (incident_id, service_id) do update set impact = excluded.impact
        where array_position(${order}, excluded.impact) > array_position(${order}, incident_services.impact)`.execute(
        ctx.db,
      );
    }
    await appendEvents(ctx, events.splice(0));
  };
  return {
    alert(signal, serviceId, incidentId) {
      const id = idFor(ctx, 'alt');
      alerts.push({ id, signal, serviceId, incidentId });
      return id;
    },
    touch(incidentId, serviceId, severity) {
      const key = `${incidentId} ${serviceId}`;
      const impact = impactOf(severity);
      const before = touched.get(key);
      if (before && impacts.indexOf(before.impact) >= impacts.indexOf(impact)) return;
      touched.set(key, { incident: incidentId, service: serviceId, impact });
    },
    repeat(alertId, signal) {
      const count = (repeats.get(alertId)?.count ?? 0) + 1;
      // When it came, not when it began: a tool repeats an old start.
      repeats.set(alertId, {
        id: alertId,
        count,
        at: signal.received_at,
        evidence: signal.evidence,
        severity: signal.severity,
      });
    },
    tell(kind, signal, incidentId, now) {
      events.push({
        kind,
        at: now,
        actor: { kind: 'signal', id: signal.source_id },
        incidentId,
        serviceId: signal.service_id ?? undefined,
        data: { summary: signal.summary, sourceKind: signal.source_kind, dedupKey: signal.dedup_key },
      });
    },
    outcome(signal, outcome, incidentId) {
      outcomes.push({ id: signal.id, outcome, incident: incidentId });
    },
    flush,
    async finish() {
      await flush();
      if (outcomes.length === 0) return;
      await sql`
        update signals set outcome = placed.outcome, incident_id = placed.incident
        from jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb) as placed (id text, outcome text, incident text)
        where signals.id = placed.id`.execute(ctx.db);
    },
  };
}

const alertRow = ({
  id,
  signal,
  serviceId,
  incidentId,
}: {
  id: string;
  signal: Signal;
  serviceId: string;
  incidentId: string;
}) => ({
  id,
  incident_id: incidentId,
  service_id: serviceId,
  source_kind: signal.source_kind,
  source_id: signal.source_id,
  dedup_key: signal.dedup_key,
  status: 'firing' as const,
  severity: signal.severity,
  summary: signal.summary,
  evidence: JSON.stringify(signal.evidence),
  first_at: signal.at,
  last_at: signal.at,
});
