import type { Block, Inline } from './markdown.ts';

/** Blocks as HTML. `escape` makes text safe as the content of an element and of a quoted attribute; nothing gets past it. */
export function markdownHtml(blocks: readonly Block[], escape: (text: string) => string): string {
  const inline = (parts: readonly Inline[]): string => parts.map(one).join('');
  const one = (part: Inline): string => {
    if (part.kind === 'text') return escape(part.text);
    if (part.kind === 'code') return `<code>${escape(part.text)}</code>`;
    if (part.kind === 'link')
      return `<a href="${escape(part.href)}" rel="nofollow noopener">${inline(part.children)}</a>`;
    const tag = part.kind === 'strong' ? 'strong' : 'em';
    return `<${tag}>${inline(part.children)}</${tag}>`;
  };
  const lines = (of: readonly Inline[][]): string => of.map(inline).join('<br>');
  const block = (of: Block): string => {
    if (of.kind === 'list') {
      const tag = of.ordered ? 'ol' : 'ul';
      return `<${tag}>${of.items.map((item) => `<li>${lines(item)}</li>`).join('')}</${tag}>`;
    }
    if (of.kind === 'heading') return `<h${of.level}>${inline(of.children)}</h${of.level}>`;
    if (of.kind === 'code') return `<pre><code>${escape(of.text)}</code></pre>`;
    if (of.kind === 'rule') return '<hr>';
    const paragraph = `<p>${lines(of.lines)}</p>`;
    return of.kind === 'quote' ? `<blockquote>${paragraph}</blockquote>` : paragraph;
  };
  return blocks.map(block).join('\n');
}
