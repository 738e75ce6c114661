// A post as words, in one pass over its characters, whatever is in it. Positions are UTF-16 offsets into the text as given.
import { asciiFold, charClass, foldCodePoint } from './match-fold.ts';

export const tokenFlag = {
  /** Behind an @ that begins a mention, or behind a #. */
  at: 1,
  hash: 2,
  capital: 4,
  /** Written with look-alikes of another script, or with invisible characters inside. */
  disguised: 8,
  url: 16,
  /** One full stop, and no space, before it: part of a domain, a file name or a version. */
  dotted: 32,
  /** Joined by an underscore to the word before it. */
  underscored: 64,
  /** More than one letter, all of them capitals. */
  shouted: 128,
} as const;

const AT = 64;
const HASH = 35;
const FULL_WIDTH_HASH = 0xff03;
const DOT = 46;
const UNDERSCORE = 95;
const APOSTROPHE = 39;
const CURLY_APOSTROPHE = 0x2019;
const COLON = 58;
const SLASH = 47;
/** A word that is longer is no name and no word. */
const LONGEST_WORD = 64;

/** murmur3's finaliser. */
export function mixHash(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return h ^ (h >>> 16);
}

const HASH_SEED = 0x811c_9dc5 | 0;
const addUnit = (hash: number, unit: number): number => Math.imul(hash ^ unit, 0x0100_0193);

/** The hash of folded units, as the tokens carry it. */
export function hashUnits(units: Uint16Array, start: number, end: number): number {
  let hash = HASH_SEED;
  for (let i = start; i < end; i++) hash = addUnit(hash, units[i] ?? 0);
  return mixHash(hash);
}

const isSpace = (code: number): boolean => code <= 32 || code === 0xa0 || code === 0x3000;

/** The words of the last text read. The arrays are used again for the next text: take nothing out of here but numbers. */
export class Tokens {
  count = 0;
  /** That there is a # in it. */
  hasHash = false;
  text = '';
  /** How far the text was read. */
  readTo = 0;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly hash: Int32Array;
  readonly flags: Uint8Array;
  /** Folded units of token i: `units` from `start[i]` to `end[i]`. */
  readonly start: Int32Array;
  readonly end: Int32Array;
  readonly units: Uint16Array;
  readonly mostChars: number;
  #used = 0;
  #open = false;
  #kind = 0;
  #hash = 0;
  #flags = 0;
  #pending = 0;
  #inUrl = false;
  #uppers = 0;
  #hasLookAlike = false;

  constructor(mostChars: number) {
    this.mostChars = mostChars;
    // One character is at most one word, and folds to at most 18 units (U+FDFA); longer words are cut.
    this.from = new Int32Array(mostChars + 1);
    this.to = new Int32Array(mostChars + 1);
    this.hash = new Int32Array(mostChars + 1);
    this.flags = new Uint8Array(mostChars + 1);
    this.start = new Int32Array(mostChars + 1);
    this.end = new Int32Array(mostChars + 1);
    this.units = new Uint16Array(mostChars * 18 + LONGEST_WORD);
  }

