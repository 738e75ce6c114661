import type { ComponentStatus, DayBar, PageStatus } from '../domain/public-status.ts';
import type { HugKind, Impact, Phase, Severity } from '../domain/words.ts';

/**
 * Everything the public faces are rendered from: plain JSON, read once per publication. Renderers take this and nothing else, so that the page, the
 * feeds and the machine faces of one publication always say the same.
 */
export interface PageModel {
  /** When the database was read, epoch milliseconds like every instant here. */
  publishedAt: number;
  page: { id: string; title: string; description: string; timeZone: string; url: string; updatedAt: number };
  status: PageStatus;
  /** In the order of the page; a component without a group has its own place after them. */
  groups: GroupModel[];
  components: ComponentModel[];
  /** The start of each of the days that `ComponentModel.days` tells, and the end of the last: one more than there are days. */
  dayStarts: number[];
  /** Open public incidents, newest first. */
  current: IncidentModel[];
  /** Resolved public incidents, newest first, as far back as `historyFrom`. */
  resolved: IncidentModel[];
  historyFrom: number;
  /** Scheduled and in progress by start, then the newest completed. */
  maintenances: MaintenanceModel[];
}

export interface GroupModel {
  id: string;
  name: string;
  position: number;
  status: ComponentStatus;
  createdAt: number;
  updatedAt: number;
}

export interface ComponentModel {
  id: string;
  serviceId: string;
  groupId: string | null;
  name: string;
  description: string;
  position: number;
  status: ComponentStatus;
  days: DayBar[];
  /** The share of known time in which it answered, 0 to 1; null when nothing is known. */
  uptime: number | null;
  createdAt: number;
  updatedAt: number;
}

export interface AffectedComponent {
  id: string;
  name: string;
  impact: Impact;
}

export interface UpdateModel {
  id: string;
  phase: Phase;
  body: string;
  at: number;
}

export interface IncidentModel {
  id: string;
  title: string;
  severity: Severity;
  phase: Phase;
  openedAt: number;
  resolvedAt: number | null;
  updatedAt: number;
  affected: AffectedComponent[];
  /** Newest first. */
  updates: UpdateModel[];
  /** People who said that they are affected, since it opened and until it was resolved. */
  reportCount: number;
  /** What was written for the public once it was over, in Markdown. */
  postmortem?: { body: string; publishedAt: number; updatedAt: number };
  thanks: ThanksModel;
}

export interface ThanksModel {
  /** A visitor may leave a hug until then; null when the window never opened or is closed. */
  openUntil: number | null;
  hugCount: number;
  /** When the newest hug came; null when there is none. */
  lastHugAt: number | null;
  byKind: { kind: HugKind; count: number }[];
  /** Approved messages, newest first, at most 50. */
  messages: { id: string; kind: HugKind; text: string; at: number }[];
  /** Credited people who chose to be named. */
  people: string[];
  /** The provider whose trouble it was, and how often somebody went on to thank its people. */
  onward?: { provider: string; started: number };
}

export interface MaintenanceModel {
  id: string;
  title: string;
  body: string;
  status: 'scheduled' | 'in_progress' | 'completed';
  startsAt: number;
  endsAt: number;
  createdAt: number;
  updatedAt: number;
  affected: AffectedComponent[];
}
