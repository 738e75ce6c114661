// Which services a post names: by name, handle, hashtag or domain. One pass over the post, whatever the number of services;
// nothing in it depends on order, time or other posts. docs/stance-model-card.md has the figures of the stance beside it.
import { LONGEST_PHRASE, PhraseDraft, Phrases } from './match-phrases.ts';
import { MatchRun } from './match-run.ts';
import { type Match, phraseValue, type Term, type TermKind } from './match-terms.ts';
import { Tokens } from './match-tokens.ts';
import { idioms, mediumWords, ordinaryWords, techContext } from './match-words.ts';

export interface ServiceTerms {
  readonly id: string;
  /** Names and aliases, in any script. Two characters and known ordinary words (`target`, `slack`) need context. */
  readonly names: readonly string[];
  /** Further names that need context. */
  readonly ambiguous?: readonly string[];
  /** `@slackstatus`, with or without the @; Bluesky handles with their dots. */
  readonly handles?: readonly string[];
  /** Beyond the names themselves, which count as hashtags anyhow. */
  readonly hashtags?: readonly string[];
  /** `slack.test`: it and its subdomains. */
  readonly domains?: readonly string[];
  /** Words that speak for this service near an ambiguous name: `swipe`. */
  readonly context?: readonly string[];
  /** Phrases that contain a name and mean something else: `box office`. */
  readonly exclusions?: readonly string[];
}

export interface MatchResult {
  /** At most one a service: its first in the post. By position, then in the order of the services. */
  readonly matches: readonly Match[];
  /** The post was longer than is read. */
  readonly isCut: boolean;
  /** It names more services than anybody has trouble with at once: a list or an advertisement. */
  readonly isFlood: boolean;
}

/** UTF-16 units of a post that are read. The longest post of a public network is 10,000 characters (Reddit aside). */
export const MOST_CHARS = 8192;
const FLOOD_SERVICES = 12;

export interface Matcher {
  readonly phrases: Phrases;
  readonly terms: readonly Term[];
  readonly services: readonly string[];
  readonly run: MatchRun;
}

class Compiler {
  readonly draft = new PhraseDraft();
  readonly terms: Term[] = [];

  add(service: number, kind: TermKind, text: string, needsContext: boolean): void {
    const words = this.draft.split(kind === 'handle' || kind === 'hashtag' ? text.replace(/^[@#＃]/u, '') : text);
    this.#addWords(words, service, kind, text, needsContext);
    // #GoogleCloud is Google Cloud.
    if (kind === 'name' && words.length > 1 && words.length <= LONGEST_PHRASE)
      this.#addWords([words.join('')], service, 'fused', text, needsContext);
  }

  #addWords(words: string[], service: number, kind: TermKind, text: string, needsContext: boolean): void {
    this.draft.add(words, this.terms.length);
    this.terms.push({ kind, text, service, needsContext });
  }

  isOrdinary(name: string): boolean {
    const words = this.draft.split(name);
    const [word = ''] = words;
    // Two letters are a word in some language; two characters of a script without spaces are a name.
    return words.length === 1 && (ordinaryWords.has(word) || (word.length < 3 && /^[a-z0-9]+$/.test(word)));
  }

  addService(terms: ServiceTerms, service: number): void {
    for (const name of terms.names) this.add(service, 'name', name, this.isOrdinary(name));
    for (const name of terms.ambiguous ?? []) this.add(service, 'name', name, true);
    for (const handle of terms.handles ?? []) this.add(service, 'handle', handle, false);
    for (const hashtag of terms.hashtags ?? []) this.add(service, 'hashtag', hashtag, false);
    for (const domain of terms.domains ?? []) this.add(service, 'domain', domain, false);
    for (const phrase of terms.context ?? []) this.add(service, 'own-context', phrase, false);
    for (const phrase of terms.exclusions ?? []) this.add(service, 'exclusion', phrase, false);
  }
}

/**
 * Throws RangeError, naming service and term, for a term without a letter, digit or symbol, or of more than 12 words.
 * A matcher reuses its working memory (about 600 kB beside the terms) from post to post, and is not for two threads.
 */
export function compileMatcher(services: readonly ServiceTerms[]): Matcher {
  const compiler = new Compiler();
  services.forEach((terms, service) => {
    try {
      compiler.addService(terms, service);
    } catch (error) {
      throw new RangeError(`${terms.id}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    }
  });
  for (const [value, phrases] of [
    [phraseValue.tech, techContext],
    [phraseValue.medium, mediumWords],
    [phraseValue.idiom, idioms],
  ] as const)
    for (const phrase of phrases) compiler.draft.add(compiler.draft.split(phrase), value);
  const phrases = new Phrases(compiler.draft);
  const ids = services.map(({ id }) => id);
  return {
    phrases,
    terms: compiler.terms,
    services: ids,
    run: new MatchRun(phrases, compiler.terms, ids, new Tokens(MOST_CHARS)),
  };
}

/** The services that a post names. Never throws, whatever the text; time is linear in what is read of it. */
export function matchPost(matcher: Matcher, text: string): MatchResult {
  const matches = matcher.run.match(text);
  return { matches, isCut: text.length > MOST_CHARS, isFlood: matches.length > FLOOD_SERVICES };
}
