/**
 * The words of HugOps (docs/glossary.md) as types. Every room and the database tables use these; nothing else defines them again.
 */

/** Milliseconds since 1970-01-01T00:00:00Z. The only form in which an instant crosses a boundary. */
export type EpochMs = number;

export const verdicts = ['up', 'degraded', 'down', 'unknown'] as const;
export type Verdict = (typeof verdicts)[number];

/** Worst first, so that an index is a rank. */
export const severities = ['critical', 'major', 'minor'] as const;
export type Severity = (typeof severities)[number];

export type IncidentStatus = 'triggered' | 'acknowledged' | 'resolved';

/** What the public is told, in the terms of Atlassian Statuspage. */
export const phases = ['investigating', 'identified', 'monitoring', 'resolved'] as const;
export type Phase = (typeof phases)[number];

/** The state of a component on the status page, in the terms of Atlassian Statuspage; worst last. */
export const impacts = [
  'operational',
  'under_maintenance',
  'degraded_performance',
  'partial_outage',
  'major_outage',
] as const;
export type Impact = (typeof impacts)[number];

export type ActorKind = 'system' | 'person' | 'signal' | 'visitor' | 'api';
/** Who did it: a person (by person id), an API key, a visitor, a signal's source, or HugOps itself. */
export interface Actor {
  kind: ActorKind;
  id?: string;
}

export const hugKinds = ['hug', 'coffee', 'cake', 'chocolates', 'flowers', 'star'] as const;
export type HugKind = (typeof hugKinds)[number];
export type HugStatus = 'held' | 'approved' | 'rejected' | 'withdrawn';

export type PageStatus = 'pending' | 'sending' | 'sent' | 'failed' | 'cancelled';

/** Who owns a row: hugops.yaml (the console shows it as owned by the file, read-only) or the console. */
export type OwnedBy = 'file' | 'console';

/** The hours in which a person may be thanked: local time in the person's zone, `days` 1 (Monday) to 7, `HH:MM`. */
export interface WakingHours {
  days: number[];
  from: string;
  to: string;
}

export type TargetKind = 'person' | 'schedule' | 'team';
/** One step of an escalation policy: who is paged, and how long to wait for an acknowledgement before the next step. */
export interface PolicyStep {
  targets: { kind: TargetKind; id: string }[];
  waitMs: number;
  /** Set on the step that a hand-over puts before the policy. */
  isHandOver?: true;
}

export type JsonObject = { [key: string]: unknown };
