import { escapeMarkdown, parseMarkdown } from '../../domain/markdown.ts';
import { markdownHtml } from '../../domain/markdown-html.ts';
import { escapeHtml } from '../../platform/mail/layout.ts';
import type { ActionItem, Postmortem } from './schemas.ts';

/** The whole as one Markdown file, with its action items at the end. */
export function postmortemMarkdown(postmortem: Postmortem): string {
  const reviewers = postmortem.reviews.map(({ person }) => escapeMarkdown(person.name)).join(', ');
  return [
    `# ${escapeMarkdown(postmortem.title)}`,
    `${postmortem.state === 'draft' ? 'Draft' : 'Published'}${reviewers === '' ? '' : `, read by ${reviewers}`}.`,
    postmortem.body.trim(),
    ...(postmortem.actionItems.length === 0
      ? []
      : [`## Action items\n\n${postmortem.actionItems.map(itemLine).join('\n')}`]),
  ]
    .join('\n\n')
    .concat('\n');
}

function itemLine({ text, owner, dueOn, doneAt }: ActionItem): string {
  const facts = [
    ...(owner === null ? [] : [escapeMarkdown(owner.name)]),
    ...(dueOn === null ? [] : [`due ${dueOn}`]),
    ...(doneAt === null ? [] : [`done ${new Date(doneAt).toISOString().slice(0, 10)}`]),
  ];
  return `- ${doneAt === null ? '' : '✓ '}${escapeMarkdown(text)}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
}

const style = `:root{color-scheme:light dark}body{max-width:44rem;margin:2rem auto;padding:0 1.25rem;font:1.05rem/1.55 system-ui,sans-serif;overflow-wrap:anywhere}
h2{margin-top:2.2rem}pre{overflow-x:auto;padding:.8rem 1rem;border:1px solid #8886;border-radius:.4rem}blockquote{margin-inline:0;padding-inline-start:1rem;border-inline-start:.2rem solid #8886}`;

/** The same as one HTML file that needs nothing else: to be kept, sent or printed. */
export function postmortemHtml(postmortem: Postmortem): string {
  // The first line of the file is the title, which the list of blocks would make a second-level heading.
  const body = markdownHtml(parseMarkdown(postmortemMarkdown(postmortem)).slice(1), escapeHtml);
  const title = escapeHtml(postmortem.title);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title><style>${style}</style></head>
<body><h1>${title}</h1>
${body}
</body></html>
`;
}
