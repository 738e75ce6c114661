import { durationWords } from './duration.ts';
import type { EpochMs } from './words.ts';

export interface CardFacts {
  readonly title: string;
  readonly openedAt: EpochMs;
  readonly acknowledgedAt: EpochMs | null;
  readonly resolvedAt: EpochMs | null;
  /** All who said thank you for it. */
  readonly people: number;
  /** The best words, best first. */
  readonly words: readonly string[];
}

const width = 1200;
const height = 630;
const left = 80;
const lineChars = 58;
const mostLines = 5;

/**
 * A card to keep, to print and to show around, as SVG of 1200 by 630: what happened as the public knows it, the numbers that matter, and the best
 * words. Nobody's name is on it. Colours are its own, so that it looks the same wherever it is opened.
 */
export function thankCard(facts: CardFacts): string {
  const numbers = [
    ...(facts.acknowledgedAt === null
      ? []
      : [[durationWords(facts.acknowledgedAt - facts.openedAt), 'until somebody had it'] as const]),
    ...(facts.resolvedAt === null
      ? []
      : [[durationWords(facts.resolvedAt - facts.openedAt), 'until it worked again'] as const]),
    [
      facts.people.toLocaleString('en'),
      facts.people === 1 ? 'person said thank you' : 'people said thank you',
    ] as const,
  ];
  const column = (width - 2 * left) / numbers.length;
  const parts = [
    `<rect width="${width}" height="${height}" fill="#fdf6f8"/>`,
    `<rect width="${width}" height="10" fill="#b3446c"/>`,
    `<path d="${heart}" transform="translate(${left} 62) scale(2.2)" fill="#b3446c"/>`,
    text(left + 70, 104, 34, '#b3446c', 'Thank you', 'font-weight="700"'),
    text(left, 186, 44, '#33232a', cut(facts.title, 46), 'font-weight="700"'),
    ...numbers.flatMap(([value, label], index) => [
      text(left + index * column, 276, 42, '#b3446c', value, 'font-weight="700"'),
      text(left + index * column, 314, 24, '#6b5560', label),
    ]),
    ...wordLines(facts.words).map((line, index) => text(left, 396 + index * 42, 29, '#33232a', line)),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" ` +
    `aria-label="${escapeXml(`Thank you. ${facts.title}`)}">${parts.join('')}</svg>`
  );
}

const heart = 'M12 20.3S3.5 15.4 3.5 9.3A4.6 4.6 0 0 1 12 6.9a4.6 4.6 0 0 1 8.5 2.4c0 6.1-8.5 11-8.5 11z';

/** As many whole messages as there is room for; the first one also when it has to be cut. */
function wordLines(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const wrapped = wrap(`“${word}”`);
    if (lines.length + wrapped.length <= mostLines) lines.push(...wrapped);
    else if (lines.length === 0) lines.push(...wrapped.slice(0, mostLines - 1), '…');
  }
  return lines;
}

/** Wide characters take the room of two. */
const roomOf = (character: string): number =>
  /[\u1100-\u11ff\u2e80-\uffdc\u{1f000}-\u{3ffff}]/u.test(character) ? 2 : 1;

function wrap(message: string): string[] {
  const lines: string[] = [];
  let line = '';
  let room = 0;
  for (const word of message.split(' ').flatMap(pieces)) {
    const need = Array.from(word).reduce((sum, character) => sum + roomOf(character), 0);
    if (line !== '' && room + 1 + need > lineChars) {
      lines.push(line);
      line = '';
      room = 0;
    }
    line = line === '' ? word : `${line} ${word}`;
    room += need + (room === 0 ? 0 : 1);
  }
  return line === '' ? lines : [...lines, line];
}

/** Languages without spaces, and words without an end, are cut where the line ends. */
function pieces(word: string): string[] {
  const found: string[] = [];
  let piece = '';
  let room = 0;
  for (const character of word) {
    if (room + roomOf(character) > lineChars) {
      found.push(piece);
      piece = '';
      room = 0;
    }
    piece += character;
    room += roomOf(character);
  }
  return [...found, piece];
}

const cut = (value: string, most: number): string => {
  const characters = Array.from(value);
  return characters.length <= most ? value : `${characters.slice(0, most - 1).join('')}…`;
};

const text = (x: number, y: number, size: number, fill: string, value: string, more = ''): string =>
  `<text x="${Math.round(x)}" y="${y}" font-size="${size}" fill="${fill}" ${more} font-family="system-ui,-apple-system,Segoe UI,Roboto,sans-serif">${escapeXml(value)}</text>`;

const escapeXml = (value: string): string =>
  value
    .toWellFormed()
    // oxlint-disable-next-line no-control-regex
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
