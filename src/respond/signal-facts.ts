import { type Selectable, sql } from 'kysely';
import type { Severity } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import type { Tables } from '../platform/db/tables.ts';

export type Signal = Selectable<Tables['signals']>;

/** What placing a batch of signals needs to know, read in three queries and kept current while the batch is placed. */
export interface SignalFacts {
  /** Firing alerts by alertKey(). */
  alerts: Map<string, { id: string; incidentId: string; severity: Severity }>;
  /** The open incident of each service. */
  open: Map<string, { id: string; severity: Severity }>;
  inMaintenance: Set<string>;
}

/** Signals with one key are one alert. */
export const alertKey = (signal: Pick<Signal, 'source_kind' | 'source_id' | 'dedup_key'>): string =>
  JSON.stringify([signal.source_kind, signal.source_id, signal.dedup_key]);

/** Reads the facts and locks them, so that nobody resolves an incident between this look and what is decided on it. */
export async function readFacts(ctx: Ctx, signals: readonly Signal[]): Promise<SignalFacts> {
  const serviceIds = [...new Set(signals.flatMap((signal) => signal.service_id ?? []))];
  if (serviceIds.length === 0) return { alerts: new Map(), open: new Map(), inMaintenance: new Set() };
  const incidents = await ctx.db
    .selectFrom('incidents')
    .select(['id', 'severity', 'service_id'])
    .where('service_id', 'in', serviceIds)
    .where('status', '!=', 'resolved')
    .orderBy('id')
    .forNoKeyUpdate()
    .execute();
  const keys = signals.map((signal) => ({ kind: signal.source_kind, source: signal.source_id, key: signal.dedup_key }));
  const { rows: alerts } = await sql<
    Pick<Signal, 'source_kind' | 'source_id' | 'dedup_key' | 'severity'> & { id: string; incident_id: string }
  >`
    select id, incident_id, severity, source_kind, source_id, dedup_key from alerts
    where status = 'firing' and (source_kind, source_id, dedup_key) in
      (select kind, source, key from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as wanted (kind text, source text, key text))
    order by id for no key update`.execute(ctx.db);
  const maintained = await ctx.db
    .selectFrom('maintenance_services')
    .innerJoin('maintenances', 'maintenances.id', 'maintenance_services.maintenance_id')
    .select('maintenance_services.service_id')
    .where('maintenance_services.service_id', 'in', serviceIds)
    .where('maintenances.status', '=', 'in_progress')
    .execute();
  return {
    alerts: new Map(
      alerts.map((row) => [alertKey(row), { id: row.id, incidentId: row.incident_id, severity: row.severity }]),
    ),
    // The oldest open incident of a service is the one that others join; ids sort by age, so it is written last.
    open: new Map(incidents.toReversed().map((row) => [row.service_id ?? '', { id: row.id, severity: row.severity }])),
    inMaintenance: new Set(maintained.map((row) => row.service_id)),
  };
}
