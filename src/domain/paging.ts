import type { EpochMs, IncidentStatus, PageKind } from './words.ts';

/** A page that is due, with what its incident is now. */
export interface DuePage {
  id: string;
  contactMethodId: string;
  /** When it was first to be sent; what quiet hours held back was due before them. */
  dueAt: EpochMs;
  kind: PageKind;
  /** The incident as it is now; undefined for a test, a summary or a notice. */
  incident: { status: IncidentStatus; merged: boolean; callsTeam?: boolean } | undefined;
}

export type PagePlan =
  | { action: 'send'; page: DuePage }
  | { action: 'cancel'; page: DuePage; reason: 'acknowledged' | 'resolved' | 'merged' }
  | { action: 'sum-up'; contactMethodId: string; pages: DuePage[]; reason: 'backlog' | 'storm' }
  | { action: 'hold'; pages: DuePage[]; until: EpochMs; reason: 'storm' };

/** What a contact method got lately. */
export interface RecentMessages {
  /** Messages in the last minute, among them those on their way. */
  count: number;
  lastSummaryAt: EpochMs | undefined;
}

/** A page sent later than this is a backlog (HugOps was down, or quiet hours held it): several become one message. */
export const backlogMs = 60_000;
/** One contact method gets at most so many single messages a minute, and then one summary a minute. */
export const stormLimitPerMinute = 10;
const summaryEveryMs = 60_000;

/** Why a page must not be sent any more, or undefined when it is still owed. */
export function ghostReason(incident: DuePage['incident']): 'acknowledged' | 'resolved' | 'merged' | undefined {
  if (!incident) return undefined;
  if (incident.merged) return 'merged';
  // A further team hears once that its service is touched, also when somebody has the incident.
  if (incident.callsTeam === true && incident.status === 'acknowledged') return undefined;
  return incident.status === 'triggered' ? undefined : incident.status;
}

/** What to do with the pages that are due: no ghosts, one summary for a backlog, and no storm on one telephone. */
export function planPages(
  due: readonly DuePage[],
  recent: ReadonlyMap<string, RecentMessages>,
  now: EpochMs,
): PagePlan[] {
  const plans: PagePlan[] = [];
  const owed = new Map<string, DuePage[]>();
  for (const page of due) {
    const reason = ghostReason(page.incident);
    if (reason) plans.push({ action: 'cancel', page, reason });
    else if (page.kind !== 'incident') plans.push({ action: 'send', page });
    else {
      const others = owed.get(page.contactMethodId);
      if (others) others.push(page);
      else owed.set(page.contactMethodId, [page]);
    }
  }
  for (const [contactMethodId, pages] of owed) {
    plans.push(...planForMethod(contactMethodId, pages, recent.get(contactMethodId), now));
  }
  return plans;
}

function planForMethod(
  contactMethodId: string,
  pages: readonly DuePage[],
  recent: RecentMessages | undefined,
  now: EpochMs,
): PagePlan[] {
  const plans: PagePlan[] = [];
  const late = pages.filter((page) => now - page.dueAt > backlogMs);
  const fresh = pages.filter((page) => now - page.dueAt <= backlogMs);
  // A page that a storm held back is late too: it goes into the same one message.
  if (late.length > 1) plans.push({ action: 'sum-up', contactMethodId, pages: late, reason: 'backlog' });
  // A single late one is a message like any other, and counts against the limit.
  const single = late.length > 1 ? fresh : [...late, ...fresh];

  const allowed = Math.max(0, stormLimitPerMinute - (recent?.count ?? 0) - plans.length);
  for (const page of single.slice(0, allowed)) plans.push({ action: 'send', page });
  const rest = single.slice(allowed);
  if (rest.length === 0) return plans;
  const nextSummaryAt = (recent?.lastSummaryAt ?? -Infinity) + summaryEveryMs;
  if (now < nextSummaryAt) plans.push({ action: 'hold', pages: rest, until: nextSummaryAt, reason: 'storm' });
  else plans.push({ action: 'sum-up', contactMethodId, pages: rest, reason: 'storm' });
  return plans;
}

/** The most often that one page is tried before the next way must serve. */
export const maxPageAttempts = 6;

/** When to try a failed page again: 2 s, 4 s, 8 s … or when the provider said. Undefined: not again. */
export function nextPageAttempt(attempt: number, now: EpochMs, retryAfterMs?: number): EpochMs | undefined {
  if (attempt >= maxPageAttempts) return undefined;
  const backoffMs = Math.min(60_000, 1000 * 2 ** attempt);
  return now + Math.max(backoffMs, Math.min(retryAfterMs ?? 0, 5 * 60_000));
}
