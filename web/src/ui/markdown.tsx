import { type ReactNode, useMemo } from 'react';
import { type Block, type Inline, parseMarkdown } from '../../../src/domain/markdown.ts';

/** What a person wrote in Markdown. Built from elements, never from markup: there is nothing in a text that could run. */
export function Markdown({ text }: { text: string }) {
  const blocks = useMemo(() => parseMarkdown(text), [text]);
  return <div className="written">{blocks.map((block, index) => shown(block, index))}</div>;
}

function shown(block: Block, key: number): ReactNode {
  if (block.kind === 'list') {
    const List = block.ordered ? 'ol' : 'ul';
    return (
      <List key={key}>
        {block.items.map((item, index) => (
          <li key={index}>{lines(item)}</li>
        ))}
      </List>
    );
  }
  if (block.kind === 'heading') {
    // The page and its section have the first two levels.
    const Heading = (['h3', 'h4', 'h5'] as const)[block.level - 2] ?? 'h5';
    return <Heading key={key}>{inline(block.children)}</Heading>;
  }
  if (block.kind === 'code')
    return (
      <pre key={key}>
        <code>{block.text}</code>
      </pre>
    );
  if (block.kind === 'rule') return <hr key={key} />;
  const paragraph = <p key={key}>{lines(block.lines)}</p>;
  return block.kind === 'quote' ? <blockquote key={key}>{paragraph}</blockquote> : paragraph;
}

const lines = (of: readonly Inline[][]): ReactNode =>
  of.map((line, index) => (
    <span key={index}>
      {index > 0 ? <br /> : null}
      {inline(line)}
    </span>
  ));

const inline = (parts: readonly Inline[]): ReactNode =>
  parts.map((part, index) => {
    if (part.kind === 'text') return part.text;
    if (part.kind === 'code') return <code key={index}>{part.text}</code>;
    if (part.kind === 'link')
      return (
        <a key={index} href={part.href} className="link" rel="nofollow noopener">
          {inline(part.children)}
        </a>
      );
    return part.kind === 'strong' ? (
      <strong key={index}>{inline(part.children)}</strong>
    ) : (
      <em key={index}>{inline(part.children)}</em>
    );
  });
