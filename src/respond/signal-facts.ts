import { type Selectable, sql } from 'kysely';
import type { Severity } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import type { Tables } from '../platform/db/tables.ts';

export type Signal = Selectable<Tables['signals']>;

/** What placing a batch of signals needs to know, read in three queries and kept current while the batch is placed. */
export interface SignalFacts {
  /** Firing alerts by alertKey(). */
  alerts: Map<string, { id: string; incidentId: string; severity: Severity }>;
  /** The open incident of each service in which alerts of its own fire or fired, or that was opened for it. */
  open: Map<string, { id: string; severity: Severity }>;
  /** The same incidents by their ids. */
  incidents: Map<string, { id: string; severity: Severity }>;
  inMaintenance: Set<string>;
}

/** Signals with one key are one alert. */
export const alertKey = (signal: Pick<Signal, 'source_kind' | 'source_id' | 'dedup_key'>): string =>
  JSON.stringify([signal.source_kind, signal.source_id, signal.dedup_key]);

/** Reads the facts and locks them, so that nobody resolves an incident between this look and what is decided on it. */
export async function readFacts(ctx: Ctx, signals: readonly Signal[]): Promise<SignalFacts> {
  const serviceIds = [...new Set(signals.flatMap((signal) => signal.service_id ?? []))];
  if (serviceIds.length === 0)
    return { alerts: new Map(), open: new Map(), incidents: new Map(), inMaintenance: new Set() };
  const { rows: incidents } = await sql<{ id: string; severity: Severity; service_id: string }>`
    select incidents.id, incidents.severity, member.service_id
    from incidents join incident_services member on member.incident_id = incidents.id
    where incidents.status <> 'resolved' and member.service_id in (${sql.join(serviceIds)})
      -- A service that a provider's notice alone put there is not in trouble itself: its own is looked at for what it is.
      and (incidents.opened_by = 'person'
        or not exists (select 1 from alerts where incident_id = incidents.id and source_kind = 'upstream')
        or exists (select 1 from alerts where incident_id = incidents.id and alerts.service_id = member.service_id and source_kind <> 'upstream'))
    order by incidents.id for no key update of incidents`.execute(ctx.db);
  const keys = signals.map((signal) => ({ kind: signal.source_kind, source: signal.source_id, key: signal.dedup_key }));
  const { rows: alerts } = await sql<
    Pick<Signal, 'source_kind' | 'source_id' | 'dedup_key' | 'severity'> & {
      id: string;
      incident_id: string;
      incident_severity: Severity;
    }
  >`
    select alerts.id, incident_id, alerts.severity, incidents.severity as incident_severity, source_kind, source_id, dedup_key
    from alerts join incidents on incidents.id = incident_id
    where alerts.status = 'firing' and (source_kind, source_id, dedup_key) in
      (select kind, source, key from jsonb_to_recordset(${JSON.stringify(keys)}::jsonb) as wanted (kind text, source text, key text))
    order by alerts.id for no key update of alerts`.execute(ctx.db);
  const maintained = await ctx.db
    .selectFrom('maintenance_services')
    .innerJoin('maintenances', 'maintenances.id', 'maintenance_services.maintenance_id')
    .select('maintenance_services.service_id')
    .where('maintenance_services.service_id', 'in', serviceIds)
    .where('maintenances.status', '=', 'in_progress')
    .execute();
  const byId = new Map(
    [...incidents, ...alerts.map((row) => ({ id: row.incident_id, severity: row.incident_severity }))].map((row) => [
      row.id,
      { id: row.id, severity: row.severity },
    ]),
  );
  return {
    alerts: new Map(
      alerts.map((row) => [alertKey(row), { id: row.id, incidentId: row.incident_id, severity: row.severity }]),
    ),
    // The oldest open incident of a service is the one that others join; ids sort by age, so it is written last.
    open: new Map(
      incidents.toReversed().flatMap((row) => {
        const incident = byId.get(row.id);
        return incident ? [[row.service_id, incident] as const] : [];
      }),
    ),
    incidents: byId,
    inMaintenance: new Set(maintained.map((row) => row.service_id)),
  };
}
