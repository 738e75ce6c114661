import type { NoticeState, UpstreamImpact } from '../../domain/upstream.ts';

const states: Readonly<Record<string, NoticeState>> = {
  investigating: 'investigating',
  identified: 'identified',
  monitoring: 'monitoring',
  resolved: 'resolved',
  postmortem: 'resolved',
  scheduled: 'scheduled',
  in_progress: 'in_progress',
  verifying: 'in_progress',
  completed: 'completed',
  // incident.io
  maintenance_scheduled: 'scheduled',
  maintenance_in_progress: 'in_progress',
  maintenance_complete: 'completed',
  // Instatus
  notstartedyet: 'scheduled',
  inprogress: 'in_progress',
};

/** A state in the words that most pages share. A word that is not known is `unknown`, which counts as trouble. */
export const stateOf = (word: string | null): NoticeState => {
  const key = word?.trim().toLowerCase().replaceAll(' ', '_') ?? '';
  return Object.hasOwn(states, key) ? (states[key] ?? 'unknown') : 'unknown';
};

const impacts: Readonly<Record<string, UpstreamImpact>> = {
  operational: 'operational',
  under_maintenance: 'under_maintenance',
  degraded_performance: 'degraded_performance',
  partial_outage: 'partial_outage',
  major_outage: 'major_outage',
  // incident.io
  full_outage: 'major_outage',
  // Instatus writes them without the line.
  undermaintenance: 'under_maintenance',
  degradedperformance: 'degraded_performance',
  partialoutage: 'partial_outage',
  majoroutage: 'major_outage',
  // Better Stack
  degraded: 'degraded_performance',
  downtime: 'major_outage',
  maintenance: 'under_maintenance',
  resolved: 'operational',
};

/** How bad a part is in the words that most pages share; a word that is not known is `unknown`, never operational. */
export const impactOf = (word: string | null): UpstreamImpact => {
  const key = word?.trim().toLowerCase().replaceAll(' ', '_') ?? '';
  return Object.hasOwn(impacts, key) ? (impacts[key] ?? 'unknown') : 'unknown';
};