  read(text: string): void {
    this.text = text;
    this.count = 0;
    this.hasHash = false;
    this.#used = 0;
    this.#open = false;
    this.#pending = 0;
    this.#inUrl = false;
    const end = Math.min(text.length, this.mostChars);
    this.readTo = end;
    let i = 0;
    while (i < end) {
      const code = text.charCodeAt(i);
      if (code < 128) {
        const unit = asciiFold[code] ?? 0;
        if (unit !== 0) this.#addLetter(i, unit, code !== unit);
        else this.#addSeparator(i, code);
        i += 1;
      } else i += this.#addOther(i, text.codePointAt(i) ?? 0);
    }
    if (this.#open) this.#close(end);
  }

  #addLetter(at: number, unit: number, isUpper: boolean): void {
    if (!this.#open || this.#kind !== charClass.letter) {
      if (this.#open) this.#close(at);
      this.#begin(at, charClass.letter, isUpper);
    }
    if (isUpper) this.#uppers += 1;
    this.#hash = addUnit(this.#hash, unit);
    this.units[this.#used++] = unit;
  }

  /** Returns how many UTF-16 units the character takes. */
  #addOther(at: number, codePoint: number): number {
    const width = codePoint > 0xffff ? 2 : 1;
    if (codePoint === CURLY_APOSTROPHE || codePoint === FULL_WIDTH_HASH) {
      this.#addSeparator(at, codePoint === CURLY_APOSTROPHE ? APOSTROPHE : HASH);
      return width;
    }
    const folded = foldCodePoint(codePoint);
    if (folded.kind === charClass.separator) this.#addSeparator(at, codePoint);
    else if (folded.kind === charClass.ignored) {
      if (this.#open && folded.isDisguise) this.#flags |= tokenFlag.disguised;
    } else {
      const isRun = folded.kind === charClass.letter || folded.kind === charClass.katakana;
      if (!this.#open || !isRun || this.#kind !== folded.kind) {
        if (this.#open) this.#close(at);
        this.#begin(at, folded.kind, folded.isUpper);
      }
      if (folded.isUpper) this.#uppers += 1;
      if (folded.isDisguise) this.#hasLookAlike = true;
      for (const unit of folded.units) {
        this.#hash = addUnit(this.#hash, unit);
        this.units[this.#used++] = unit;
      }
      if (!isRun) this.#close(at + width);
    }
    return width;
  }

  #begin(at: number, kind: number, isUpper: boolean): void {
    this.#open = true;
    this.#kind = kind;
    this.#hash = HASH_SEED;
    this.#uppers = 0;
    this.#hasLookAlike = false;
    this.#flags = this.#pending | (isUpper ? tokenFlag.capital : 0) | (this.#inUrl ? tokenFlag.url : 0);
    this.#pending = 0;
    this.from[this.count] = at;
    this.start[this.count] = this.#used;
  }

  #close(at: number): void {
    const start = this.start[this.count] ?? 0;
    const length = this.#used - start;
    if (length > 1 && this.#uppers >= length) this.#flags |= tokenFlag.shouted;
    if (this.#hasLookAlike && this.#isAscii(start)) this.#flags |= tokenFlag.disguised;
    this.to[this.count] = at;
    this.end[this.count] = Math.min(this.#used, start + LONGEST_WORD);
    this.hash[this.count] = mixHash(this.#hash);
    this.flags[this.count] = this.#flags;
    this.count += 1;
    this.#open = false;
  }

  /** A word that is Cyrillic from end to end is disguised only when all of it looks Latin. */
  #isAscii(start: number): boolean {
    for (let i = start; i < this.#used; i++) if ((this.units[i] ?? 0) > 127) return false;
    return true;
  }

  #addSeparator(at: number, code: number): void {
    // "isn't" is one word, "Slack's" is a name and an s.
    if (this.#open && code === APOSTROPHE && this.#isContraction(at)) return;
    const wasOpen = this.#open;
    if (this.#open) this.#close(at);
    this.#pending = 0;
    if (code === HASH) {
      this.#pending = tokenFlag.hash;
      this.hasHash = true;
    } else if (code === AT) this.#pending = wasOpen ? tokenFlag.dotted : tokenFlag.at;
    else if (code === DOT && wasOpen) this.#pending = tokenFlag.dotted;
    else if (code === UNDERSCORE && wasOpen) this.#pending = tokenFlag.underscored;
    else if (isSpace(code)) this.#inUrl = false;
    else if (code === COLON && this.text.charCodeAt(at + 1) === SLASH && this.text.charCodeAt(at + 2) === SLASH)
      this.#inUrl = wasOpen;
  }

  #isContraction(at: number): boolean {
    const next = this.text.charCodeAt(at + 1) | 32;
    const after = this.text.charCodeAt(at + 2);
    return next === 116 && !(after < 128 && (asciiFold[after] ?? 0) !== 0);
  }
}
