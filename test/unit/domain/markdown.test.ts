import fc from 'fast-check';
import { expect, test } from 'vitest';
import { escapeMarkdown, parseMarkdown } from '../../../src/domain/markdown.ts';
import { markdownHtml } from '../../../src/domain/markdown-html.ts';
import { escapeHtml } from '../../../src/platform/mail/layout.ts';

const html = (text: string): string => markdownHtml(parseMarkdown(text), escapeHtml);

test('headings, lists, quotes, code, emphasis and links are what a report needs', () => {
  const text = `# Title
## What *happened*
First line
second **line** with \`code\` and [the graph](https://example.com/g?a=1&b=2).

- one
  goes on
- two https://example.com/two.
1. first
2) second

> said
---
\`\`\`sql
select * from <t>
\`\`\``;
  expect(html(text)).toBe(
    [
      '<h2>Title</h2>',
      '<h2>What <em>happened</em></h2>',
      '<p>First line<br>second <strong>line</strong> with <code>code</code> and <a href="https://example.com/g?a=1&amp;b=2" rel="nofollow noopener">the graph</a>.</p>',
      '<ul><li>one<br>goes on</li><li>two <a href="https://example.com/two" rel="nofollow noopener">https://example.com/two</a>.</li></ul>',
      '<ol><li>first</li><li>second</li></ol>',
      '<blockquote><p>said</p></blockquote>',
      '<hr>',
      '<pre><code>select * from &lt;t&gt;</code></pre>',
    ].join('\n'),
  );
});

test.each([
  ['<script>alert(1)</script>', '<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>'],
  ['[x](javascript:alert(1))', '<p>[x](javascript:alert(1))</p>'],
  ['[x](data:text/html,hi)', '<p>[x](data:text/html,hi)</p>'],
  ['![x](https://example.com/x.png)', '<p>!<a href="https://example.com/x.png" rel="nofollow noopener">x</a></p>'],
  ['[x](https://a.test/"onclick=alert(1))', null],
  ['**not closed', '<p>**not closed</p>'],
  ['snake_case_name and 2 * 3 * 4', '<p>snake_case_name and 2 * 3 * 4</p>'],
  ['\\*as it is\\* \\[x\\](https://a.test/)', null],
  ['```\nnever closed <b>', '<pre><code>never closed &lt;b&gt;</code></pre>'],
])('%s stays harmless', (text, expected) => {
  if (expected !== null) expect(html(text)).toBe(expected);
  expect(html(text)).not.toMatch(/<(script|img|b)\b|<[^>]*\sonclick|href="(?!https?:|mailto:)|<em>as it is/);
});

const pieces = fc.constantFrom(
  '*',
  '**',
  '_',
  '`',
  '[',
  '](',
  ')',
  '<',
  '>',
  '"',
  "'",
  '\\',
  '#',
  '- ',
  '> ',
  '\n',
  '  ',
  '1. ',
  '```',
  'https://a.test/',
  'javascript:',
  'word',
  '&',
  'ä',
  '💛',
);

test('whatever is written, only known tags come out, closed in order, and no text is lost to markup', () => {
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 60 }).map((all) => all.join('')),
      (text) => {
        const open: string[] = [];
        const out = html(text);
        for (const [tag, slash, name] of out.matchAll(/<(\/?)([a-z0-9]+)((?:\s[^>]*)?)>/g)) {
          expect(tag).toMatch(
            /^<\/?(?:p|h[234]|ul|ol|li|blockquote|pre|code|strong|em|br|hr)>$|^<\/a>$|^<a href="https?:[^"<>]*" rel="nofollow noopener">$/,
          );
          if (name === 'br' || name === 'hr') continue;
          if (slash === '/') expect(open.pop()).toBe(name);
          else open.push(name ?? '');
        }
        expect(open).toEqual([]);
        expect(out.replace(/<[^>]*>/g, '')).not.toMatch(/[<>"']/);
      },
    ),
    { numRuns: 2_000, seed: 4 },
  );
});

test('what others wrote comes out as they wrote it, in one line', () => {
  const plain = (text: string): string =>
    parseMarkdown(`- ${escapeMarkdown(text)}`)
      .flatMap((block) => (block.kind === 'list' ? block.items : []))
      .flat(2)
      .map((part) => {
        if (part.kind === 'text') return part.text;
        // An address is a link wherever it stands.
        return part.kind === 'link' ? part.href : `<${part.kind}>`;
      })
      .join('');
  for (const text of ['**bold** _x_ `c`', '[a](https://b)', '# no heading', '<b>&amp;</b>', '1. one', 'C:\\tmp\\*'])
    expect(plain(text)).toBe(text);
  fc.assert(
    fc.property(
      fc
        .array(
          pieces.filter((piece) => !piece.includes('http')),
          { maxLength: 30 },
        )
        .map((all) => `w${all.join('')}w`),
      (text) => {
        expect(plain(text)).toBe(text.replace(/\s+/g, ' ').trim());
      },
    ),
    { numRuns: 2_000, seed: 5 },
  );
});

test.each(['*', '_', '[', '`', '**a', '_a', 'https://', '[a](', '\\', '- ', '>'])(
  'a long run of %s takes time in proportion',
  (piece) => {
    const began = performance.now();
    html(piece.repeat(Math.ceil(60_000 / piece.length)));
    expect(performance.now() - began).toBeLessThan(2_000);
  },
);
