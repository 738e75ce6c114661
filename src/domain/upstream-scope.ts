import type { Notice, UpstreamPart } from './upstream.ts';

/** A name and what else people and machines call it. */
export interface Named {
  id: string;
  names: readonly string[];
}

/** What is known of a provider for matching. */
export interface ProviderFacts {
  id: string;
  regions: readonly Named[];
  products: readonly Named[];
}

/** What a service depends on, as in `aws/us-east-1/dynamodb`. */
export interface UpstreamScope {
  provider: string;
  /** Absent: any region. */
  region?: string;
  /** Absent: the whole provider (in that region). */
  product?: string;
  /** False when the provider's regions are known and this is none of them: then only a notice without regions can match. */
  isKnownRegion: boolean;
}

// Stand for "no matter which": a dependency has at least two parts, so the whole of GitHub is `github/all`.
const anything = new Set(['all', 'any']);

/**
 * Reads `provider/…`: the first further part that is a region of the provider is the region, the rest is the product. Of three parts the second is
 * the region also when it is not known, if the provider has regions at all. Undefined when it is no upstream.
 */
export function readScope(text: string, facts: ProviderFacts | undefined): UpstreamScope | undefined {
  const [provider = '', ...rest] = text.toLowerCase().split('/');
  if (provider === '' || rest.length === 0) return undefined;
  const parts = rest.filter((part) => part !== '' && !anything.has(part));
  const regionAt = parts.findIndex((part) => findNamed(part, facts?.regions ?? []) !== undefined);
  const isGuess = regionAt < 0 && parts.length > 1 && (facts === undefined || facts.regions.length > 0);
  const region = regionAt >= 0 ? parts[regionAt] : isGuess ? parts[0] : undefined;
  const product = parts.filter((_, index) => index !== (isGuess ? 0 : regionAt)).join('-');
  return {
    provider,
    ...(region === undefined ? {} : { region: findNamed(region, facts?.regions ?? [])?.id ?? region }),
    ...(product === '' ? {} : { product: findNamed(product, facts?.products ?? [])?.id ?? product }),
    isKnownRegion: !isGuess,
  };
}

export type ScopeMatch =
  | {
      matches: true;
      /** Why: what the notice names, or leaves open. */
      reason: 'part' | 'title' | 'whole-region' | 'whole-provider';
      /** The parts of the notice that concern the scope; none when it names none. */
      parts: UpstreamPart[];
    }
  | { matches: false; reason: 'other-region' | 'other-product' };

/**
 * Whether a notice concerns a scope. What the notice leaves open matches everything: without regions all regions, without products all products.
 * Where it lists no parts, its title is searched for the provider's products.
 */
export function matchNotice(scope: UpstreamScope, notice: Notice, facts: ProviderFacts): ScopeMatch {
  const { products, regions } = splitParts(notice.parts, facts);
  const noticeRegions = [...notice.regions.map((region) => regionName(region, facts)), ...regions];
  const wide = noticeRegions.length > 0 ? noticeRegions : regionsIn(notice.title, facts, true);
  if (products.length === 0) {
    if (!isWithin(scope.region, wide)) return { matches: false, reason: 'other-region' };
    const titled = namedIn(notice.title, facts.products);
    if (scope.product !== undefined && titled.length > 0) {
      const isNamed = titled.includes(scope.product) || contains(words(notice.title), words(scope.product));
      return isNamed ? { matches: true, reason: 'title', parts: [] } : { matches: false, reason: 'other-product' };
    }
    return { matches: true, reason: wide.length > 0 ? 'whole-region' : 'whole-provider', parts: [] };
  }
  const named = products.filter((part) => isProduct(scope.product, part, facts));
  if (named.length === 0) return { matches: false, reason: 'other-product' };
  const here = named.filter((part) => {
    const own = partRegions(part, facts);
    return isWithin(scope.region, own.length > 0 ? own : wide);
  });
  if (here.length === 0) return { matches: false, reason: 'other-region' };
  return { matches: true, reason: 'part', parts: here };
}

/** Whether a part of the provider's page concerns a scope: its product, in its region or in none. */
export function matchPart(scope: UpstreamScope, part: UpstreamPart, facts: ProviderFacts): boolean {
  const own = partRegions(part, facts);
  if (!isWithin(scope.region, own)) return false;
  return isOnlyRegion(part, facts) || isProduct(scope.product, part, facts);
}

