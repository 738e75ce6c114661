import type { Outage, RankedCause } from './explain.ts';
import type { EpochMs } from './words.ts';

/** An open incident, as far as it matters for what belongs together. */
export interface OpenIncident {
  id: string;
  openedAt: EpochMs;
  openedBy: 'signal' | 'person';
  isAcknowledged: boolean;
  /** A person took a service out into it: nothing is folded into it, and it into nothing. */
  standsAlone: boolean;
  /** Its services whose own alerts fire or have fired in it. */
  services: readonly string[];
  /** Upstreams whose providers' notices are among its alerts. */
  upstreams: readonly string[];
}

/** Where an outage belongs. */
export interface Fold {
  outage: Outage;
  /** The incident that stands for it; none yet when undefined. */
  incidentId: string | undefined;
  /** Incidents that turn out to be the same trouble, to be merged into it. */
  merge: string[];
  /** Failing services that are in no incident yet. */
  newcomers: string[];
}

/**
 * Fits outages to the incidents that are open. An incident keeps what it has: it is never divided here, only joined and merged. The incident that
 * stands for an outage is one that somebody has, else the oldest; one that a person opened is never merged into another.
 */
export function foldOutages(outages: readonly Outage[], incidents: readonly OpenIncident[]): Fold[] {
  const incidentOf = new Map<string, OpenIncident>();
  for (const incident of incidents) for (const id of incident.services) incidentOf.set(id, incident);
  const homes = findHomes(outages, incidents);
  return outages.map((outage): Fold => {
    const own = incidents.filter((incident) => homes.get(incident) === outage);
    const joinable = own.filter((incident) => !incident.standsAlone);
    const target = (joinable.length > 0 ? joinable : own).toSorted(standing)[0];
    return {
      outage,
      incidentId: target?.id,
      merge: joinable
        .filter((incident) => incident !== target && incident.openedBy === 'signal' && target?.standsAlone === false)
        .map((incident) => incident.id),
      newcomers: outage.services.filter((id) => !incidentOf.has(id)),
    };
  });
}

const standing = (a: OpenIncident, b: OpenIncident): number =>
  Number(b.isAcknowledged) - Number(a.isAcknowledged) || a.openedAt - b.openedAt || (a.id < b.id ? -1 : 1);

/** Each incident belongs to one outage: the one that explains most of its services, or whose upstream it was opened for. */
function findHomes(outages: readonly Outage[], incidents: readonly OpenIncident[]): Map<OpenIncident, Outage> {
  const outageOf = new Map<string, Outage>();
  for (const outage of outages) for (const id of outage.services) outageOf.set(id, outage);
  const homes = new Map<OpenIncident, Outage>();
  for (const incident of incidents) {
    const votes = new Map<Outage, number>();
    for (const id of incident.services) {
      const outage = outageOf.get(id);
      if (outage) votes.set(outage, (votes.get(outage) ?? 0) + 1);
    }
    const noticed = outages.find((outage) => incident.upstreams.includes(outage.cause.causeId));
    if (noticed) votes.set(noticed, (votes.get(noticed) ?? 0) + 1);
    const [home] = [...votes].toSorted((a, b) => b[1] - a[1]);
    if (home) homes.set(incident, home[0]);
  }
  return homes;
}

/** Whether what is known now says something else than what was stated: another cause, or a confidence that a person would call different. */
export function saysOtherwise(
  stated: readonly { causeId: string; confidence: number }[],
  ranked: readonly Pick<RankedCause, 'causeId' | 'confidence'>[],
): boolean {
  if (stated.length !== ranked.length) return true;
  return ranked.some((one, place) => {
    const before = stated[place];
    return (
      before === undefined || before.causeId !== one.causeId || Math.abs(before.confidence - one.confidence) >= 0.05
    );
  });
}
