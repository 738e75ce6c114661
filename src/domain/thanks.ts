import type { Actor, EpochMs, JsonObject } from './words.ts';

/** How long visitors may leave a hug after the incident is resolved. */
export const thanksWindowMs = 7 * 24 * 3_600_000;

/** Why somebody is credited; told to that person in words, never counted. */
export const creditReasons = ['paged', 'acknowledged', 'resolved', 'noted', 'wrote-updates', 'took-over'] as const;
export type CreditReason = (typeof creditReasons)[number];

/** What credit needs of an incident's event. */
export interface CreditEvent {
  kind: string;
  at: EpochMs;
  actor: Actor;
  data: JsonObject;
}

/**
 * Who did what in an incident, from its events alone. Somebody who was paged and never answered is credited too when nobody else
 * was there: being woken is work. Order: by first appearance in the incident.
 */
export function computeCredit(events: readonly CreditEvent[]): Map<string, CreditReason[]> {
  const credit = new Map<string, Set<CreditReason>>();
  const paged: string[] = [];
  const give = (personId: string, reason: CreditReason): void => {
    const reasons = credit.get(personId) ?? new Set();
    reasons.add(reason);
    credit.set(personId, reasons);
  };
  for (const event of events) {
    const reason = reasonByKind[event.kind];
    if (event.actor.kind === 'person' && event.actor.id !== undefined && reason) give(event.actor.id, reason);
    if (event.kind === 'page.sent' && typeof event.data['personId'] === 'string') paged.push(event.data['personId']);
    if (event.kind === 'incident.reassigned' && typeof event.data['toPersonId'] === 'string')
      give(event.data['toPersonId'], 'took-over');
  }
  for (const personId of paged)
    if (credit.has(personId) || credit.size === 0 || onlyPaged(credit)) give(personId, 'paged');
  return new Map([...credit].map(([personId, reasons]) => [personId, [...reasons]]));
}

const onlyPaged = (credit: ReadonlyMap<string, Set<CreditReason>>): boolean =>
  [...credit.values()].every((reasons) => reasons.size === 1 && reasons.has('paged'));

const reasonByKind: Readonly<Record<string, CreditReason>> = {
  'incident.acknowledged': 'acknowledged',
  'incident.resolved': 'resolved',
  'note.added': 'noted',
  'update.posted': 'wrote-updates',
};
