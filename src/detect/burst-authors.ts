// Who was counted already, in constant memory: two generations of a Bloom filter. An author is counted once, and again
// no sooner than one window later. Nothing in here can be turned back into an author.

/** 4,096 bits a generation, as 32-bit words: about 2.5 kB of JSON for both, good for some 7,000 authors a window. */
const WORDS = 128;
const BITS = WORDS * 32;
/** No event counts for more than this, however full the filter is. */
const MOST_WEIGHT = 20;

export interface Authors {
  readonly startedAt: number;
  readonly now: readonly number[];
  readonly before: readonly number[];
}

const EMPTY: readonly number[] = Array.from({ length: WORDS }, () => 0);

export const noAuthors: Authors = { startedAt: 0, now: EMPTY, before: EMPTY };

/** Murmur3's finaliser: any number in, 32 well mixed bits out. */
function mix(value: number, seed: number): number {
  let h = (value ^ seed ^ Math.trunc(value / 0x1_0000_0000)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const has = (words: readonly number[], bit: number): boolean => (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1;

/** Bits of a word that are set, counted in pairs, then in fours, then in bytes. */
function bitsIn(word: number): number {
  if (word === 0) return 0;
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const fours = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}

function fill(words: readonly number[]): number {
  let set = 0;
  for (let i = 0; i < words.length; i++) set += bitsIn(words[i] ?? 0);
  return set / BITS;
}

function rotate(authors: Authors, now: number, windowMs: number): Authors {
  const age = now - authors.startedAt;
  if (age < windowMs) return authors;
  const startedAt = now - (now % windowMs);
  return { startedAt, now: EMPTY, before: age < 2 * windowMs ? authors.now : EMPTY };
}

/**
 * What one event of this author adds to the count. 0 when the author was counted within the window. A filter also
 * takes some fresh authors for known ones, with a probability that follows from how full it is; those it does count
 * weigh for those it wrongly dropped, so that the expected sum is the number of authors.
 */
export function countAuthor(
  authors: Authors,
  author: number,
  now: number,
  windowMs: number,
): { authors: Authors; weight: number } {
  const current = rotate(authors, now, windowMs);
  const bits = [mix(author, 0x9747_b28c) % BITS, mix(author, 0x3c6e_f372) % BITS];
  if (bits.every((bit) => has(current.now, bit)) || bits.every((bit) => has(current.before, bit)))
    return { authors: current, weight: 0 };
  const mistaken = 1 - (1 - fill(current.now) ** 2) * (1 - fill(current.before) ** 2);
  const next = current.now.slice();
  // Signed words stay small integers; unsigned ones would be copied once more, as doubles.
  for (const bit of bits) next[bit >>> 5] = (next[bit >>> 5] ?? 0) | (1 << (bit & 31));
  return { authors: { ...current, now: next }, weight: Math.min(MOST_WEIGHT, 1 / (1 - mistaken)) };
}
