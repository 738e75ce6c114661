// A post as numbers: hashed words, pairs of words and pieces of words, and the cues found in it.
import { PhraseDraft, Phrases } from './match-phrases.ts';
import { mixHash, tokenFlag, Tokens } from './match-tokens.ts';
import { type Cue, cueNames, cuePhrases } from './stance-cues.ts';

/** Rows of the table of hashed features: a power of two. */
export const BUCKETS = 65_536;
/** UTF-16 units that are read: a stance is in the first words, and a megabyte must cost no more than a post. */
export const STANCE_CHARS = 1000;
/** Words between a thanks and what it is for. */
const REACH = 8;
const PAIR_SEED = 0x27d4_eb2f;
const PIECE_SEED = 0x1656_67b1;
const NUMBER_HASH = 0x51ed_270b;
const MENTION_HASH = 0x2545_f491;
const NAMED_HASH = 0x7feb_352d;
const EDGE = 1;

export interface Span {
  readonly from: number;
  readonly to: number;
}

const cue: Readonly<Record<Cue, number>> = Object.fromEntries(cueNames.map((name, i) => [name, i])) as Record<
  Cue,
  number
>;

function compileCues(): Phrases {
  const draft = new PhraseDraft();
  for (const name of cueNames)
    for (const phrase of cuePhrases[name] ?? []) {
      const words = draft.split(phrase);
      if (words.length > 0) draft.add(words, cue[name]);
    }
  return new Phrases(draft);
}

export class StanceFeatures {
  readonly tokens = new Tokens(STANCE_CHARS);
  /** Rows, with repeats, `rowCount` of them. */
  readonly rows = new Int32Array(STANCE_CHARS * 24);
  rowCount = 0;
  /** By cue: 1 when it is there. */
  readonly cues = new Uint8Array(cueNames.length);
  /** Where a row came from, for an explanation: `[from, to, kind]` in words. Filled on demand. */
  onRow: ((row: number, from: number, to: number, isPair: boolean) => void) | null = null;
  readonly #phrases = compileCues();
  readonly #ids = new Int32Array(STANCE_CHARS + 1);
  readonly #isQuoted = new Uint8Array(STANCE_CHARS + 1);
  readonly #isNamed = new Uint8Array(STANCE_CHARS + 1);
  #thanksAt: number[] = [];
  #brokenAt: number[] = [];
  #repairedAt: number[] = [];
  #negationAt: number[] = [];
  readonly #onPhrase = (value: number, first: number): void => this.#takeCue(value, first);

  /** `named`: where the services stand that the post is about, in order. Their names say nothing about its stance. */
  read(text: string, named: readonly Span[] = []): void {
    const { tokens, cues } = this;
    tokens.read(text);
    cues.fill(0);
    this.rowCount = 0;
    this.#thanksAt = [];
    this.#brokenAt = [];
    this.#repairedAt = [];
    this.#negationAt = [];
    this.#findNamed(named);
    this.#findQuotes();
    this.#phrases.find(tokens, this.#ids, this.#onPhrase);
    this.#readMarks();
    this.#combine();
    this.#addRows();
  }

