// The control characters (C0, C1) and the Unicode line separators would end a header or a title early; the bidirectional overrides would let a hostile
// title show itself backwards (https://www.unicode.org/reports/tr9/, explicit directional formatting).
const breaks = /[\p{Cc}\u2028\u2029]+/gu;
const overrides = /[\u202a-\u202e\u2066-\u2069]/g;

/** `text` as one line that cannot leave the place it is put into: no control characters, no directional overrides, no lone surrogates. */
export function oneLine(text: string): string {
  return text.toWellFormed().replace(breaks, ' ').replace(overrides, '').replace(/ {2,}/g, ' ').trim();
}
