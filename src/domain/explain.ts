import type { Scene } from './scene.ts';
import { type Candidates, findCandidates, weighCause, type Weighed } from './weigh-cause.ts';

/** A cause with how sure it is, from 0 to 1 among all that were thought of. */
export interface RankedCause extends Weighed {
  confidence: number;
}

/** Failing services that one cause explains. */
export interface Outage {
  cause: RankedCause;
  services: string[];
  /** The most likely first; the first is `cause`. */
  ranked: RankedCause[];
}

/** How much better one hidden cause must explain failures than faults of their own, before they are taken for one outage: e^1.5 is about 4.5. */
export const uniteMargin = 1.5;
const maxRanked = 5;
const leastConfidence = 0.01;

/**
 * Divides everything that fails into outages, each with its most likely cause: the candidate that explains most, best, is taken with all that it
 * explains, then the next for the rest. What nothing else explains is its own cause. Services in `failing` of the scene only; each is in one outage.
 */
export function explain(scene: Scene): Outage[] {
  const open = new Set<string>();
  for (const [id, node] of scene.nodes) if (node.health === 'failing' && !id.includes('/')) open.add(id);
  const all = new Set(open);
  const outages: Outage[] = [];
  const candidates = findCandidates(scene, open);
  const queue = weighAll(scene, candidates, candidates.under.keys(), open);
  while (open.size > 0) {
    const top = queue.pop();
    if (top === undefined) break;
    // Others have taken some of what it explained: weigh it again, and see whether it is still the best.
    const again = top.explained.every((id) => open.has(id)) ? top : weighCause(scene, candidates, top.causeId, open);
    if (again === undefined) continue;
    if (again !== top && again.gain < (queue.at(-1)?.gain ?? -Infinity)) {
      insert(queue, again);
      continue;
    }
    if (!isConvincing(scene, candidates, again, all)) continue;
    for (const id of again.explained) open.delete(id);
    outages.push(rank(scene, candidates, again));
  }
  return outages;
}

function rank(scene: Scene, candidates: Candidates, taken: Weighed): Outage {
  const ranked = rankFor(scene, candidates, taken.explained);
  // What belongs together is settled; of those that explain all of it, the most likely is stated.
  const cause =
    ranked.find((one) => one.explained.length === taken.explained.length) ??
    ({ ...taken, confidence: 0 } satisfies RankedCause);
  const others = ranked.filter((one) => one !== cause && one.confidence >= leastConfidence);
  return { cause, services: taken.explained, ranked: [cause, ...others].slice(0, maxRanked) };
}

/** The causes that come into question for these services, the most likely first. */
function rankFor(scene: Scene, candidates: Candidates, services: readonly string[]): RankedCause[] {
  const group = new Set(services);
  const ids = [...candidates.under].flatMap(([id, under]) => (under.some((one) => group.has(one)) ? [id] : []));
  const weighed = weighAll(scene, candidates, ids, group).toReversed();
  // Beside all candidates stands that each broke by itself, whose gain is zero by definition; for a single service that is the service itself.
  const separate = group.size > 1 ? 1 : 0;
  const most = Math.max(0, ...weighed.map((one) => one.gain));
  const sum = weighed.reduce((all, one) => all + Math.exp(one.gain - most), separate * Math.exp(-most));
  return weighed.map((one) => ({ ...one, confidence: Math.min(0.99, Math.exp(one.gain - most) / sum) }));
}

/** The best last, so that it can be popped; of equals, what is seen to fail, then the one with the smaller name. */
const byGain = (a: Weighed, b: Weighed): number => a.gain - b.gain || (a.causeId < b.causeId ? 1 : -1);

const weighAll = (scene: Scene, candidates: Candidates, ids: Iterable<string>, open: ReadonlySet<string>): Weighed[] =>
  [...ids].flatMap((id) => weighCause(scene, candidates, id, open) ?? []).toSorted(byGain);

function insert(queue: Weighed[], one: Weighed): void {
  let low = 0;
  let high = queue.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const at = queue[middle];
    if (at !== undefined && byGain(at, one) < 0) low = middle + 1;
    else high = middle;
  }
  queue.splice(low, 0, one);
}

/**
 * What fails by itself is convincing by itself. A cause that nobody sees must explain clearly more than those do that are seen, or independent
 * troubles would be swallowed by what they happen to share.
 */
function isConvincing(scene: Scene, candidates: Candidates, cause: Weighed, failing: ReadonlySet<string>): boolean {
  if (failing.has(cause.causeId) || scene.nodes.get(cause.causeId)?.health === 'failing') return true;
  if (scene.pinned.has(cause.causeId)) return true;
  if (cause.explained.length < 2) return false;
  const open = new Set(cause.explained);
  const queue = weighAll(scene, candidates, open, open);
  let otherwise = 0;
  for (let top = queue.pop(); top !== undefined && open.size > 0; top = queue.pop()) {
    const again = weighCause(scene, candidates, top.causeId, open);
    if (again === undefined) continue;
    otherwise += Math.max(0, again.gain);
    for (const id of again.explained) open.delete(id);
  }
  return cause.gain >= otherwise + uniteMargin;
}
