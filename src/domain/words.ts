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

export const targetKinds = ['person', 'schedule', 'team', 'round-robin', 'channel'] as const;
/**
 * Who is notified: a person, whoever is on call by a schedule, all members of a team, a team's members in turn (`round-robin`, by
 * the team's id), or a team's channel, which is told and does not answer (by the id of its contact method).
 */
export type TargetKind = (typeof targetKinds)[number];

/** When a step is taken; what is left out makes no difference. Otherwise it is passed over. */
export interface StepCondition {
  severities?: Severity[];
  /** By the hour in which the step is due. */
  hours?: { timeZone: string; windows: WakingHours[]; /** Outside of these hours instead. */ outside?: boolean };
}

/** One step of an escalation policy: who is notified, and how long to wait for an acknowledgement before the next step. */
export interface PolicyStep {
  targets: { kind: TargetKind; id: string }[];
  waitMs: number;
  when?: StepCondition;
  /** Set on the step that a hand-over puts before the policy. */
  isHandOver?: true;
}

export type PageKind = 'incident' | 'summary' | 'test' | 'notice';

/** How loudly a person is called: critical and major trouble is of high urgency, minor of low. */
export type Urgency = 'high' | 'low';

/** A contact method, and how long after the step it is used while nobody has acknowledged. */
export interface NotificationStep {
  contactMethodId: string;
  afterMs: number;
}

/** How one person wants to be called. An empty list: all contact methods at once. */
export interface NotificationRules {
  high: NotificationStep[];
  low: NotificationStep[];
  /** Local hours in which what is of low urgency waits for their end; null when it comes at any hour. */
  quietHours: WakingHours | null;
  /** hugops.yaml says so, and the console does not change it. */
  inFile?: boolean;
}

export type JsonObject = { [key: string]: unknown };
