import type { EpochMs, Impact, Severity, Verdict } from './words.ts';
import { impacts } from './words.ts';

/** What a component shows. `unknown` is ours alone: Statuspage has no word for "nobody is measuring", so machines are told operational. */
export type ComponentStatus = Impact | 'unknown';
/** The page's indicator in Statuspage v2's `status.json`. */
type Indicator = 'none' | 'minor' | 'major' | 'critical' | 'maintenance';
export type ComponentReason = 'incident' | 'maintenance' | 'measured' | 'not-measured';

/** The rank of a state; higher is worse. Unknown ranks with operational: it is no claim of trouble. */
export const rankOf = (status: ComponentStatus): number => (status === 'unknown' ? 0 : impacts.indexOf(status));

export interface ComponentFacts {
  /** The impacts that open public incidents give for this component's service. */
  incidentImpacts: readonly Impact[];
  inMaintenance: boolean;
  verdict: Verdict;
}

/**
 * The public state of one component. An incident outranks maintenance (planned work that breaks more than planned must be seen), and only people and
 * incidents declare trouble: a verdict alone never does, because the page's `announce` setting decides when the public is told.
 */
export function componentStatus(facts: ComponentFacts): { status: ComponentStatus; reason: ComponentReason } {
  const worst = worstOf(facts.incidentImpacts);
  if (worst !== 'operational' && worst !== 'unknown') return { status: worst, reason: 'incident' };
  if (facts.inMaintenance) return { status: 'under_maintenance', reason: 'maintenance' };
  if (facts.verdict === 'unknown') return { status: 'unknown', reason: 'not-measured' };
  return { status: 'operational', reason: 'measured' };
}

/** The worst of several states, as a group shows it: unknown only when nothing in it is known. */
export function worstOf(statuses: readonly ComponentStatus[]): ComponentStatus {
  if (statuses.length > 0 && statuses.every((status) => status === 'unknown')) return 'unknown';
  return statuses.reduce<ComponentStatus>(
    (worst, status) => (rankOf(status) > rankOf(worst) ? status : worst),
    'operational',
  );
}

export interface PageStatus {
  indicator: Indicator;
  description: string;
}

/**
 * The line at the top of the page, blended as Atlassian documents it ("Top-level status and incident impact calculations"): the same trouble counts
 * for less while some components work, and an open incident without a component still says so.
 */
export function pageStatus(
  components: readonly ComponentStatus[],
  openIncidents: readonly Severity[] = [],
): PageStatus {
  const all = (status: Impact): boolean => components.every((component) => component === status);
  const some = (status: Impact): boolean => components.includes(status);
  if (some('major_outage')) {
    return all('major_outage')
      ? { indicator: 'critical', description: 'Major System Outage' }
      : { indicator: 'major', description: 'Partial System Outage' };
  }
  if (some('partial_outage')) {
    return all('partial_outage')
      ? { indicator: 'major', description: 'Partial System Outage' }
      : { indicator: 'minor', description: 'Minor Service Outage' };
  }
  if (some('degraded_performance')) {
    return all('degraded_performance')
      ? { indicator: 'minor', description: 'Degraded System Service' }
      : { indicator: 'minor', description: 'Partially Degraded Service' };
  }
  if (openIncidents.includes('critical')) return { indicator: 'critical', description: 'Major System Outage' };
  if (openIncidents.includes('major')) return { indicator: 'major', description: 'Partial System Outage' };
  if (openIncidents.includes('minor')) return { indicator: 'minor', description: 'Minor Service Outage' };
  if (some('under_maintenance')) return { indicator: 'maintenance', description: 'Service Under Maintenance' };
  return { indicator: 'none', description: 'All Systems Operational' };
}

/** From `at` on the service had this verdict, until the next change. */
export interface StatusChange {
  at: EpochMs;
  status: Verdict;
}

/** One day of one component, in milliseconds; the four parts add up to the part of the day that has passed. */
export interface DayBar {
  upMs: number;
  degradedMs: number;
  downMs: number;
  unknownMs: number;
}

/**
 * The starts of the last `count` days in a zone, oldest first, followed by the end of the last day: count + 1 instants. Days of 23 or 25 hours come
 * out as long as they are; a day that the zone skipped (Samoa, 30 December 2011) has length 0.
 */
export function dayStarts(now: EpochMs, timeZone: string, count: number): EpochMs[] {
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).toPlainDate();
  const starts: EpochMs[] = [];
  for (let back = count - 1; back >= -1; back--) {
    const day = today.subtract({ days: back });
    starts.push(day.toZonedDateTime({ timeZone }).epochMilliseconds);
  }
  return starts;
}

/**
 * The time in each state for every day between consecutive `starts`, up to `now`. `changes` is in ascending order; the last one at or before the
 * first start says how that day began. Before the first known change the time is unknown, which is never counted as up or down.
 */
export function dayBars(changes: readonly StatusChange[], starts: readonly EpochMs[], now: EpochMs): DayBar[] {
  const bars: DayBar[] = [];
  let next = 0;
  let status: Verdict = 'unknown';
  for (let day = 0; day + 1 < starts.length; day++) {
    const start = starts[day] ?? 0;
    const end = Math.min(starts[day + 1] ?? 0, now);
    const bar: DayBar = { upMs: 0, degradedMs: 0, downMs: 0, unknownMs: 0 };
    let at = start;
    while (at < end) {
      for (let change = changes[next]; change !== undefined && change.at <= at; change = changes[++next]) {
        status = change.status;
      }
      const until = Math.min(changes[next]?.at ?? end, end);
      bar[`${status}Ms`] += until - at;
      at = until;
    }
    bars.push(bar);
  }
  return bars;
}

/**
 * The share of known time in which the service answered, 0 to 1; null when nothing is known. Degraded time counts as up, as on Statuspage, and is
 * shown on its own.
 */
export function uptimeOf(bars: readonly DayBar[]): number | null {
  let up = 0;
  let known = 0;
  for (const bar of bars) {
    up += bar.upMs + bar.degradedMs;
    known += bar.upMs + bar.degradedMs + bar.downMs;
  }
  return known === 0 ? null : up / known;
}

/** The worst thing that happened on a day; unknown only when nothing else is known of it. */
export function dayVerdict(bar: DayBar): Verdict {
  if (bar.downMs > 0) return 'down';
  if (bar.degradedMs > 0) return 'degraded';
  return bar.upMs > 0 ? 'up' : 'unknown';
}

/**
 * A share as a percentage with two decimals, rounded down, so that 100 % is written only when nothing was lost: 0.99999 is `99.99`.
 */
export function percentText(share: number): string {
  if (share >= 1) return '100';
  // The small addition undoes binary fractions: 0.9995 * 10000 must floor to 9995.
  return (Math.floor(share * 10_000 + 1e-6) / 100).toFixed(2);
}
