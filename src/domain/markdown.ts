/** A piece of a line. */
export type Inline =
  | { kind: 'text'; text: string }
  | { kind: 'code'; text: string }
  | { kind: 'strong' | 'emphasis'; children: Inline[] }
  | { kind: 'link'; href: string; children: Inline[] };

/** A line break stands between two lines. */
type Lines = Inline[][];

export type Block =
  | { kind: 'heading'; level: 2 | 3 | 4; children: Inline[] }
  | { kind: 'paragraph' | 'quote'; lines: Lines }
  | { kind: 'list'; ordered: boolean; items: Lines[] }
  | { kind: 'code'; text: string }
  | { kind: 'rule' };

const heading = /^(#{1,6})\s+(.+?)\s*#*$/;
const fence = /^(?:```|~~~)/;
const rule = /^(?:-{3,}|\*{3,}|_{3,})$/;
const quoted = /^>\s?/;
const bullet = /^\s{0,3}[-*+]\s+(?=\S)/;
const numbered = /^\s{0,3}\d{1,9}[.)]\s+(?=\S)/;

/**
 * The part of Markdown that a report needs: headings, paragraphs, lists of one level, quotes, code, emphasis, and links to the web or to a mail address.
 * An allow-list: HTML, images and whatever else is not named here stay the text that they are. A first-level heading becomes a second-level one, because
 * the page has a title of its own. Linear in the text's length.
 */
export function parseMarkdown(text: string): Block[] {
  const rows = text.replaceAll('\r\n', '\n').split('\n');
  const blocks: Block[] = [];
  let at = 0;
  /** Takes the rows that belong together, from the one at hand. */
  const take = (belongs: (row: string) => boolean): string[] => {
    const from = at;
    while (at < rows.length && belongs(rows[at] ?? '')) at++;
    return rows.slice(from, at);
  };
  while (at < rows.length) {
    const row = rows[at] ?? '';
    const head = heading.exec(row);
    if (row.trim() === '') at++;
    else if (head) {
      at++;
      const level = Math.min(4, Math.max(2, head[1]?.length ?? 2)) as 2 | 3 | 4;
      blocks.push({ kind: 'heading', level, children: parseInline(head[2] ?? '') });
    } else if (rule.test(row.trim())) {
      at++;
      blocks.push({ kind: 'rule' });
    } else if (fence.test(row)) {
      at++;
      const code = take((one) => !fence.test(one));
      at++;
      blocks.push({ kind: 'code', text: code.join('\n') });
    } else if (quoted.test(row)) {
      const lines = take((one) => quoted.test(one)).map((one) => parseInline(one.replace(quoted, '')));
      blocks.push({ kind: 'quote', lines });
    } else if (bullet.test(row) || numbered.test(row)) {
      const ordered = !bullet.test(row);
      const marker = ordered ? numbered : bullet;
      blocks.push({ kind: 'list', ordered, items: itemsOf(take(isOfList(marker)), marker) });
    } else {
      const lines = take((one) => !beginsBlock(one));
      blocks.push({ kind: 'paragraph', lines: lines.map((one) => parseInline(one.trim())) });
    }
  }
  return blocks;
}

const beginsBlock = (row: string): boolean =>
  row.trim() === '' ||
  heading.test(row) ||
  rule.test(row.trim()) ||
  [fence, quoted, bullet, numbered].some((start) => start.test(row));

/** A row of a list: a further item, or an indented one that continues the item before. */
const isOfList =
  (marker: RegExp) =>
  (row: string): boolean =>
    (marker.test(row) && !rule.test(row.trim())) || (/^\s{2,}\S/.test(row) && !bullet.test(row) && !numbered.test(row));

function itemsOf(rows: readonly string[], marker: RegExp): Lines[] {
  const items: Lines[] = [];
  for (const row of rows) {
    if (marker.test(row)) items.push([parseInline(row.replace(marker, '').trim())]);
    else items.at(-1)?.push(parseInline(row.trim()));
  }
  return items;
}

const escapable = '\\\\`*_[\\]<>#+.!~|(){}-';
// Each part stops at its own opening sign, so that a long run of them is not searched again from every one.
const token = new RegExp(
  [
    `\\\\([${escapable}])`,
    '`([^`]+)`',
    '\\*\\*([^*\\s][^*]*)\\*\\*',
    '\\*([^*\\s][^*]*)\\*',
    '(?<![\\p{L}\\p{N}_])_([^_\\s][^_]*)_(?![\\p{L}\\p{N}_])',
    '\\[([^[\\]]{1,500})\\]\\(((?:https?:\\/\\/|mailto:)[^\\s<>"\'()]{1,2000})\\)',
    '(https?:\\/\\/[^\\s<>"\']{0,2000}[^\\s<>"\'.,;:!?)\\]}*_])',
  ].join('|'),
  'gu',
);
const deepest = 3;

function parseInline(line: string, depth = 0): Inline[] {
  const parts: Inline[] = [];
  const say = (text: string): void => {
    const last = parts.at(-1);
    if (last?.kind === 'text') last.text += text;
    else if (text !== '') parts.push({ kind: 'text', text });
  };
  let end = 0;
  for (const match of line.matchAll(token)) {
    say(line.slice(end, match.index));
    end = match.index + match[0].length;
    const part = depth >= deepest ? undefined : partOf(match, depth + 1);
    if (part?.kind === 'text' || part === undefined) say(part?.text ?? match[0]);
    else parts.push(part);
  }
  say(line.slice(end));
  return parts;
}

function partOf(match: RegExpExecArray, depth: number): Inline {
  const [whole, escaped, code, strong, starred, underlined, label, href, address] = match;
  if (escaped !== undefined) return { kind: 'text', text: escaped };
  if (code !== undefined) return { kind: 'code', text: code };
  if (strong !== undefined) return { kind: 'strong', children: parseInline(strong, depth) };
  const emphasis = starred ?? underlined;
  if (emphasis !== undefined) return { kind: 'emphasis', children: parseInline(emphasis, depth) };
  // A link's own words hold no further link.
  if (label !== undefined && href !== undefined)
    return { kind: 'link', href, children: [{ kind: 'text', text: label }] };
  return { kind: 'link', href: address ?? '', children: [{ kind: 'text', text: whole }] };
}

/** Text as it is, in one line, where Markdown is expected: what others wrote must not become headings, links or emphasis of ours. */
export const escapeMarkdown = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/[\\`*[\]<]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/^(?:[#>+-]|\d+(?=[.)]))/, (start) => (/\d/.test(start) ? start : `\\${start}`));
