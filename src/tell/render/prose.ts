import { html, type Markup, raw } from './markup.ts';

/**
 * What a person wrote, as paragraphs: blank lines separate them, single line breaks stay, web addresses become links. Everything else is text; there
 * is no way to write markup.
 */
export function prose(text: string): Markup {
  const paragraphs = text
    .replaceAll('\r\n', '\n')
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '');
  return html`${paragraphs.map((paragraph) => html`<p>${paragraph.split('\n').map(lineOf)}</p>`)}`;
}

const lineOf = (line: string, index: number): Markup => html`${index > 0 ? raw('<br>') : ''}${linksIn(line)}`;

// Closing punctuation after an address belongs to the sentence.
const address = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}])/;

function linksIn(line: string): (string | Markup)[] {
  return line
    .split(address)
    .map((part, index) => (index % 2 === 1 ? html`<a href="${part}" rel="nofollow noopener">${part}</a>` : part));
}
