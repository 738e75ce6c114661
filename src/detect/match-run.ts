// One post against all terms: which of the phrases found are what they look like.
import { hashtagHeads, hashtagTails } from './match-words.ts';
import { LONGEST_PHRASE, type Phrases } from './match-phrases.ts';
import { type Match, type MatchEvidence, type MatchKind, phraseValue, type Term } from './match-terms.ts';
import { hashUnits, tokenFlag, type Tokens } from './match-tokens.ts';

/** Words to either side in which context is looked for. */
const NEAR = 6;
/** Points that an ambiguous name needs, and what gives them. */
const ENOUGH = 2;
const POINTS: Readonly<Record<MatchEvidence, number>> = {
  unambiguous: 2,
  'own-term': 2,
  'own-context': 2,
  'tech-context': 2,
  medium: 1,
  capital: 1,
  tag: 1,
};

interface Hit {
  readonly term: Term;
  readonly first: number;
  readonly last: number;
  readonly isAffixed: boolean;
}

const none: ReadonlySet<number> = new Set();
const unambiguous: readonly MatchEvidence[] = ['unambiguous'];
const isSure = ({ term }: Hit): boolean => !term.needsContext;

function isEnough(evidence: readonly MatchEvidence[]): boolean {
  let points = 0;
  for (const kind of evidence) points += POINTS[kind];
  return points >= ENOUGH;
}

const affixUnits = (affixes: readonly string[]): readonly (readonly number[])[] =>
  affixes.map((affix) => Array.from({ length: affix.length }, (_, i) => affix.charCodeAt(i)));
const tails = affixUnits(hashtagTails);
const heads = affixUnits(hashtagHeads);

export class MatchRun {
  readonly #phrases: Phrases;
  readonly #terms: readonly Term[];
  readonly #services: readonly string[];
  readonly #tokens: Tokens;
  readonly #ids: Int32Array;
  /** By word: that a context phrase begins there, then their running sum. */
  readonly #tech: Int32Array;
  #hasTech = false;
  readonly #isMedium: Uint8Array;
  #mediums: number[] = [];
  #hits: Hit[] = [];
  /** By word: what excludes a name from there on. */
  #exclusions = new Map<number, { service: number; last: number }[]>();
  #ownContext = new Map<number, number[]>();
  readonly #onPhrase = (value: number, first: number, last: number): void => this.#take(value, first, last, false);
  readonly #onAffixed = (value: number, first: number, last: number): void => this.#take(value, first, last, true);

  constructor(phrases: Phrases, terms: readonly Term[], services: readonly string[], tokens: Tokens) {
    this.#phrases = phrases;
    this.#terms = terms;
    this.#services = services;
    this.#tokens = tokens;
    this.#ids = new Int32Array(tokens.mostChars + 1);
    this.#tech = new Int32Array(tokens.mostChars + 2);
    this.#isMedium = new Uint8Array(tokens.mostChars + 1);
  }

  match(text: string): Match[] {
    const tokens = this.#tokens;
    tokens.read(text);
    this.#hits = [];
    this.#phrases.find(tokens, this.#ids, this.#onPhrase);
    if (tokens.hasHash)
      for (let i = 0; i < tokens.count; i++) if (((tokens.flags[i] ?? 0) & tokenFlag.hash) !== 0) this.#readHashtag(i);
    const matches = this.#hits.length === 0 ? [] : this.#judgeAll();
    this.#forget();
    return matches;
  }

