import { type Severity, severities } from './words.ts';

export interface PlacementFacts {
  signal: { status: 'firing' | 'ok' };
  /** The firing alert with the signal's key, if any. */
  alert?: { id: string; incidentId: string } | undefined;
  /** The incident that is open for the signal's service, if any. */
  open?: { id: string } | undefined;
  /** The open incident of the outage that the signal's service is found to be part of, if any. */
  outage?: { incidentId: string } | undefined;
  inMaintenance: boolean;
}

export type Placement =
  | { action: 'open'; reason: 'first-trouble' }
  | { action: 'join'; reason: 'same-service' | 'same-cause'; incidentId: string }
  | { action: 'repeat'; reason: 'same-key'; alertId: string; incidentId: string }
  | { action: 'clear'; reason: 'recovered'; alertId: string; incidentId: string }
  | { action: 'ignore'; reason: 'nothing-open' }
  | { action: 'mute'; reason: 'maintenance' };

/** True when `a` is worse than `b`. */
export const isWorse = (a: Severity, b: Severity): boolean => severities.indexOf(a) < severities.indexOf(b);

/**
 * Where a signal belongs: one alert a key, one incident a service, and one incident for services that one cause explains. Maintenance suppresses
 * opening, but never resolving; a common cause suppresses opening too, and never resolving either.
 */
export function placeSignal({ signal, alert, open, outage, inMaintenance }: PlacementFacts): Placement {
  if (signal.status === 'ok') {
    if (!alert) return { action: 'ignore', reason: 'nothing-open' };
    return { action: 'clear', reason: 'recovered', alertId: alert.id, incidentId: alert.incidentId };
  }
  if (alert) return { action: 'repeat', reason: 'same-key', alertId: alert.id, incidentId: alert.incidentId };
  if (open) return { action: 'join', reason: 'same-service', incidentId: open.id };
  if (inMaintenance) return { action: 'mute', reason: 'maintenance' };
  if (outage) return { action: 'join', reason: 'same-cause', incidentId: outage.incidentId };
  return { action: 'open', reason: 'first-trouble' };
}