/** Some pages list regions among their products (`West US`): these say where, not what. */
function splitParts(
  parts: readonly UpstreamPart[],
  facts: ProviderFacts,
): { products: UpstreamPart[]; regions: string[] } {
  const products: UpstreamPart[] = [];
  const regions: string[] = [];
  for (const part of parts) {
    if (isOnlyRegion(part, facts)) regions.push(...partRegions(part, facts));
    else products.push(part);
  }
  return { products, regions };
}

const isOnlyRegion = (part: UpstreamPart, facts: ProviderFacts): boolean =>
  part.product === null && findNamed(part.name, facts.regions) !== undefined;

function partRegions(part: UpstreamPart, facts: ProviderFacts): string[] {
  if (part.regions.length > 0) return part.regions.map((region) => regionName(region, facts));
  const named = regionsIn(part.name, facts, false);
  return named.length > 0 || part.group === null ? named : regionsIn(part.group, facts, false);
}

/** `global` in a notice reaches every region; a scope without a region lies in all of them. */
const isWithin = (region: string | undefined, regions: readonly string[]): boolean =>
  region === undefined || regions.length === 0 || regions.includes(region) || regions.includes('global');

function isProduct(product: string | undefined, part: UpstreamPart, facts: ProviderFacts): boolean {
  if (product === undefined) return true;
  const known = findNamed(product, facts.products);
  const names = [product, ...(known?.names ?? [])].map(words);
  if (part.product !== null) {
    // Exact names exist: `s3` is not `s3 replication time control`.
    const exact = [words(part.product), words(part.name)];
    return names.some((name) => exact.includes(name));
  }
  const said = words(part.group === null ? part.name : `${part.group} / ${part.name}`);
  return names.some((name) => contains(said, name));
}

/** The region's id, whatever the provider called it; the words themselves when it is not known. */
function regionName(text: string, facts: ProviderFacts): string {
  return findNamed(text, facts.regions)?.id ?? regionsIn(text, facts, false)[0] ?? text.toLowerCase();
}

/** A list of names made ready: a large outage names hundreds of parts, and each is held against every region. */
interface Index {
  byWords: Map<string, Named>;
  /** The longest first. */
  names: { id: string; name: string }[];
}
const indexes = new WeakMap<readonly Named[], Index>();

function indexOf(list: readonly Named[]): Index {
  const known = indexes.get(list);
  if (known) return known;
  const names = list.flatMap((one) => [one.id, ...one.names].map((name) => ({ one, name: words(name) })));
  const made: Index = {
    byWords: new Map(names.toReversed().map(({ one, name }) => [name, one])),
    names: names.map(({ one, name }) => ({ id: one.id, name })).toSorted((a, b) => b.name.length - a.name.length),
  };
  indexes.set(list, made);
  return made;
}

const findNamed = (text: string, list: readonly Named[]): Named | undefined => indexOf(list).byWords.get(words(text));

/** Short names such as `us` are words of the language too, and are not looked for in prose. */
const regionsIn = (text: string, facts: ProviderFacts, isProse: boolean): string[] =>
  namedIn(text, facts.regions, isProse ? 4 : 1);

/** Ids of what is named in a text; the longest names first, so that `East US 2` is not also `East US`. */
function namedIn(text: string, list: readonly Named[], minLength = 1): string[] {
  let rest = ` ${words(text)} `;
  const found = new Set<string>();
  for (const { id, name } of indexOf(list).names) {
    if (name.length < minLength || !rest.includes(` ${name} `)) continue;
    found.add(id);
    rest = rest.replaceAll(` ${name} `, ' | ');
  }
  return [...found];
}

const contains = (said: string, name: string): boolean => name !== '' && ` ${said} `.includes(` ${name} `);

// The same names come again with every reading. Bounded, because providers choose them.
const heard = new Map<string, string>();
const maxHeard = 10_000;

/** Lower case, every run of other signs one space: `us-east-1` and `US East (1)` are the same words. */
function words(text: string): string {
  const known = heard.get(text);
  if (known !== undefined) return known;
  const made = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  if (heard.size >= maxHeard) heard.clear();
  heard.set(text, made);
  return made;
}
