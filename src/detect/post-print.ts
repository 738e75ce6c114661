// What a post says, without what changes when it is passed on: so that a text counts once, however often it is copied.

/** Shorter texts ("aws is down") are written by many who know nothing of each other. UTF-16 units. */
const SHORTEST_COPY = 40;
const PASSED_ON = /^\s*(?:rt|mt|via|re|fwd?)\b[:\s]*(?:@[\w.-]+[:\s]*)?/i;
const LINKS = /https?:\/\/\S+/gi;
const MENTIONS = /[@＠][\w.-]+/g;
const NO_WORDS = /[^\p{L}\p{N}]+/gu;

/** The text as it is compared; undefined when it is too short to be a copy. */
export function copyText(text: string): string | undefined {
  let rest = text.slice(0, 4096).normalize('NFKC').toLowerCase();
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = rest.replace(PASSED_ON, '');
  }
  const words = rest.replace(LINKS, ' ').replace(MENTIONS, ' ').replace(NO_WORDS, ' ').trim();
  return words.length < SHORTEST_COPY ? undefined : words;
}