  #findNamed(named: readonly Span[]): void {
    const { tokens } = this;
    this.#isNamed.fill(0, 0, tokens.count);
    let i = 0;
    for (const { from, to } of named) {
      while (i < tokens.count && (tokens.to[i] ?? 0) <= from) i += 1;
      for (; i < tokens.count && (tokens.from[i] ?? 0) < to; i++) {
        this.#isNamed[i] = 1;
        this.cues[cue.named] = 1;
      }
    }
  }

  #takeCue(value: number, first: number): void {
    if (this.#isQuoted[first] === 1 || this.#isNamed[first] === 1) return;
    this.cues[value] = 1;
    if (value === cue.thanks || value === cue.praise || value === cue.warm) this.#thanksAt.push(first);
    if (value === cue.broken) this.#brokenAt.push(first);
    if (value === cue.repaired) this.#repairedAt.push(first);
    if (value === cue.negation) this.#negationAt.push(first);
  }

  /** What others said is not what this post says. A post that is all quotation is read as if it were not. */
  #findQuotes(): void {
    const { tokens } = this;
    this.#isQuoted.fill(0, 0, tokens.count);
    let quoted = 0;
    let openFrom = -1;
    for (let i = 0; i <= tokens.count; i++) {
      const from = i === 0 ? 0 : (tokens.to[i - 1] ?? 0);
      const to = i === tokens.count ? tokens.readTo : (tokens.from[i] ?? 0);
      for (let at = from; at < to; at++) {
        const code = tokens.text.charCodeAt(at);
        const isOpening = code === 0x201c || code === 0xab || code === 0x300c || code === 0x201e;
        const isClosing = code === 0x201d || code === 0xbb || code === 0x300d || (code === 0x201c && openFrom >= 0);
        if ((code === 34 || isClosing) && openFrom >= 0) {
          if (i - openFrom >= 2) {
            this.#isQuoted.fill(1, openFrom, i);
            quoted += i - openFrom;
          }
          openFrom = -1;
        } else if (code === 34 || isOpening) openFrom = i;
      }
    }
    if (quoted > 0) this.cues[cue.quote] = 1;
    if (tokens.count - quoted < 3) this.#isQuoted.fill(0, 0, tokens.count);
  }

  #readMarks(): void {
    const { tokens, cues } = this;
    const { text } = tokens;
    for (let at = 0; at < tokens.readTo; at++) {
      const code = text.charCodeAt(at);
      if (code === 63 || code === 0xff1f) cues[cue.question] = 1;
      else if (code === 33 || code === 0xff01) cues[cue.exclamation] = 1;
      else if (code === 0x2026) cues[cue.ellipsis] = 1;
      else if (code === 46 && text.charCodeAt(at + 1) === 46) cues[cue.ellipsis] = 1;
    }
    let shouted = 0;
    for (let i = 0; i < tokens.count; i++) {
      const flags = tokens.flags[i] ?? 0;
      if ((flags & tokenFlag.shouted) !== 0 && (tokens.to[i] ?? 0) - (tokens.from[i] ?? 0) > 3) shouted += 1;
      if ((flags & tokenFlag.url) !== 0) cues[cue.link] = 1;
    }
    if (shouted >= 3) cues[cue.shouting] = 1;
    if (text.startsWith('RT @') || text.startsWith('>')) cues[cue.repost] = 1;
    if (tokens.count > 0 && this.#endsWithTag()) cues[cue.sarcasm] = 1;
    if (tokens.count <= 4) cues[cue.short] = 1;
    if (tokens.count > 30) cues[cue.long] = 1;
  }

  /** The tone tag `/s`. */
  #endsWithTag(): boolean {
    const { units, start, end, from, text, count } = this.tokens;
    const last = count - 1;
    if ((end[last] ?? 0) - (start[last] ?? 0) !== 1 || units[start[last] ?? 0] !== 115) return false;
    const at = from[last] ?? 0;
    return text.charCodeAt(at - 1) === 47 && (at < 2 || text.charCodeAt(at - 2) <= 32);
  }

  #combine(): void {
    const { cues } = this;
    const has = (name: Cue): boolean => cues[cue[name]] === 1;
    // Praise for an outage, in the same breath and without a repair, is mockery.
    if (has('praise') && (has('problem') || has('again')) && this.#repairedAt.length === 0)
      cues[cue['mock-praise']] = 1;
    // Who is thanked in advance has repaired nothing yet.
    const isUndone = near(this.#negationAt, this.#repairedAt, 2);
    const isRepaired = this.#repairedAt.length > 0 && !isUndone && !has('in-advance');
    const isTold = has('problem') && !isRepaired && !has('denial');
    if (isTold && has('named') && !has('absurd') && !has('joke')) cues[cue['named-problem']] = 1;
    // A thanks at the end of a request is manners.
    if (isTold && has('thanks') && (has('request') || has('question') || has('in-advance')))
      cues[cue['asks-for-help']] = 1;
    if (this.#thanksAt.length > 0) {
      if (isRepaired) cues[cue['thanks-and-repaired']] = 1;
      else if (has('problem')) cues[cue['unrepaired-thanks']] = 1;
      if ((this.#thanksAt[0] ?? 9) <= 1) cues[cue['opens-with-thanks']] = 1;
      if (near(this.#thanksAt, this.#brokenAt, REACH) && !near(this.#thanksAt, this.#repairedAt, REACH))
        cues[cue['thanks-then-broken']] = 1;
      // "Can't thank you enough" is more than a thanks.
      if (near(this.#negationAt, this.#thanksAt, 3) && !this.tokens.text.includes('enough'))
        cues[cue['negated-thanks']] = 1;
    } else if (has('problem')) cues[cue['problem-without-thanks']] = 1;
    if (has('absurd') && (has('problem') || this.#brokenAt.length > 0)) cues[cue['absurd-problem']] = 1;
  }

  #addRows(): void {
    const { tokens } = this;
    let before = EDGE;
    let beforeAt = 0;
    for (let i = 0; i < tokens.count; i++) {
      const flags = tokens.flags[i] ?? 0;
      if (this.#isQuoted[i] === 1 || (flags & tokenFlag.url) !== 0) continue;
      const isNamed = this.#isNamed[i] === 1;
      // A name of three words is one name.
      if (isNamed && i > 0 && this.#isNamed[i - 1] === 1) continue;
      const isMention = (flags & tokenFlag.at) !== 0;
      const first = tokens.units[tokens.start[i] ?? 0] ?? 0;
      const isNumber = first >= 48 && first <= 57;
      const plain = isNumber ? NUMBER_HASH : (tokens.hash[i] ?? 0);
      const word = isNamed ? NAMED_HASH : isMention ? MENTION_HASH : plain;
      this.#addRow(word, i, i, false);
      this.#addRow(mixHash(Math.imul(before, PAIR_SEED) ^ word), beforeAt, i, true);
      if (!isNamed && !isMention && !isNumber) this.#addPieces(i);
      before = word;
      beforeAt = i;
    }
  }

  #addRow(hash: number, from: number, to: number, isPair: boolean): void {
    const row = hash & (BUCKETS - 1);
    this.rows[this.rowCount++] = row;
    if (this.onRow) this.onRow(row, from, to, isPair);
  }

  /** Runs of three and four characters, with the edges of the word as characters: endings and compounds of any language. */
  #addPieces(i: number): void {
    const { units, start, end } = this.tokens;
    const from = start[i] ?? 0;
    const to = end[i] ?? 0;
    if (to - from < 3) return;
    let a = EDGE;
    let b = units[from] ?? 0;
    let c = units[from + 1] ?? 0;
    this.#addRow(piece(0, a, b, c), i, i, false);
    for (let at = from + 2; at <= to; at++) {
      const d = at < to ? (units[at] ?? 0) : EDGE;
      this.#addRow(piece(a, b, c, d), i, i, false);
      this.#addRow(piece(0, b, c, d), i, i, false);
      a = b;
      b = c;
      c = d;
    }
  }
}

const piece = (a: number, b: number, c: number, d: number): number =>
  mixHash(Math.imul(Math.imul(a, 0x9e37_79b1) ^ b, PIECE_SEED) ^ Math.imul(c, 0xc2b2_ae3d) ^ Math.imul(d, 0x27d4_eb2f));

/** That one of the second places is within `reach` words after one of the first. Both are in order. */
function near(first: readonly number[], then: readonly number[], reach: number): boolean {
  for (let i = 0, j = 0; i < first.length && j < then.length;) {
    const gap = (then[j] ?? 0) - (first[i] ?? 0);
    if (gap >= 0 && gap <= reach) return true;
    if (gap < 0) j += 1;
    else i += 1;
  }
  return false;
}
