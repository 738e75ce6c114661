import { durationWords } from './duration.ts';
import type { RankedCause } from './explain.ts';
import type { Scene } from './scene.ts';
import { isUpstream } from './topology.ts';
import type { EpochMs } from './words.ts';

/** One reason for or against a cause, as it is stored. Times are epoch milliseconds. */
export type Evidence =
  | { kind: 'fails-itself'; since: EpochMs }
  | { kind: 'provider-says'; since: EpochMs }
  | { kind: 'provider-silent' }
  | { kind: 'feed-unread' }
  | { kind: 'not-watched' }
  | { kind: 'looks-fine' }
  | { kind: 'dependents-fail'; failing: number; watched: number; soft: number; services: string[] }
  | { kind: 'dependents-work'; count: number; services: string[] }
  | { kind: 'failed-first'; beforeMs: number }
  | { kind: 'failed-later'; count: number }
  | { kind: 'person-says' };

const maxNamed = 10;

/** What speaks for and against a cause, strongest first. */
export function evidenceFor(scene: Scene, cause: RankedCause): Evidence[] {
  const { causeId, hardFailing, softFailing, hardFine, before } = cause;
  const others = [...hardFailing, ...softFailing];
  const found: Evidence[] = [];
  if (scene.pinned.has(causeId)) found.push({ kind: 'person-says' });
  found.push(...standingOf(scene, causeId));
  if (others.length > 0) {
    found.push({
      kind: 'dependents-fail',
      failing: others.length,
      watched: others.length + hardFine.length,
      soft: softFailing.length,
      services: others.slice(0, maxNamed),
    });
  }
  if (hardFine.length > 0)
    found.push({ kind: 'dependents-work', count: hardFine.length, services: hardFine.slice(0, maxNamed) });
  const own = scene.nodes.get(causeId);
  if (before.length > 0) found.push({ kind: 'failed-later', count: before.length });
  else if (own?.health === 'failing' && others.length > 0) {
    const first = Math.min(...others.map((id) => scene.nodes.get(id)?.since ?? Infinity));
    if (first > own.since) found.push({ kind: 'failed-first', beforeMs: first - own.since });
  }
  return found;
}

function standingOf(scene: Scene, causeId: string): Evidence[] {
  const own = scene.nodes.get(causeId);
  if (own?.health === 'failing')
    return [{ kind: isUpstream(causeId) ? 'provider-says' : 'fails-itself', since: own.since }];
  if (isUpstream(causeId)) return [{ kind: own?.health === 'fine' ? 'provider-silent' : 'feed-unread' }];
  return [{ kind: own?.health === 'fine' ? 'looks-fine' : 'not-watched' }];
}

/** Names as people know them; the id where there is none. */
export type NameOf = (id: string) => string;

/**
 * A cause in one sentence, as it is told first: "Acme admits nothing, but all 5 services that need it fail." Times are told by the screen, which
 * knows the reader's zone.
 */
export function causeSentence(causeId: string, evidence: readonly Evidence[], nameOf: NameOf): string {
  const name = nameOf(causeId);
  const find = <K extends Evidence['kind']>(kind: K): Extract<Evidence, { kind: K }> | undefined =>
    evidence.find((one): one is Extract<Evidence, { kind: K }> => one.kind === kind);
  const fail = find('dependents-fail');
  const who = fail ? dependentsText(fail) : undefined;
  if (find('person-says')) return `A person named ${name} as the cause.`;
  if (find('provider-says')) return `${name} has trouble, its provider says${who === undefined ? '' : `, and ${who}`}.`;
  if (find('fails-itself')) return `${name} fails itself${who === undefined ? '' : `, and ${who}`}.`;
  if (find('provider-silent')) return `${name} admits nothing${who === undefined ? '' : `, but ${who}`}.`;
  if (find('feed-unread'))
    return `Nobody can read what the provider of ${name} says${who === undefined ? '' : `, but ${who}`}.`;
  if (find('looks-fine')) return `The checks of ${name} find nothing${who === undefined ? '' : `, but ${who}`}.`;
  return `Nobody watches ${name}${who === undefined ? '' : `, but ${who}`}.`;
}

/** One piece of evidence as a sentence of its own. */
export function evidenceSentence(evidence: Evidence, nameOf: NameOf): string {
  const list = (ids: readonly string[], count: number): string => {
    const more = count - ids.length;
    return `${ids.map(nameOf).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  };
  switch (evidence.kind) {
    case 'person-says':
      return 'A person named it.';
    case 'fails-itself':
      return 'Alerts of its own fire.';
    case 'provider-says':
      return 'Its provider says that it has trouble.';
    case 'provider-silent':
      return 'Its provider admits nothing so far.';
    case 'feed-unread':
      return 'What its provider says cannot be read.';
    case 'not-watched':
      return 'Nobody watches it, so it can only be judged by what needs it.';
    case 'looks-fine':
      return 'Its own checks find nothing.';
    case 'dependents-fail':
      return `${capital(dependentsText(evidence))}: ${list(evidence.services, evidence.failing)}.`;
    case 'dependents-work':
      return `Against it: ${evidence.count === 1 ? '1 service that needs it works' : `${evidence.count} services that need it work`}: ${list(evidence.services, evidence.count)}.`;
    case 'failed-first':
      return `It failed ${durationWords(evidence.beforeMs)} before the others.`;
    case 'failed-later':
      return `Against it: ${evidence.count === 1 ? 'one service' : `${evidence.count} services`} failed before it did.`;
  }
}

function dependentsText({ failing, watched }: { failing: number; watched: number }): string {
  if (failing === 1)
    return watched === 1 ? 'the one service that needs it fails' : `1 of ${watched} services that need it fails`;
  if (failing < watched) return `${failing} of ${watched} services that need it fail`;
  return failing === 2 ? 'both services that need it fail' : `all ${failing} services that need it fail`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
