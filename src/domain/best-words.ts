/** The longest that still reads like a word to somebody, and the shortest that says more than "thanks". */
const comfortable = 180;
const meagre = 12;

/**
 * The words worth showing first, at most `limit`, best first: those that say something, are not a wall of text, and were not said
 * already. The same words in capitals or with other punctuation are the same.
 */
export function bestWords<T extends { readonly message: string }>(said: readonly T[], limit: number): T[] {
  const seen = new Set<string>();
  return said
    .filter(({ message }) => {
      const key = message
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\p{Extended_Pictographic}]+/gu, ' ')
        .trim();
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    })
    .map((one, index) => ({ one, index, worth: worthOf(one.message) }))
    .toSorted((a, b) => b.worth - a.worth || a.index - b.index)
    .slice(0, limit)
    .map(({ one }) => one);
}

function worthOf(message: string): number {
  const length = Array.from(message).length;
  const words = new Set(message.toLowerCase().match(/\p{L}+/gu) ?? []).size;
  const shouting = message.length > 20 && message === message.toUpperCase() && message !== message.toLowerCase();
  const size = length < meagre ? length / meagre : length <= comfortable ? 1 + length / comfortable : 1.5;
  return size + Math.min(words, 20) / 20 - (shouting ? 1 : 0);
}
