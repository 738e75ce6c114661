// What HugOps would do, step by step, with what can be seen of a made-up world: the pure law, and rows as maps.
import { explain, type RankedCause } from '../src/domain/explain.ts';
import { foldOutages, type OpenIncident } from '../src/domain/fold-outages.ts';
import type { NodeView } from '../src/domain/scene.ts';
import { findStragglers } from '../src/domain/stragglers.ts';
import { isUpstream } from '../src/domain/topology.ts';
import { faultEndsAt, type World, worldEndsAt } from './cause-world.ts';

const stepMs = 15_000;
/** Each news is looked at, and again when what works has had its time to fail. */
const lookAgainAfter = new Set([0, 1, 2, 3, 5, 10, 21].map((minutes) => minutes * 60_000));

export interface DeskIncident {
  id: string;
  openedAt: number;
  services: Map<string, { clearAt: number | undefined }>;
  teams: Set<string>;
  /** A page a team, at most one here; those of incidents that were merged into it count. */
  pages: { team: string; serviceId: string; at: number }[];
  ranked: readonly RankedCause[];
  mergedInto?: DeskIncident;
  standsAlone: boolean;
  isOver: boolean;
}

export interface DeskResult {
  incidents: DeskIncident[];
  /** As it stood just before the fault ended. */
  atEnd: { cause: Map<string, readonly string[]>; incidentOf: Map<string, string> };
  /** When the incident first stated the true cause. */
  namedAt: number | undefined;
}

/** Plays the world to its end. */
export function playWorld(world: World): DeskResult {
  const desk = new Desk(world);
  let next = 0;
  let newsAt = 0;
  let atEnd: DeskResult['atEnd'] | undefined;
  for (let now = 0; now <= worldEndsAt; now += stepMs) {
    if (now >= faultEndsAt && atEnd === undefined) atEnd = desk.picture();
    for (let one = world.seen[next]; one !== undefined && one.at <= now; one = world.seen[++next]) {
      desk.see(one, now);
      newsAt = now;
    }
    if (lookAgainAfter.has(now - newsAt)) desk.decide(now);
    desk.split(now);
  }
  return { incidents: desk.incidents, atEnd: atEnd ?? desk.picture(), namedAt: desk.namedAt };
}

class Desk {
  readonly world: World;
  readonly incidents: DeskIncident[] = [];
  namedAt: number | undefined;
  private readonly nodes = new Map<string, NodeView>();
  private readonly teamOf: Map<string, string>;
  private readonly detect: Map<string, number>;
  private readonly barred = new Map<string, 'alone'>();

  constructor(world: World) {
    this.world = world;
    this.teamOf = new Map(world.services.map((service) => [service.id, service.team]));
    this.detect = new Map(world.services.map((service) => [service.id, 2 * (service.check?.intervalMs ?? 0)]));
    for (const service of world.services)
      if (service.check)
        this.nodes.set(service.id, { health: 'fine', since: 0, detectMs: 2 * service.check.intervalMs });
    for (const id of world.topology.neededBy.keys())
      if (isUpstream(id) && !world.topology.shared.has(id))
        this.nodes.set(id, { health: 'fine', since: 0, detectMs: 60_000 });
  }

  see({ id, what, at, startedAt }: World['seen'][number], now: number): void {
    const detectMs = this.detect.get(id) ?? 60_000;
    if (what === 'unread') this.nodes.delete(id);
    else if (what === 'admits') this.nodes.set(id, { health: 'failing', since: startedAt ?? at, detectMs });
    else if (what === 'over') this.nodes.set(id, { health: 'fine', since: at, detectMs });
    else if (what === 'fails') this.nodes.set(id, { health: 'failing', since: at, detectMs });
    else this.recover(id, at, now);
    const incident = this.incidentOf(id);
    const member = incident?.services.get(id);
    if (what === 'fails' && member) member.clearAt = undefined;
  }

  private recover(id: string, at: number, now: number): void {
    const incident = this.incidentOf(id);
    const member = incident?.services.get(id);
    const view = this.nodes.get(id);
    if (incident && member && view) {
      member.clearAt = at;
      this.nodes.set(id, { ...view, until: at });
      this.closeWhenClear(incident);
    } else this.nodes.set(id, { health: 'fine', since: now, detectMs: this.detect.get(id) ?? 0 });
  }

