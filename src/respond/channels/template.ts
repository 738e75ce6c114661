import { cutText } from '../../platform/cut-text.ts';
import { oneLine } from '../../platform/one-line.ts';
import type { PageMessage } from './channel.ts';
import { pageText, plainText } from './page-text.ts';

/** What a template may name. Nothing is computed in a template, and a value is never read as one. */
export const placeholders = {
  id: 'the page’s id, the same for every attempt',
  kind: 'incident, summary or test',
  text: 'the whole page in plain text, with its links',
  title: 'what is broken, in one line',
  severity: 'critical, major or minor; empty when it is no incident',
  number: 'the incident’s number; empty when it is none',
  service: 'the service; empty when there is none',
  person: 'who is paged',
  openedAt: 'since when, as 2026-03-01T02:10:00.000Z; empty when it is no incident',
  ackUrl: 'the link that acknowledges; empty when there is none',
  viewUrl: 'the link to the incident',
  to: 'the field `to` of the contact method',
} as const;

type Placeholder = keyof typeof placeholders;
export type TemplateValues = Readonly<Record<Placeholder, string>>;

/** Where a template stands, which decides how a value is written so that it stays a value. */
export type TemplateFormat = 'json' | 'form' | 'xml' | 'text' | 'url';

const encoders: Record<TemplateFormat, (value: string) => string> = {
  json: (value) => JSON.stringify(value).slice(1, -1),
  form: (value) => new URLSearchParams({ '': value }).toString().slice(1),
  url: encodeURIComponent,
  xml: (value) =>
    value
      .replace(/[^\P{Cc}\n]/gu, ' ')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&apos;'),
  text: (value) => value,
};

export const contentTypes: Record<Exclude<TemplateFormat, 'url'>, string> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  xml: 'application/xml; charset=utf-8',
  text: 'text/plain; charset=utf-8',
};

const opening = /\{\{([^{}]*)\}\}/g;

/** What is wrong with a template, for people; undefined when nothing is. */
export function templateFault(template: string, format: TemplateFormat): string | undefined {
  const names = [...template.matchAll(opening)].map(([, name = '']) => name.trim());
  const unknown = names.find((name) => !Object.hasOwn(placeholders, name));
  if (unknown !== undefined) {
    // The body may be a secret as a whole, so only what looks like a name is repeated.
    const found = /^\w{1,20}$/.test(unknown) ? `, not ${unknown}` : '';
    return `expected in {{ }} one of ${Object.keys(placeholders).join(', ')}${found}`;
  }
  // JSON of its own may hold two braces in a row; a name that was meant to be one may not.
  if (format !== 'json' && /\{\{|\}\}/.test(template.replace(opening, ''))) return 'expected a }} for each {{';
  if (format === 'json' && !isJson(template.replace(opening, 'x'))) {
    return 'expected JSON, with each placeholder within quotes';
  }
  if (format === 'url') return urlFault(template);
  return undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A value may stand in the path and in the query, never where it would say who is asked. */
function urlFault(template: string): string | undefined {
  const host = /^https?:\/\/[^/?#]*/.exec(template)?.[0];
  return host === undefined || host.includes('{{') ? 'expected placeholders only behind the host' : undefined;
}

/** `template` with its placeholders filled in, each written so that it cannot leave its place. Expects a template without faults. */
export function fillTemplate(template: string, format: TemplateFormat, values: TemplateValues): string {
  return template.replace(opening, (whole, name: string) => {
    const key = name.trim();
    return Object.hasOwn(values, key) ? encoders[format](values[key as Placeholder]) : whole;
  });
}

/** What the placeholders stand for in this page. `maxText` bounds `text`, in UTF-16 units. */
export function templateValues(message: PageMessage, maxText: number, to = ''): TemplateValues {
  const page = pageText(message);
  const { incident, summary } = message;
  return {
    id: message.id,
    kind: message.kind,
    text: plainText(page, maxText),
    title: cutText(page.title, 300),
    severity: incident?.severity ?? '',
    number: incident === undefined ? '' : String(incident.number),
    service: cutText(oneLine(incident?.serviceName ?? ''), 200),
    person: cutText(oneLine(message.personName), 100),
    openedAt: incident === undefined ? '' : new Date(incident.openedAt).toISOString(),
    ackUrl: message.ackUrl ?? '',
    viewUrl: summary?.viewUrl ?? message.viewUrl,
    to,
  };
}
