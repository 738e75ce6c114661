// Many phrases found in one pass over the words of a text: a trie over words, in flat arrays. A word that is in no phrase
// costs one look into a table, however many phrases there are.
import { hashUnits, Tokens } from './match-tokens.ts';

/** Words in one phrase. */
export const LONGEST_PHRASE = 12;

/** Over-full tables are slow: at most half of the slots are used. */
function tableSize(entries: number): number {
  let size = 16;
  while (size < entries * 2) size *= 2;
  return size;
}

/** Called for each phrase found: its value, and its first and last word. */
export type OnPhrase = (value: number, first: number, last: number) => void;

export class Phrases {
  readonly #wordHash: Int32Array;
  readonly #wordId: Int32Array;
  readonly #wordStart: Int32Array;
  readonly #units: Uint16Array;
  readonly #firstNode: Int32Array;
  readonly #edgeNode: Int32Array;
  readonly #edgeWord: Int32Array;
  readonly #edgeTo: Int32Array;
  readonly #head: Int32Array;
  readonly #next: Int32Array;
  readonly #value: Int32Array;

  constructor(draft: PhraseDraft) {
    const words = [...draft.words.keys()];
    const size = tableSize(words.length);
    this.#wordHash = new Int32Array(size);
    this.#wordId = new Int32Array(size).fill(-1);
    this.#wordStart = new Int32Array(words.length + 1);
    this.#units = new Uint16Array(words.reduce((sum, word) => sum + word.length, 0));
    words.forEach((word, id) => {
      const start = this.#wordStart[id] ?? 0;
      for (let i = 0; i < word.length; i++) this.#units[start + i] = word.charCodeAt(i);
      this.#wordStart[id + 1] = start + word.length;
      const hash = hashUnits(this.#units, start, start + word.length);
      let slot = hash & (size - 1);
      while (this.#wordId[slot] !== -1) slot = (slot + 1) & (size - 1);
      this.#wordHash[slot] = hash;
      this.#wordId[slot] = id;
    });
    const edges = draft.edges;
    const edgeSize = tableSize(edges.length);
    this.#firstNode = new Int32Array(words.length).fill(-1);
    this.#edgeNode = new Int32Array(edgeSize).fill(-1);
    this.#edgeWord = new Int32Array(edgeSize);
    this.#edgeTo = new Int32Array(edgeSize);
    for (const [node, word, to] of edges) {
      if (node === 0) {
        this.#firstNode[word] = to;
        continue;
      }
      let slot = edgeSlot(node, word, edgeSize - 1);
      while (this.#edgeNode[slot] !== -1) slot = (slot + 1) & (edgeSize - 1);
      this.#edgeNode[slot] = node;
      this.#edgeWord[slot] = word;
      this.#edgeTo[slot] = to;
    }
    this.#head = new Int32Array(edges.length + 1).fill(-1);
    this.#next = new Int32Array(draft.values.length).fill(-1);
    this.#value = new Int32Array(draft.values.length);
    // Backwards, so that values come out in the order in which they went in.
    for (let i = draft.values.length - 1; i >= 0; i--) {
      const [node, value] = draft.values[i] ?? [0, 0];
      this.#next[i] = this.#head[node] ?? -1;
      this.#head[node] = i;
      this.#value[i] = value;
    }
  }

  /** The id of the word that these units spell, or -1. */
  wordOf(units: Uint16Array, start: number, end: number, hash: number): number {
    const mask = this.#wordId.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = this.#wordId[slot] ?? -1;
      if (id === -1) return -1;
      if (this.#wordHash[slot] === hash && this.#isWord(id, units, start, end)) return id;
    }
  }

  #isWord(id: number, units: Uint16Array, start: number, end: number): boolean {
    const from = this.#wordStart[id] ?? 0;
    if ((this.#wordStart[id + 1] ?? 0) - from !== end - start) return false;
    for (let i = 0; i < end - start; i++) if (this.#units[from + i] !== units[start + i]) return false;
    return true;
  }

  #step(node: number, word: number): number {
    const mask = this.#edgeNode.length - 1;
    for (let slot = edgeSlot(node, word, mask); ; slot = (slot + 1) & mask) {
      const found = this.#edgeNode[slot] ?? -1;
      if (found === -1) return -1;
      if (found === node && this.#edgeWord[slot] === word) return this.#edgeTo[slot] ?? -1;
    }
  }

  /** Every phrase in the tokens, overlapping ones too, by first word and then by length. */
  find(tokens: Tokens, ids: Int32Array, onPhrase: OnPhrase): void {
    const { count, units, start, end, hash } = tokens;
    for (let i = 0; i < count; i++) ids[i] = this.wordOf(units, start[i] ?? 0, end[i] ?? 0, hash[i] ?? 0);
    for (let i = 0; i < count; i++) {
      const word = ids[i] ?? -1;
      if (word === -1) continue;
      let node = this.#firstNode[word] ?? -1;
      for (let j = i; node !== -1;) {
        this.#report(node, i, j, onPhrase);
        j += 1;
        const next = j < count ? (ids[j] ?? -1) : -1;
        node = next === -1 ? -1 : this.#step(node, next);
      }
    }
  }

  /** The phrases that are this one word. */
  findWord(word: number, at: number, onPhrase: OnPhrase): void {
    const node = this.#firstNode[word] ?? -1;
    if (node !== -1) this.#report(node, at, at, onPhrase);
  }

  #report(node: number, first: number, last: number, onPhrase: OnPhrase): void {
    for (let out = this.#head[node] ?? -1; out !== -1; out = this.#next[out] ?? -1)
      onPhrase(this.#value[out] ?? 0, first, last);
  }
}

const edgeSlot = (node: number, word: number, mask: number): number => {
  const h = Math.imul(node, 0x9e37_79b1) ^ Math.imul(word, 0x85eb_ca6b);
  return (h ^ (h >>> 15)) & mask;
};

/** Phrases while they are collected. */
export class PhraseDraft {
  readonly words = new Map<string, number>();
  readonly edges: [node: number, word: number, to: number][] = [];
  readonly values: [node: number, value: number][] = [];
  readonly #nodes = new Map<number, Map<number, number>>();
  readonly #tokens = new Tokens(400);

  /** The words of a phrase, folded as posts are. */
  split(phrase: string): string[] {
    const tokens = this.#tokens;
    tokens.read(phrase);
    return Array.from({ length: tokens.count }, (_, i) =>
      String.fromCharCode(...tokens.units.subarray(tokens.start[i], tokens.end[i])),
    );
  }

  /** Throws RangeError for a phrase without words, or with more than LONGEST_PHRASE. */
  add(words: readonly string[], value: number): void {
    if (words.length === 0) throw new RangeError('A phrase needs at least one letter, digit or symbol');
    if (words.length > LONGEST_PHRASE) throw new RangeError(`A phrase has at most ${LONGEST_PHRASE} words`);
    let node = 0;
    for (const word of words) {
      const id = this.words.get(word) ?? this.words.size;
      this.words.set(word, id);
      node = this.#step(node, id);
    }
    this.values.push([node, value]);
  }

  #step(node: number, word: number): number {
    const next = this.#nodes.get(node) ?? new Map<number, number>();
    this.#nodes.set(node, next);
    const known = next.get(word);
    if (known !== undefined) return known;
    const to = this.edges.length + 1;
    next.set(word, to);
    this.edges.push([node, word, to]);
    return to;
  }
}
