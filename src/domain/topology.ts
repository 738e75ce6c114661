export type Hardness = 'hard' | 'soft';

/** One line of what services depend on. `on` is a service's id or, with a slash, an upstream: `aws/us-east-1/dynamodb`. */
export interface Dependency {
  serviceId: string;
  on: string;
  hardness: Hardness;
}

export interface Edge {
  id: string;
  hardness: Hardness;
}

/** Who stands on whom. Nodes are services, upstreams, and what several upstreams of one provider have in common. */
export interface Topology {
  /** What a node stands on. */
  needs: ReadonlyMap<string, readonly Edge[]>;
  /** What stands on a node. */
  neededBy: ReadonlyMap<string, readonly Edge[]>;
  /** Wider nodes that nobody wrote down, each with the upstreams it was found in: `aws/us-east-1` of two products there. */
  shared: ReadonlyMap<string, readonly string[]>;
}

/** An upstream's name has a slash, a service's has not. */
export const isUpstream = (id: string): boolean => id.includes('/');

export const buildTopology = (dependencies: Iterable<Dependency>): Topology => {
  const needs = new Map<string, Edge[]>();
  const neededBy = new Map<string, Edge[]>();
  const upstreams = new Set<string>();
  const link = (from: string, to: string, hardness: Hardness): void => {
    add(needs, from, { id: to, hardness });
    add(neededBy, to, { id: from, hardness });
  };
  for (const { serviceId, on, hardness } of dependencies) {
    // A service that says it needs itself says nothing.
    if (serviceId === on) continue;
    link(serviceId, on, hardness);
    if (isUpstream(on)) upstreams.add(on);
  }
  const shared = findShared(upstreams);
  for (const [wide, narrow] of shared) for (const id of narrow) link(id, wide, 'hard');
  return { needs, neededBy, shared };
};

/** What an upstream lies in: `aws/us-east-1` of `aws/us-east-1/dynamodb`, then `aws/all`. */
function widerOf(id: string): string | undefined {
  const parts = id.split('/');
  if (parts.length > 2) return parts.slice(0, -1).join('/');
  return parts[1] === 'all' || parts[0] === undefined ? undefined : `${parts[0]}/all`;
}

/** Whole regions and providers fail too; such a node is worth having only where it tells more than one upstream by itself would. */
function findShared(upstreams: ReadonlySet<string>): Map<string, string[]> {
  const inside = new Map<string, Set<string>>();
  for (const id of upstreams) {
    for (let narrow = id, wide = widerOf(id); wide !== undefined; narrow = wide, wide = widerOf(wide)) {
      const found = inside.get(wide);
      if (found) found.add(narrow);
      else inside.set(wide, new Set([narrow]));
    }
  }
  // One that holds a single narrower one is left out, and what lies in that one is put into the next wider.
  const shared = new Map<string, string[]>();
  for (const [wide, narrow] of inside) {
    const kept = [...narrow].map((id) => narrowest(id, inside, upstreams));
    if (kept.length > 1 || upstreams.has(wide)) shared.set(wide, kept.toSorted());
  }
  return shared;
}

function narrowest(id: string, inside: ReadonlyMap<string, Set<string>>, upstreams: ReadonlySet<string>): string {
  let at = id;
  for (let found = inside.get(at); !upstreams.has(at) && found?.size === 1; found = inside.get(at)) {
    const [only] = found;
    if (only === undefined) break;
    at = only;
  }
  return at;
}

/** Everything that `id` stands on, directly or not; hard where a way of hard dependencies alone leads there. Circles end by themselves. */
export const ancestors = (topology: Topology, id: string): Map<string, Hardness> => walk(topology.needs, id);

/** Everything that stands on `id`: what its failure may take down. */
export const blastRadius = (topology: Topology, id: string): Map<string, Hardness> => walk(topology.neededBy, id);

function walk(edges: ReadonlyMap<string, readonly Edge[]>, start: string): Map<string, Hardness> {
  const found = new Map<string, Hardness>();
  const queue: Edge[] = [{ id: start, hardness: 'hard' }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const edge of edges.get(next.id) ?? []) {
      if (edge.id === start) continue;
      const hardness = next.hardness === 'hard' && edge.hardness === 'hard' ? 'hard' : 'soft';
      const before = found.get(edge.id);
      if (before === 'hard' || before === hardness) continue;
      found.set(edge.id, hardness);
      queue.push({ id: edge.id, hardness });
    }
  }
  return found;
}

/**
 * Circles of hard dependencies, each once, as the services on it in order. Inside one, cause and effect cannot be told by who needs whom, only by
 * who failed first. Tarjan's strongly connected components, with a stack of its own.
 */
export function findCircles(topology: Topology): string[][] {
  const state = { index: new Map<string, number>(), low: new Map<string, number>(), next: 0 };
  const open: string[] = [];
  const isOpen = new Set<string>();
  const circles: string[][] = [];
  const hardNeeds = (id: string): string[] =>
    (topology.needs.get(id) ?? []).filter(({ hardness }) => hardness === 'hard').map((edge) => edge.id);
  const enter = (id: string): { id: string; needs: string[] } => {
    state.index.set(id, state.next);
    state.low.set(id, state.next++);
    open.push(id);
    isOpen.add(id);
    return { id, needs: hardNeeds(id) };
  };
  const lower = (id: string, to: number): void => {
    state.low.set(id, Math.min(state.low.get(id) ?? to, to));
  };
  for (const start of topology.needs.keys()) {
    if (state.index.has(start)) continue;
    const trail = [enter(start)];
    for (let top = trail.at(-1); top !== undefined; top = trail.at(-1)) {
      const need = top.needs.pop();
      if (need !== undefined) {
        const seen = state.index.get(need);
        if (seen === undefined) trail.push(enter(need));
        else if (isOpen.has(need)) lower(top.id, seen);
        continue;
      }
      trail.pop();
      const low = state.low.get(top.id) ?? 0;
      const above = trail.at(-1);
      if (above) lower(above.id, low);
      if (low !== state.index.get(top.id)) continue;
      const circle = open.splice(open.lastIndexOf(top.id));
      for (const id of circle) isOpen.delete(id);
      if (circle.length > 1) circles.push(circle);
    }
  }
  return circles;
}

function add<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}
