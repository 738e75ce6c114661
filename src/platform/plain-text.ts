const named: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  ndash: '–',
  mdash: '—',
  hellip: '…',
  rsquo: '’',
  lsquo: '‘',
  rdquo: '”',
  ldquo: '“',
};

/** The character that an entity stands for; undefined for one that is not known. */
export function entityText(name: string): string | undefined {
  if (name.startsWith('#')) {
    const code = /^#[xX]/.test(name) ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10);
    const isCharacter = code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff);
    return isCharacter ? String.fromCodePoint(code) : undefined;
  }
  return Object.hasOwn(named, name) ? named[name] : undefined;
}

const entity = /&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,8});/g;

/** Text with its entities read; what is no entity stays as it stands. */
export const readEntities = (text: string): string =>
  text.includes('&') ? text.replace(entity, (all, name: string) => entityText(name) ?? all) : text;

const maxMarkup = 200_000;
const blocks = /^\/?(?:p|br|div|li|ul|ol|h[1-6]|tr|table)$/i;

/** HTML as plain text: tags away, blocks on lines of their own. Linear in its length; markup beyond 200,000 signs is not looked at. */
export function plainText(html: string): string {
  const source = html.slice(0, maxMarkup);
  let text = '';
  let at = 0;
  while (at < source.length) {
    const open = source.indexOf('<', at);
    if (open < 0) break;
    text += source.slice(at, open);
    const name = /^[!/A-Za-z][^\s>]{0,20}/.exec(source.slice(open + 1, open + 22))?.[0];
    if (name === undefined) {
      text += '<';
      at = open + 1;
      continue;
    }
    const close = source.indexOf('>', open);
    // Cut short within a tag: what follows is no text.
    if (close < 0) return finish(text);
    if (blocks.test(name.replace(/\/$/, ''))) text += '\n';
    at = close + 1;
  }
  return finish(text + source.slice(at));
}

const finish = (text: string): string =>
  readEntities(text)
    .split('\n')
    .map((row) => row.replace(/[ \t\u00a0]+/g, ' ').trim())
    .filter((row) => row !== '')
    .join('\n');