  #forget(): void {
    this.#hits = [];
    for (const at of this.#mediums) this.#isMedium[at] = 0;
    this.#mediums = [];
    if (this.#hasTech) this.#tech.fill(0, 0, this.#tokens.count + 2);
    this.#hasTech = false;
    if (this.#exclusions.size > 0) this.#exclusions = new Map();
    if (this.#ownContext.size > 0) this.#ownContext = new Map();
  }

  #take(value: number, first: number, last: number, isAffixed: boolean): void {
    const term = this.#terms[value];
    if (term && term.kind !== 'exclusion' && term.kind !== 'own-context')
      this.#hits.push({ term, first, last, isAffixed });
    else if (isAffixed) return;
    else if (value === phraseValue.tech) {
      this.#tech[first] = 1;
      this.#hasTech = true;
    } else if (value === phraseValue.medium) {
      this.#isMedium[last] = 1;
      this.#mediums.push(last);
    } else if (term?.kind === 'own-context') {
      const places = this.#ownContext.get(term.service) ?? [];
      places.push(first);
      this.#ownContext.set(term.service, places);
    } else {
      const from = this.#exclusions.get(first) ?? [];
      from.push({ service: term ? term.service : -1, last });
      this.#exclusions.set(first, from);
    }
  }

  /** #SlackDown: the name without what the tag adds to it. */
  #readHashtag(at: number): void {
    const { start, end } = this.#tokens;
    const from = start[at] ?? 0;
    const to = end[at] ?? 0;
    for (const tail of tails) if (this.#endsWith(to, from, tail)) this.#tryName(at, from, to - tail.length);
    for (const head of heads) if (this.#startsWith(from, to, head)) this.#tryName(at, from + head.length, to);
  }

  #endsWith(to: number, from: number, tail: readonly number[]): boolean {
    const at = to - tail.length;
    return at > from && tail.every((unit, i) => this.#tokens.units[at + i] === unit);
  }

  #startsWith(from: number, to: number, head: readonly number[]): boolean {
    return from + head.length < to && head.every((unit, i) => this.#tokens.units[from + i] === unit);
  }

  #tryName(at: number, from: number, to: number): void {
    const { units } = this.#tokens;
    const word = this.#phrases.wordOf(units, from, to, hashUnits(units, from, to));
    if (word !== -1) this.#phrases.findWord(word, at, this.#onAffixed);
  }

  #judgeAll(): Match[] {
    for (let i = 0, sum = 0; this.#hasTech && i <= this.#tokens.count; i++) {
      const here = this.#tech[i] ?? 0;
      this.#tech[i] = sum;
      sum += here;
      if (i === this.#tokens.count) this.#tech[i + 1] = sum;
    }
    const hits: Hit[] = [];
    let areAllSure = true;
    for (const hit of this.#hits)
      if (this.#isWhole(hit) && !this.#isExcluded(hit)) {
        hits.push(hit);
        areAllSure &&= !hit.term.needsContext;
      }
    const sure = areAllSure ? none : new Set(hits.filter(isSure).map(({ term }) => term.service));
    return hits.length === 1 ? this.#judgeOne(hits[0], sure) : this.#judgeMany(hits, sure);
  }

  #judgeOne(hit: Hit | undefined, sure: ReadonlySet<number>): Match[] {
    if (!hit) return [];
    const evidence = this.#weigh(hit, sure);
    return isEnough(evidence) ? [this.#describe(hit, evidence)] : [];
  }

  /** The first of each service. */
  #judgeMany(hits: readonly Hit[], sure: ReadonlySet<number>): Match[] {
    const found = new Map<number, Match>();
    for (const hit of hits) {
      const { service } = hit.term;
      const earlier = found.get(service);
      if (earlier && earlier.from <= (this.#tokens.from[hit.first] ?? 0)) continue;
      const evidence = this.#weigh(hit, sure);
      if (isEnough(evidence)) found.set(service, this.#describe(hit, evidence));
    }
    if (found.size < 2) return [...found.values()];
    return [...found].toSorted(([a, x], [b, y]) => x.from - y.from || a - b).map(([, match]) => match);
  }

  #weigh({ term, first, last, isAffixed }: Hit, sure: ReadonlySet<number>): readonly MatchEvidence[] {
    if (!term.needsContext) return unambiguous;
    const evidence: MatchEvidence[] = [];
    const flags = this.#tokens.flags[first] ?? 0;
    const from = Math.max(0, first - NEAR);
    const to = Math.min(this.#tokens.count, last + NEAR + 1);
    // #SlackDown and #slack_down say themselves what they are about.
    const isLonger =
      (flags & tokenFlag.hash) !== 0 && ((this.#tokens.flags[last + 1] ?? 0) & tokenFlag.underscored) !== 0;
    const isSaid = isAffixed || (isLonger && last + 1 < this.#tokens.count);
    // A service named App is not spoken for by the word app that is its name.
    const around = this.#techIn(from, to) - this.#techIn(first, last + 1);
    if (isSaid || around > 0) evidence.push('tech-context');
    if (sure.has(term.service)) evidence.push('own-term');
    if (this.#isNear(this.#ownContext.get(term.service), from, to)) evidence.push('own-context');
    if ((flags & (tokenFlag.at | tokenFlag.hash)) !== 0) evidence.push('tag');
    if ((flags & tokenFlag.capital) !== 0 && !this.#beginsSentence(first)) evidence.push('capital');
    if (first > 0 && this.#isMedium[first - 1] === 1) evidence.push('medium');
    return evidence;
  }

  /** Context phrases that begin from word `from` to before word `to`. */
  #techIn(from: number, to: number): number {
    return this.#hasTech ? (this.#tech[to] ?? 0) - (this.#tech[from] ?? 0) : 0;
  }

  /** Places are in order. */
  #isNear(places: readonly number[] | undefined, from: number, to: number): boolean {
    if (!places) return false;
    let low = 0;
    for (let high = places.length; low < high;) {
      const middle = (low + high) >> 1;
      if ((places[middle] ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return (places[low] ?? to) < to;
  }

  #beginsSentence(at: number): boolean {
    if (at === 0) return true;
    const { text, from, to } = this.#tokens;
    for (let i = to[at - 1] ?? 0; i < (from[at] ?? 0); i++) if ('.!?\n:"“'.includes(text.charAt(i))) return true;
    return false;
  }

  #isExcluded({ term, first, last, isAffixed }: Hit): boolean {
    if (this.#exclusions.size === 0 || isAffixed) return false;
    for (let at = Math.max(0, first - LONGEST_PHRASE + 1); at <= first; at++)
      for (const exclusion of this.#exclusions.get(at) ?? []) {
        const isMeant = exclusion.service === term.service || (exclusion.service === -1 && term.needsContext);
        if (isMeant && exclusion.last >= last) return true;
      }
    return false;
  }

  /** That the words stand together and end where the term ends, as its kind asks. */
  #isWhole({ term, first, last, isAffixed }: Hit): boolean {
    const flags = this.#tokens.flags[first] ?? 0;
    if (isAffixed) return (term.kind === 'name' && first === last) || term.kind === 'fused' || term.kind === 'hashtag';
    if (term.kind === 'domain') return this.#isDomain(first, last);
    if ((flags & tokenFlag.url) !== 0) return false;
    const tag = term.kind === 'hashtag' ? tokenFlag.hash : tokenFlag.at;
    if (term.kind === 'hashtag' || term.kind === 'handle')
      return (flags & tag) !== 0 && this.#isTight(first, last) && !this.#goesOn(last, true);
    if (term.kind === 'fused') return (flags & (tokenFlag.hash | tokenFlag.at)) !== 0 && !this.#goesOn(last, false);
    const isTagged = (flags & (tokenFlag.hash | tokenFlag.at)) !== 0;
    if ((flags & (tokenFlag.dotted | tokenFlag.underscored)) !== 0) return false;
    return this.#isLoose(first, last) && !this.#goesOn(last, !isTagged || (flags & tokenFlag.at) !== 0);
  }

  /** That the word behind is a part of the same: slack.test, slack_bot. */
  #goesOn(last: number, underscoreToo: boolean): boolean {
    if (last + 1 >= this.#tokens.count) return false;
    const { flags, from, to, text } = this.#tokens;
    const next = flags[last + 1] ?? 0;
    const isJoined = (from[last + 1] ?? 0) - (to[last] ?? 0) === 1;
    if (!isJoined) return false;
    const isUnderscore = (next & tokenFlag.underscored) !== 0;
    return isUnderscore ? underscoreToo : (next & tokenFlag.dotted) !== 0 || text.charAt(to[last] ?? 0) === '@';
  }

  #isTight(first: number, last: number): boolean {
    const { from, to, text } = this.#tokens;
    for (let i = first; i < last; i++) {
      const gap = text.slice(to[i], from[i + 1]);
      if (gap.length > 1 || (gap.length === 1 && !'._-'.includes(gap))) return false;
    }
    return true;
  }

  /** Between the words of a name: nothing, one joining character, or spaces. */
  #isLoose(first: number, last: number): boolean {
    const { from, to, text } = this.#tokens;
    for (let i = first; i < last; i++) {
      const gap = (from[i + 1] ?? 0) - (to[i] ?? 0);
      if (gap > 3) return false;
      for (let at = to[i] ?? 0; at < (from[i + 1] ?? 0); at++) {
        const character = text.charAt(at);
        const isJoin = gap === 1 && "-_./:&'’+".includes(character);
        if (!isJoin && !/[\s\p{Cf}]/u.test(character)) return false;
      }
    }
    return true;
  }

  /** The whole end of a host: subdomains before it, no further label behind, and no mail address. */
  #isDomain(first: number, last: number): boolean {
    const { from, to, text, flags } = this.#tokens;
    if (!this.#isTight(first, last)) return false;
    const start = from[first] ?? 0;
    const before = text.charAt(start - 1);
    if (before === '-' || before === '_') return false;
    if (before === '@' && ((flags[first] ?? 0) & tokenFlag.at) === 0) return false;
    const isPath = before === '/' && text.slice(Math.max(0, start - 3), start) !== '://';
    if (isPath || this.#goesOn(last, true)) return false;
    const joined = (from[last + 1] ?? 0) - (to[last] ?? 0) === 1 && text.charAt(to[last] ?? 0) === '-';
    return last + 1 >= this.#tokens.count || !joined;
  }

  #describe({ term, first, last }: Hit, evidence: readonly MatchEvidence[]): Match {
    const { from, to, flags } = this.#tokens;
    let isDisguised = false;
    for (let i = first; i <= last; i++) isDisguised ||= ((flags[i] ?? 0) & tokenFlag.disguised) !== 0;
    const isTag = ((flags[first] ?? 0) & tokenFlag.hash) !== 0;
    const isMention = ((flags[first] ?? 0) & tokenFlag.at) !== 0;
    const named: MatchKind = isTag ? 'hashtag' : isMention ? 'handle' : 'name';
    return {
      serviceId: this.#services[term.service] ?? '',
      kind: term.kind === 'domain' ? 'domain' : named,
      term: term.text,
      from: from[first] ?? 0,
      to: to[last] ?? 0,
      isDisguised,
      evidence,
    };
  }
}
