import { charClass, foldCodePoint } from './match-fold.ts';

/**
 * A text as it sounds to somebody who reads past tricks: lower case, without accents, styles, invisible characters and look-alikes of
 * other scripts; whatever is no letter or digit is a single space. Letters that stand alone in a row are one word: `f u n` is `fun`;
 * so are Chinese characters.
 */
export function foldText(text: string): string {
  let folded = '';
  for (const character of text) {
    const { kind, units } = foldCodePoint(character.codePointAt(0) ?? 0);
    if (kind === charClass.ignored) continue;
    const isWord = kind === charClass.letter || kind === charClass.katakana || kind === charClass.single;
    folded += isWord ? String.fromCharCode(...units) : ' ';
  }
  return folded
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/(?<=\p{Script=Han}) (?=\p{Script=Han})/gu, '')
    .replace(/(?<![\p{L}\p{N}])(?:[\p{L}\p{N}] ){2,}[\p{L}\p{N}](?![\p{L}\p{N}])/gu, (letters) =>
      letters.replaceAll(' ', ''),
    );
}
