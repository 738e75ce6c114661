import { mayExplain, type NodeView, type Scene } from './scene.ts';
import { ancestors, isUpstream, type Hardness } from './topology.ts';
import type { EpochMs } from './words.ts';

// docs/correlation.md explains these figures. They are odds of everyday operation, set once and not fitted to the trial's generator.
/** That a thing breaks by itself just now: what every explanation competes with. */
const ownFault = Math.log(0.002);
/** That a cause is seen to fail, is seen to work, is not looked at. */
const causeFails = Math.log(0.95);
const causeLooksFine = Math.log(0.03);
const causeUnwatched = Math.log(0.5);
/** That a provider in trouble says nothing: in the first minutes usual, later less so. */
const quietYoung = Math.log(0.35);
const quietOld = Math.log(0.15);
const quietYoungMs = 20 * 60_000;
const feedUnread = Math.log(0.5);
/** A whole region or provider at once. */
const wide = Math.log(0.3);
/** What a provider admits need not be guessed at. */
const admitted = Math.log(0.3);
/** A cause takes down nearly all that need it, or, less often, about half. */
const total = { share: 0.7, fails: 0.97 };
const partial = { share: 0.3, fails: 0.5 };
const soft = { fails: 0.2, fine: 0.8 };
/** For each dependent that was seen to fail clearly before its cause. */
const failedBefore = Math.log(0.5);
const failedBeforeMost = -3;
/** A person's word. */
const named = 20;

/** Checks look at different moments, and the cause's own may be the slow one: beyond its own delay, so much. */
const earlyMs = 60_000;
/** What needs a broken thing and still works an hour later does not break because of it. */
const lateMs = 60 * 60_000;
const softWindowMs = 5 * 60_000;
/** Failures of one hidden cause come within so long. */
const clusterMs = 15 * 60_000;
/** What fails so long after the cause is over has another one. */
const afterEndMs = 5 * 60_000;
const settleMs = 60_000;

/** What one candidate would explain, and how well. */
export interface Weighed {
  causeId: string;
  /** Logarithm of how much better it explains what is seen than a fault of its own for each: above zero is worth believing. */
  gain: number;
  /** Failing services that it explains, itself among them when it fails. */
  explained: string[];
  /** When it began: its own failure, or the first of those that it explains. */
  onsetAt: EpochMs;
  hardFailing: string[];
  softFailing: string[];
  /** Cannot work without it, are watched, had the time to fail, and work. */
  hardFine: string[];
  /** Those of `explained` that were seen to fail clearly before it. */
  before: string[];
}

/** What a candidate's failure can get to. */
interface Reached {
  failing: { id: string; node: NodeView; hardness: Hardness }[];
  fine: { id: string; hardness: Hardness }[];
}

const unknownNode: NodeView = { health: 'unknown', since: 0, detectMs: 0 };
const nodeOf = (scene: Scene, id: string): NodeView => scene.nodes.get(id) ?? unknownNode;

/** Which failing services stand on each candidate, and what was found of its reach already. Made once for a scene. */
export interface Candidates {
  under: ReadonlyMap<string, readonly string[]>;
  reached: Map<string, Reached>;
}

/** Everything that could be the cause of these failures: each of them, and all that it stands on. */
export function findCandidates(scene: Scene, failing: Iterable<string>): Candidates {
  const under = new Map<string, string[]>();
  const put = (cause: string, id: string): void => {
    const list = under.get(cause);
    if (list) list.push(id);
    else under.set(cause, [id]);
  };
  for (const id of failing) {
    put(id, id);
    if (scene.barred.get(id) === 'alone') continue;
    for (const above of ancestors(scene.topology, id).keys()) put(above, id);
  }
  return { under, reached: new Map() };
}

