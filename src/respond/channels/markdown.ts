// What Discord's and Mattermost's Markdown take for markup anywhere in a line. Both drop the backslash.
const special = /[\\`*_~|#[\]()<>!:-]/g;

/** Text from outside as Markdown that shows it and does nothing else: no link of its own, no mention, no heading. */
export function escapeMarkdown(text: string): string {
  return text.replace(special, '\\$&').replace(mention, '@\u200b');
}

/** The same as a code block, where neither markup nor mentions exist. URLs stay readable. */
export function codeBlock(text: string): string {
  return `\`\`\`\n${text.replaceAll('```', '`\u200b`\u200b`')}\n\`\`\``;
}

/** A link of ours. Its address can close no bracket. */
export function markdownLink(label: string, url: string): string {
  return `[${label}](${url.replaceAll('(', '%28').replaceAll(')', '%29')})`;
}

const mention = /@(?=\S)/g;

/** Plain text in which no word is a mention: an invisible space parts the sign from the name. */
export const withoutMentions = (text: string): string => text.replace(mention, '@\u200b');
