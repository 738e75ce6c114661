import { HOUR_MS, MINUTE_MS, wallClock } from './wall-clock.ts';
import type { Actor, EpochMs, JsonObject } from './words.ts';

/** Why somebody is credited, in the order in which it is told. Told to that person in words, never counted and never compared. */
export const creditReasons = [
  'paged',
  'acknowledged',
  'led',
  'took-over',
  'took-shift',
  'watched-night',
  'wrote-updates',
  'noted',
  'fixed',
  'resolved',
  'communicated',
  'supported',
  'reviewed',
  'helped',
] as const;
export type CreditReason = (typeof creditReasons)[number];

/** What a person can be credited for by others: what leaves no trace in an incident's events. */
export const addedReasons = ['led', 'fixed', 'communicated', 'supported', 'reviewed', 'helped'] as const;
export type AddedReason = (typeof addedReasons)[number];

/** What credit needs of an event, of the incident itself or of one that was merged into it. */
export interface CreditEvent {
  kind: string;
  at: EpochMs;
  actor: Actor;
  data: JsonObject;
  /** Which of the incidents it is of; who had one is asked for each. */
  incidentId?: string | undefined;
}

export interface CreditFacts {
  /** In the order in which they were written. */
  readonly events: readonly CreditEvent[];
  /** Commits, deploys and runbook runs of people, that belong to the incident (`belongsTo`). */
  readonly changes?: readonly { readonly personId: string }[];
  /** Overrides that put somebody on call in place of others, and touch the incident's time. */
  readonly overrides?: readonly { readonly personId: string }[];
  readonly additions?: readonly { readonly personId: string; readonly reason: AddedReason }[];
  /** Zones of people, to know whose night it was. */
  readonly zones?: ReadonlyMap<string, string>;
  /** When it was over; the end of the last watch. */
  readonly endedAt?: EpochMs;
}

/** The night of a person: from 22:00 to 06:00 on the clock of their wall. */
const nightFromHour = 22;
const nightToHour = 6;
/** Somebody who had the incident for so long of their night has watched through it. */
export const nightWatchMs = HOUR_MS;
const nightStepMs = 5 * MINUTE_MS;
/** Beyond it nobody watches; it bounds the walk along a watch. */
const longestWatchMs = 14 * 24 * HOUR_MS;

const reasonByKind: Readonly<Record<string, CreditReason>> = {
  'incident.acknowledged': 'acknowledged',
  'incident.resolved': 'resolved',
  'note.added': 'noted',
  'update.posted': 'wrote-updates',
  'postmortem.reviewed': 'reviewed',
};

/**
 * Who did what in an incident, from evidence alone. A machine earns nothing: what HugOps, a signal or an API key did credits nobody.
 * Whoever was paged is credited, also who never answered: to be called is work. Who was handed the incident has taken it over when
 * they acknowledged it after that. Order: by first appearance.
 */
export function computeCredit(facts: CreditFacts): Map<string, CreditReason[]> {
  const credit = new Map<string, Set<CreditReason>>();
  const give = (personId: string, reason: CreditReason): void => {
    const reasons = credit.get(personId);
    if (reasons === undefined) credit.set(personId, new Set([reason]));
    else reasons.add(reason);
  };
  const handedTo = new Set<string>();
  for (const event of facts.events) {
    const personId = event.actor.kind === 'person' ? event.actor.id : undefined;
    const paged = event.data['personId'];
    if (event.kind === 'page.sent' && typeof paged === 'string') give(paged, 'paged');
    const to = event.data['toPersonId'];
    if (event.kind === 'incident.reassigned' && typeof to === 'string' && to !== personId) handedTo.add(to);
    const reason = reasonByKind[event.kind];
    if (personId === undefined || reason === undefined) continue;
    give(personId, reason);
    if (reason === 'acknowledged' && handedTo.has(personId)) give(personId, 'took-over');
  }
  for (const { personId } of facts.changes ?? []) give(personId, 'fixed');
  for (const personId of nightWatchers(facts)) give(personId, 'watched-night');
  // A shift taken for somebody is told to those whom this incident found in it, not to everybody who was on call somewhere.
  for (const { personId } of facts.overrides ?? []) if (credit.has(personId)) give(personId, 'took-shift');
  for (const { personId, reason } of facts.additions ?? []) give(personId, reason);
  return new Map(
    [...credit].map(([personId, reasons]) => [personId, creditReasons.filter((reason) => reasons.has(reason))]),
  );
}

/** Those who had the incident in their hands for an hour of their own night. */
function nightWatchers(facts: CreditFacts): string[] {
  const nights = new Map<string, number>();
  for (const { personId, fromAt, untilAt } of watches(facts)) {
    const zone = facts.zones?.get(personId);
    if (zone === undefined) continue;
    nights.set(personId, (nights.get(personId) ?? 0) + nightWithin(zone, fromAt, untilAt));
  }
  return [...nights].flatMap(([personId, ms]) => (ms >= nightWatchMs ? personId : []));
}

const endsWatch = new Set(['incident.reassigned', 'incident.resolved', 'incident.merged']);

/** Who had it from when until when: from an acknowledgement to the next one, a hand-over or the end. */
function watches(facts: CreditFacts): { personId: string; fromAt: EpochMs; untilAt: EpochMs }[] {
  const found: { personId: string; fromAt: EpochMs; untilAt: EpochMs }[] = [];
  let holder: { personId: string; fromAt: EpochMs } | undefined;
  const release = (untilAt: EpochMs): void => {
    if (holder !== undefined) found.push({ ...holder, untilAt });
    holder = undefined;
  };
  for (const events of Map.groupBy(facts.events, (event) => event.incidentId).values()) {
    for (const { kind, at, actor } of events) {
      if (kind === 'incident.acknowledged') {
        release(at);
        if (actor.kind === 'person' && actor.id !== undefined) holder = { personId: actor.id, fromAt: at };
      } else if (endsWatch.has(kind)) release(at);
    }
    if (facts.endedAt !== undefined) release(facts.endedAt);
    holder = undefined;
  }
  return found;
}

function nightWithin(timeZone: string, fromAt: EpochMs, untilAt: EpochMs): number {
  const clock = wallClock(timeZone);
  const end = Math.min(untilAt, fromAt + longestWatchMs);
  let night = 0;
  for (let at = fromAt; at < end; at += nightStepMs) {
    const hour = Math.floor(clock.wallAt(at) / HOUR_MS) % 24;
    if (hour >= nightFromHour || hour < nightToHour) night += Math.min(nightStepMs, end - at);
  }
  return night;
}

/** A change that somebody's tool told of. */
export interface Change {
  readonly at: EpochMs;
  readonly serviceId: string | null;
  /** Set when the change itself names the incident. */
  readonly incidentId: string | null;
}

/**
 * Whether a change belongs to the repair of an incident: it names it, or it happened to a service of it while it lasted. What happened
 * before may be the cause and is no repair.
 */
export function belongsTo(
  change: Change,
  incident: {
    readonly ids: readonly string[];
    readonly serviceIds: readonly string[];
    readonly openedAt: EpochMs;
    readonly resolvedAt: EpochMs;
  },
): boolean {
  if (change.incidentId !== null) return incident.ids.includes(change.incidentId);
  const isDuring = incident.openedAt <= change.at && change.at <= incident.resolvedAt;
  return isDuring && change.serviceId !== null && incident.serviceIds.includes(change.serviceId);
}