/** Weighs one candidate against the failing services in `open`. Undefined when it explains none of them. */
export function weighCause(
  scene: Scene,
  candidates: Candidates,
  causeId: string,
  open: ReadonlySet<string>,
): Weighed | undefined {
  const cause = nodeOf(scene, causeId);
  const under = (candidates.under.get(causeId) ?? []).filter((id) => open.has(id) && mayExplain(scene, causeId, id));
  const span = spanOf(scene, causeId, under);
  if (span === undefined) return undefined;
  const { failing, fine } = reach(scene, candidates, causeId, span.onsetAt);
  const seen: Weighed = {
    causeId,
    gain: 0,
    explained: [],
    onsetAt: span.onsetAt,
    hardFailing: [],
    softFailing: [],
    hardFine: [],
    before: [],
  };
  if (cause.health === 'failing' && open.has(causeId)) seen.explained.push(causeId);
  for (const { id, node, hardness } of failing) {
    if (!open.has(id) || !isTimely(node.since, span, hardness) || !mayExplain(scene, causeId, id)) continue;
    (hardness === 'hard' ? seen.hardFailing : seen.softFailing).push(id);
    seen.explained.push(id);
    if (span.isSeen && node.since < span.onsetAt - cause.detectMs) seen.before.push(id);
  }
  if (seen.explained.length === 0) return undefined;
  let softFine = 0;
  for (const { id, hardness } of fine) {
    if (hardness === 'hard') seen.hardFine.push(id);
    else softFine++;
  }
  seen.gain = gainOf(scene, cause, seen, softFine);
  return seen;
}

/** When a cause began, and from when to when what fails may be its doing. */
interface Span {
  onsetAt: EpochMs;
  fromAt: EpochMs;
  hardUntil: EpochMs;
  softUntil: EpochMs;
  /** Its own failure was seen, at `onsetAt`. */
  isSeen: boolean;
}

function spanOf(scene: Scene, causeId: string, under: readonly string[]): Span | undefined {
  const cause = nodeOf(scene, causeId);
  const end = cause.until === undefined ? Infinity : cause.until + afterEndMs;
  const span = (onsetAt: EpochMs, fromAt: EpochMs, lastAt: EpochMs, isSeen: boolean): Span => ({
    onsetAt,
    fromAt,
    hardUntil: Math.min(end, lastAt),
    softUntil: Math.min(end, onsetAt + softWindowMs),
    isSeen,
  });
  if (cause.health !== 'failing') {
    const startAt = clusterStart(scene, under);
    return startAt === undefined ? undefined : span(startAt, startAt, startAt + clusterMs, false);
  }
  if (!isUpstream(causeId))
    return span(cause.since, cause.since - cause.detectMs - earlyMs, cause.since + lateMs, true);
  // Providers speak late, and often of a beginning that is the moment of their speaking: those who need it knew before.
  const earlier = under.filter((id) => {
    const { since } = nodeOf(scene, id);
    return since <= cause.since + clusterMs && since >= cause.since - lateMs;
  });
  const onsetAt = Math.min(clusterStart(scene, earlier) ?? cause.since, cause.since);
  return span(onsetAt, onsetAt - settleMs, cause.since + lateMs, false);
}

function gainOf(scene: Scene, cause: NodeView, seen: Weighed, softFine: number): number {
  const hard = logAdd(
    Math.log(total.share) + likely(total.fails, seen.hardFailing.length, seen.hardFine.length),
    Math.log(partial.share) + likely(partial.fails, seen.hardFailing.length, seen.hardFine.length),
  );
  // A soft dependent that works is what one expects; many of them say little more than a few.
  const softly =
    seen.softFailing.length * Math.log(soft.fails) +
    Math.min(softFine, 5) * Math.log(soft.fine) * (hasSoft(seen) ? 1 : 0);
  const order = Math.max(failedBeforeMost, seen.before.length * failedBefore);
  const person = scene.pinned.has(seen.causeId) ? named : 0;
  return standing(scene, cause, seen) + hard + softly + order + person - seen.explained.length * ownFault;
}

const hasSoft = (seen: Weighed): boolean => seen.softFailing.length > 0;

