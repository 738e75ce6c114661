/** What a reader sees of Markdown, and what in it is more than text. */
export interface Rendered {
  text: string;
  links: { label: string; url: string }[];
  /** Markup that was neither escaped nor in a code block: mentions, headings, emphasis around foreign words. */
  active: string[];
}

/**
 * As much of Markdown as chat programs read in a page: code blocks (nothing in them counts), masked links, bold, backslash escapes, mentions.
 * Sources: https://support.discord.com/hc/en-us/articles/210298617, https://docs.mattermost.com/collaborate/format-messages.html
 */
export function renderMarkdown(source: string): Rendered {
  const links: Rendered['links'] = [];
  const active: string[] = [];
  const parts = source.split(/```\n([\s\S]*?)\n```/g);
  const text = parts.map((part, index) => (index % 2 === 1 ? part : renderInline(part, links, active))).join('');
  return { text: text.replaceAll('\u200b', ''), links, active };
}

function renderInline(source: string, links: Rendered['links'], active: string[]): string {
  const withoutLinks = source.replace(
    /(?<!\\)\*\*\[([^\]\\]+)\]\(([^()\s]+)\)\*\*/g,
    (_, label: string, url: string) => {
      links.push({ label, url });
      return label;
    },
  );
  const visible = withoutLinks.replaceAll(/\\[^A-Za-z0-9\s]/g, (pair) =>
    String.fromCodePoint(0xe000 + pair.charCodeAt(1)),
  );
  active.push(...(visible.match(/[*_`~|<>[\]]|@[A-Za-z]|https?:/g) ?? []));
  return visible.replace(/[\ue000-\ue0ff]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xe000));
}
