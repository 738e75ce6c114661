import { oneLine } from '../one-line.ts';

/** What a mail says, before it becomes text and HTML. Every string is plain text from anywhere; nothing in it is trusted. */
export interface MailContent {
  heading: string;
  /** A word in a coloured mark above the heading. The word says it; the colour only helps. */
  badge?: { word: string; tone: 'critical' | 'major' | 'minor' | 'calm' | 'thanks' } | undefined;
  /** The first button is the one that matters. */
  buttons?: readonly MailLink[] | undefined;
  /** Label and value, as in "Since", "03:10". */
  facts?: readonly (readonly [label: string, value: string])[] | undefined;
  paragraphs?: readonly string[] | undefined;
  list?: readonly string[] | undefined;
  /** Small print: why this mail came, how to stop it. */
  footer?: readonly string[] | undefined;
  footerLinks?: readonly MailLink[] | undefined;
}

export interface MailLink {
  label: string;
  /** http or https; anything else is left out. */
  url: string;
}

/** Both parts of a mail: one column, system fonts, readable without images, with the button above the fold of a phone. */
export function layoutMail(content: MailContent): { text: string; html: string } {
  return { text: asText(content), html: asHtml(content) };
}

/** Text as the content of an HTML element or of a quoted attribute. */
export function escapeHtml(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const isWebLink = (link: MailLink): boolean => /^https?:\/\/[^\s"<>]+$/.test(link.url);

function asText(content: MailContent): string {
  const heading = content.badge
    ? `${oneLine(content.badge.word).toUpperCase()}: ${oneLine(content.heading)}`
    : oneLine(content.heading);
  const link = ({ label, url }: MailLink): string => `${oneLine(label)}: ${url}`;
  const blocks = [
    [heading],
    (content.buttons ?? []).filter(isWebLink).map(link),
    (content.facts ?? []).map(([label, value]) => `${oneLine(label)}: ${oneLine(value)}`),
    ...(content.paragraphs ?? []).map((paragraph) => [paragraph.toWellFormed().trim()]),
    (content.list ?? []).map((line) => `- ${oneLine(line)}`),
    footerLines(content, link),
  ];
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function footerLines(content: MailContent, link: (link: MailLink) => string): string[] {
  const lines = [...(content.footer ?? []).map(oneLine), ...(content.footerLinks ?? []).filter(isWebLink).map(link)];
  // "-- " starts a signature, which mail clients show smaller (RFC 3676, section 4.3).
  return lines.length === 0 ? [] : ['-- ', ...lines];
}

// White text on each is at least 4.5:1 (WCAG 2.2, 1.4.3). The last is the hug colour, which belongs to thanks alone.
const tones = { critical: '#b42318', major: '#a64b00', minor: '#5c5f66', calm: '#1f5f99', thanks: '#b3446c' };

const font = 'font-family:system-ui,-apple-system,Segoe UI,Roboto,sans-serif';

function asHtml(content: MailContent): string {
  const parts = [
    content.badge && badge(content.badge),
    `<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">${line(content.heading)}</h1>`,
    buttons((content.buttons ?? []).filter(isWebLink)),
    facts(content.facts ?? []),
    ...(content.paragraphs ?? []).map(
      (text) => `<p style="margin:0 0 16px">${escapeHtml(text.trim()).replaceAll('\n', '<br>')}</p>`,
    ),
    list(content.list ?? []),
    footer(content),
  ].filter((part) => part !== undefined && part !== '');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>${line(content.heading)}</title></head>
<body style="margin:0;padding:24px 16px;${font};font-size:16px;line-height:1.5">
<div style="max-width:560px;margin:0 auto;overflow-wrap:anywhere">
${parts.join('\n')}
</div></body></html>
`;
}

const line = (text: string): string => escapeHtml(oneLine(text));

function badge({ word, tone }: NonNullable<MailContent['badge']>): string {
  const style = `display:inline-block;padding:2px 10px;border-radius:4px;background:${tones[tone]};color:#ffffff;font-weight:600`;
  return `<p style="margin:0 0 8px"><span style="${style}">${line(word)}</span></p>`;
}

function buttons(links: readonly MailLink[]): string {
  const base =
    'display:inline-block;padding:12px 20px;margin:0 8px 8px 0;border-radius:6px;font-weight:600;text-decoration:none';
  const cells = links.map(({ label, url }, index) => {
    const look = index === 0 ? 'background:#1f5f99;color:#ffffff' : 'border:1px solid #1f5f99;color:inherit';
    return `<a href="${escapeHtml(url)}" style="${base};${look}">${line(label)}</a>`;
  });
  return cells.length === 0 ? '' : `<p style="margin:0 0 16px">${cells.join('')}</p>`;
}

function facts(rows: NonNullable<MailContent['facts']>): string {
  const cells = rows.map(
    ([label, value]) =>
      `<tr><th scope="row" style="text-align:left;vertical-align:top;padding:2px 16px 2px 0;font-weight:400;white-space:nowrap;opacity:0.75">${line(label)}</th>` +
      `<td style="padding:2px 0;font-variant-numeric:tabular-nums">${line(value)}</td></tr>`,
  );
  return cells.length === 0 ? '' : `<table style="border-collapse:collapse;margin:0 0 16px">${cells.join('')}</table>`;
}

function list(lines: readonly string[]): string {
  const items = lines.map((text) => `<li>${line(text)}</li>`);
  return items.length === 0 ? '' : `<ul style="margin:0 0 16px;padding-left:20px">${items.join('')}</ul>`;
}

function footer(content: MailContent): string {
  const lines = (content.footer ?? []).map(line);
  const links = (content.footerLinks ?? [])
    .filter(isWebLink)
    .map(({ label, url }) => `<a href="${escapeHtml(url)}" style="color:inherit">${line(label)}</a>`);
  if (lines.length + links.length === 0) return '';
  return `<p style="margin:24px 0 0;font-size:14px;opacity:0.75">${[...lines, links.join(' · ')].filter(Boolean).join('<br>')}</p>`;
}
