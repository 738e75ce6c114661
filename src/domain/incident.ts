import type { Impact, IncidentStatus, Severity } from './words.ts';

/** How an incident of this severity shows on its components. */
export function impactOf(severity: Severity): Impact {
  if (severity === 'critical') return 'major_outage';
  return severity === 'major' ? 'partial_outage' : 'degraded_performance';
}

/** What the public reads as the title: the service's name and what it means to them, never an internal detail. */
export function publicTitle(serviceName: string, severity: Severity): string {
  if (severity === 'critical') return `${serviceName} is not working`;
  return severity === 'major' ? `Problems with ${serviceName}` : `${serviceName} is slower or less reliable than usual`;
}

/** The words HugOps itself puts on the status page when no person has yet. */
export function autoUpdate(moment: 'opened' | 'acknowledged' | 'resolved', serviceName: string): string {
  if (moment === 'opened')
    return `We have noticed a problem with ${serviceName} and are calling the people who can fix it.`;
  if (moment === 'acknowledged')
    return `Somebody is working on ${serviceName} now. We will say more here as soon as we know it.`;
  return `${serviceName} is working again. Thank you for your patience.`;
}

export type Transition =
  | { allowed: true; status: IncidentStatus; changed: boolean; reason: 'first' | 'already' }
  | { allowed: false; reason: 'already-resolved' | 'merged' };

/** Whether somebody may acknowledge now. Doing it twice is harmless; after the end it is too late. */
export function acknowledge(status: IncidentStatus, merged: boolean): Transition {
  if (merged) return { allowed: false, reason: 'merged' };
  if (status === 'resolved') return { allowed: false, reason: 'already-resolved' };
  return {
    allowed: true,
    status: 'acknowledged',
    changed: status !== 'acknowledged',
    reason: status === 'acknowledged' ? 'already' : 'first',
  };
}