  private closeWhenClear(incident: DeskIncident): void {
    if ([...incident.services.values()].some((member) => member.clearAt === undefined)) return;
    incident.isOver = true;
    for (const [id, { clearAt }] of incident.services) {
      this.nodes.set(id, { health: 'fine', since: clearAt ?? 0, detectMs: this.detect.get(id) ?? 0 });
      this.barred.delete(id);
    }
  }

  incidentOf(id: string): DeskIncident | undefined {
    return this.incidents.find((one) => !one.isOver && !one.mergedInto && one.services.has(id));
  }

  decide(now: number): void {
    const scene = {
      now,
      topology: this.world.topology,
      nodes: this.nodes,
      barred: this.barred,
      pinned: new Set<string>(),
    };
    const open = this.incidents.filter((one) => !one.isOver && !one.mergedInto);
    const views = open.map(toOpenIncident);
    for (const fold of foldOutages(explain(scene), views)) {
      const target = open.find((one) => one.id === fold.incidentId) ?? this.open(now, fold.newcomers);
      if (!target) continue;
      for (const id of fold.merge) {
        const from = open.find((one) => one.id === id);
        if (from) merge(from, target);
      }
      for (const id of fold.newcomers) this.join(target, id, now);
      if (now < faultEndsAt) target.ranked = fold.outage.ranked;
      const holdsIt = [...target.services.keys()].some((id) => this.world.affected.has(id));
      if (holdsIt && fold.outage.cause.causeId === this.world.causeId) this.namedAt ??= now;
    }
  }

  private open(now: number, newcomers: readonly string[]): DeskIncident | undefined {
    if (newcomers.length === 0) return undefined;
    const incident: DeskIncident = {
      id: `i${String(this.incidents.length).padStart(5, '0')}`,
      openedAt: now,
      services: new Map(),
      teams: new Set(),
      pages: [],
      ranked: [],
      standsAlone: false,
      isOver: false,
    };
    this.incidents.push(incident);
    return incident;
  }

  private join(incident: DeskIncident, serviceId: string, now: number): void {
    incident.services.set(serviceId, { clearAt: undefined });
    const team = this.teamOf.get(serviceId) ?? '';
    if (incident.teams.has(team)) return;
    incident.teams.add(team);
    incident.pages.push({ team, serviceId, at: now });
  }

  split(now: number): void {
    for (const incident of this.incidents.slice()) {
      if (incident.isOver || incident.mergedInto || incident.services.size < 2) continue;
      const causeId = incident.ranked[0]?.causeId;
      const view = causeId === undefined ? undefined : this.nodes.get(causeId);
      const health = view?.until === undefined ? (view?.health ?? 'unknown') : 'fine';
      const members = [...incident.services].map(([serviceId, { clearAt }]) => ({ serviceId, clearAt }));
      for (const id of findStragglers(members, causeId === undefined ? undefined : { id: causeId, health }, now)) {
        incident.services.delete(id);
        this.barred.set(id, 'alone');
        const own = this.open(now, [id]);
        if (!own) continue;
        own.standsAlone = true;
        this.join(own, id, now);
      }
      this.closeWhenClear(incident);
    }
  }

  picture(): DeskResult['atEnd'] {
    const cause = new Map<string, readonly string[]>();
    const incidentOf = new Map<string, string>();
    for (const incident of this.incidents) {
      if (incident.isOver || incident.mergedInto) continue;
      cause.set(
        incident.id,
        incident.ranked.map((one) => one.causeId),
      );
      for (const id of incident.services.keys()) incidentOf.set(id, incident.id);
    }
    return { cause, incidentOf };
  }
}

const toOpenIncident = (incident: DeskIncident): OpenIncident => ({
  id: incident.id,
  openedAt: incident.openedAt,
  openedBy: 'signal',
  isAcknowledged: false,
  standsAlone: incident.standsAlone,
  services: [...incident.services.keys()],
  upstreams: [],
});

function merge(from: DeskIncident, into: DeskIncident): void {
  from.mergedInto = into;
  for (const [id, member] of from.services) into.services.set(id, member);
  for (const team of from.teams) into.teams.add(team);
}