/** How likely it is that this broke just now and looks as it does. */
function standing(scene: Scene, cause: NodeView, { causeId, onsetAt }: Weighed): number {
  const narrow = scene.topology.shared.get(causeId);
  if (narrow !== undefined && !scene.nodes.has(causeId)) return standingOfWide(scene, causeId, narrow, onsetAt);
  if (isUpstream(causeId)) {
    if (cause.health === 'failing') return admitted;
    if (cause.health === 'unknown') return ownFault + feedUnread;
    return ownFault + quiet(scene, onsetAt);
  }
  if (cause.health === 'failing') return ownFault + causeFails;
  if (cause.health === 'unknown') return ownFault + causeUnwatched;
  return ownFault + (isSettled(scene, cause, onsetAt) ? causeLooksFine : causeUnwatched);
}

const quiet = (scene: Scene, onsetAt: EpochMs): number => (scene.now - onsetAt < quietYoungMs ? quietYoung : quietOld);

/** A region or a provider as a whole has no state of its own; what is said of its parts speaks for it. */
function standingOfWide(scene: Scene, causeId: string, narrow: readonly string[], onsetAt: EpochMs): number {
  const views = narrow.map((id) => nodeOf(scene, id).health);
  const width = causeId.endsWith('/all') ? 2 * wide : wide;
  if (views.filter((health) => health === 'failing').length > 1) return admitted + width;
  return ownFault + width + (views.includes('fine') ? quiet(scene, onsetAt) : feedUnread);
}

const likely = (fails: number, failing: number, fine: number): number =>
  failing * Math.log(fails) + fine * Math.log(1 - fails);

const logAdd = (a: number, b: number): number => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));

const isSettled = (scene: Scene, node: NodeView, onsetAt: EpochMs): boolean =>
  scene.now - onsetAt > node.detectMs + settleMs;

const isTimely = (at: EpochMs, span: Span, hardness: Hardness): boolean =>
  at >= span.fromAt && at <= (hardness === 'hard' ? span.hardUntil : span.softUntil);

/**
 * What stands on the candidate, as far as its failure could get: through what fails or is not watched, and not through what was given the time to
 * fail and works.
 */
function reach(scene: Scene, candidates: Candidates, causeId: string, onsetAt: EpochMs): Reached {
  const key = `${causeId} ${onsetAt}`;
  const known = candidates.reached.get(key);
  if (known) return known;
  const found = new Map<string, Hardness>();
  const result: Reached = { failing: [], fine: [] };
  const queue: { id: string; hardness: Hardness }[] = [{ id: causeId, hardness: 'hard' }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const edge of scene.topology.neededBy.get(next.id) ?? []) {
      if (edge.id === causeId) continue;
      const hardness = next.hardness === 'hard' && edge.hardness === 'hard' ? 'hard' : 'soft';
      const before = found.get(edge.id);
      if (before === 'hard' || before === hardness) continue;
      found.set(edge.id, hardness);
      const node = nodeOf(scene, edge.id);
      if (node.health !== 'fine' || !isSettled(scene, node, onsetAt)) queue.push({ id: edge.id, hardness });
    }
  }
  for (const [id, hardness] of found) {
    // What lies between is no witness: it says what its provider says, and that was asked already.
    if (isUpstream(id)) continue;
    const node = nodeOf(scene, id);
    if (node.health === 'failing') result.failing.push({ id, node, hardness });
    else if (node.health === 'fine' && isSettled(scene, node, onsetAt)) result.fine.push({ id, hardness });
  }
  candidates.reached.set(key, result);
  return result;
}

/** When a hidden cause began: the start of the stretch of `clusterMs` with most failures in it; the latest of equals. */
function clusterStart(scene: Scene, failing: readonly string[]): EpochMs | undefined {
  const onsets = failing.map((id) => nodeOf(scene, id).since).toSorted((a, b) => a - b);
  let best: { at: EpochMs; count: number } | undefined;
  let end = 0;
  onsets.forEach((at, start) => {
    while (end < onsets.length && (onsets[end] ?? 0) <= at + clusterMs) end++;
    if (best === undefined || end - start >= best.count) best = { at, count: end - start };
  });
  return best?.at;
}
