// What a character counts as when names are compared: lower case, without accents and styles, look-alikes as the Latin
// letter that they look like. Look-alikes are a subset of Unicode's confusables (UTS #39), the letters alone.

/** `single` scripts are written without spaces: each character is a word of its own, and a name is a run of them. */
export const charClass = { separator: 0, letter: 1, katakana: 2, single: 3, ignored: 4, symbol: 5 } as const;
export type CharClass = (typeof charClass)[keyof typeof charClass];

export interface Folded {
  readonly kind: CharClass;
  /** The characters that it counts as, as UTF-16 code units. */
  readonly units: readonly number[];
  readonly isUpper: boolean;
  /** Another script's letter that looks Latin, or a styled Latin letter. */
  readonly isDisguise: boolean;
}

/** Pairs: the letter (Cyrillic, Armenian, Greek, Latin beyond ASCII), and the ASCII letter that it looks like. */
const lookAlikes = new Map(
  (
    '\u0430a \u0435e \u043eo \u0440p \u0441c \u0443y \u0445x \u0456i \u0458j \u0455s \u04bbh \u0501d \u051bq \u051dw ' +
    '\u043ak \u043cm \u0442t \u0432b \u043dh \u04cfl \u0475v \u04afy \u0578n \u057du \u0585o \u0570h \u0581g \u0566q ' +
    '\u03bfo \u03b1a \u03bdv \u03c1p \u03c5u \u03b9i \u03bak \u03c4t \u03c7x \u03b5e \u03b7n \u03c9w \u03b3y \u03b2b ' +
    '\u0131i \u0251a \u0261g \u0269i \u0280r \u026ai \u028fy \u029fl \u0274n \u029ch \u0299b \u1d00a \u1d04c \u1d07e ' +
    '\u1d0bk \u1d0dm \u1d0fo \u1d18p \u1d1bt \u1d1cu \u1d20v \u1d21w \u1d22z'
  )
    .split(' ')
    .map((pair) => [pair.charAt(0), pair.charAt(1)] as const),
);
const spelledOut: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', ł: 'l', đ: 'd', þ: 'th' };

const ignored = /^[\p{M}\p{Cf}\u034f\u115f\u1160\u3164\uffa0]$/u;
const katakana = /^[\p{Script=Katakana}ー]$/u;
const single =
  /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Hangul}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]$/u;
const letter = /^[\p{L}\p{N}]$/u;
const symbol = /^[\p{Extended_Pictographic}\p{Regional_Indicator}\u2764]$/u;

function classOf(character: string): CharClass {
  if (ignored.test(character)) return charClass.ignored;
  if (symbol.test(character)) return charClass.symbol;
  if (katakana.test(character)) return charClass.katakana;
  if (!letter.test(character)) return charClass.separator;
  return single.test(character) ? charClass.single : charClass.letter;
}

const unitsOf = (text: string): number[] => Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));

/** Hangul would fall apart into letters, so that marks are taken off only where something remains that is not a mark. */
function foldLetters(character: string): string {
  const composed = character.normalize('NFKC').toLowerCase();
  const plain = /\p{Script=Hangul}/u.test(composed) ? composed : composed.normalize('NFKD').replace(/\p{M}/gu, '');
  return Array.from(plain, (part) => spelledOut[part] ?? lookAlikes.get(part) ?? part).join('');
}

function fold(codePoint: number): Folded {
  const nothing = { units: [], isUpper: false, isDisguise: false };
  if (codePoint >= 0xd800 && codePoint <= 0xdfff) return { kind: charClass.separator, ...nothing };
  const character = String.fromCodePoint(codePoint);
  const kind = classOf(character);
  if (kind === charClass.separator) return { kind, ...nothing };
  // An accent is a way to write; an invisible character inside a name is a trick.
  if (kind === charClass.ignored) return { kind, ...nothing, isDisguise: !/\p{M}/u.test(character) };
  const folded = kind === charClass.symbol ? character : foldLetters(character);
  if (folded === '') return { kind: charClass.ignored, ...nothing };
  const isLatin = /^[a-z0-9]+$/.test(folded);
  return {
    // Full-width and enclosed letters become plain ones, half-width Katakana becomes Katakana.
    kind: isLatin ? charClass.letter : kind,
    units: unitsOf(folded),
    isUpper: character !== character.toLowerCase(),
    isDisguise: isLatin && !/^[\p{Script=Latin}0-9]$/u.test(character.normalize('NFKD').charAt(0)),
  };
}

const known = new Map<number, Folded>();
/** More than any language needs; less than a flood of every character could fill. */
const MOST_KNOWN = 30_000;

/** Deterministic; remembered, because asking Unicode anew for each character costs microseconds. */
export function foldCodePoint(codePoint: number): Folded {
  const found = known.get(codePoint);
  if (found) return found;
  const folded = fold(codePoint);
  if (known.size >= MOST_KNOWN) known.clear();
  known.set(codePoint, folded);
  return folded;
}

/** For ASCII: the folded unit of letters and digits, 0 for everything else. */
export const asciiFold: Uint8Array = Uint8Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  return /[a-z0-9]/i.test(character) ? character.toLowerCase().charCodeAt(0) : 0;
});
