import type { PageModel } from '../model.ts';
import type { SiteAssets } from '../site-assets.ts';
import { icon, iconsIn, sprite } from './icons.ts';
import { html, type Markup, raw, toText } from './markup.ts';
import { isoOf, timesIn } from './times.ts';

/**
 * What a page says of its own age. `renewed` pages are published every few minutes, so that an old one is a warning; a `settled` one tells of something
 * that is over, and when it last changed; the others carry no news and say nothing.
 */
type PageAge = { kind: 'renewed' | 'settled'; publishedAt: number } | { kind: 'none' };

/** What every page needs besides its content. */
export interface Frame {
  page: PageModel['page'];
  assets: SiteAssets;
  age: PageAge;
}

export interface Content {
  /** The document's title without the page's own name. */
  title: string;
  description?: string;
  /** The path of this page, for its canonical address and the navigation. */
  path: string;
  /** Kept out of search engines: forms and answers to them. */
  unlisted?: boolean;
  /** Pages with a form load its script. */
  withForm?: boolean;
  /** The same as JSON-LD, for search engines. */
  data?: Readonly<Record<string, unknown>>;
  main: Markup;
}

/** A whole document as text. */
export function layout(frame: Frame, content: Content): string {
  const { page, assets } = frame;
  const body = toText(html`
    <a class="skip" href="#main">Skip to the content</a>
    <header class="top">
      <div class="wrap">
        <a class="name" href="/">${page.title}</a>
        <nav aria-label="Pages">
          ${navLink('/history', 'History', content.path)} ${navLink('/report', 'Report a problem', content.path)}
          ${navLink('/subscribe', 'Subscribe', content.path)}
        </nav>
      </div>
    </header>
    ${frame.age.kind === 'renewed' ? staleNotice : ''}
    <main id="main" class="wrap" tabindex="-1">${content.main}</main>
    ${footer(frame)}
  `);
  const title = content.title === '' ? page.title : `${content.title} · ${page.title}`;
  const description = content.description ?? page.description;
  return `<!doctype html>\n${toText(
    html`<html lang="en" ${newsOf(frame)}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        ${description === '' ? '' : html`<meta name="description" content="${description}" />`}
        ${content.unlisted === true ? html`<meta name="robots" content="noindex" />` : ''}
        <meta name="color-scheme" content="light dark" />
        <meta name="theme-color" content="#fbfaf7" media="(prefers-color-scheme: light)" />
        <meta name="theme-color" content="#131519" media="(prefers-color-scheme: dark)" />
        <link rel="canonical" href="${page.url}${content.path}" />
        <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
        <link rel="alternate" type="application/atom+xml" title="${page.title}" href="/feed.atom" />
        <link rel="alternate" type="application/rss+xml" title="${page.title}" href="/feed.rss" />
        <link rel="alternate" type="application/feed+json" title="${page.title}" href="/feed.json" />
        ${openGraph(page, { title, description, path: content.path })} ${styleOf(assets.css)}
        <script src="${assets.pageScript.path}" defer></script>
        ${content.withForm === true ? formScripts(assets) : ''}
      </head>
      <body>
        ${sprite(iconsIn(body))}${raw(body)}${content.data === undefined ? '' : dataOf(content.data)}
      </body>
    </html>`,
  )}`;
}

/** What a chat shows of a link (https://ogp.me). Without a picture: a made one would say less than the words. */
const openGraph = (
  page: Frame['page'],
  { title, description, path }: { title: string; description: string; path: string },
): Markup =>
  html`<meta property="og:type" content="website" />
    <meta property="og:site_name" content="${page.title}" />
    <meta property="og:title" content="${title}" />
    <meta property="og:url" content="${page.url}${path}" />
    ${description === '' ? '' : html`<meta property="og:description" content="${description}" />`}`;

// A data block is no script to the policy; nothing in it can end it.
const dataOf = (data: Readonly<Record<string, unknown>>): Markup =>
  raw(`<script type="application/ld+json">${JSON.stringify(data).replaceAll('<', '\\u003c')}</script>`);

// As one string: the policy allows exactly this text, so that no formatter may add a space inside it.
const styleOf = (css: string): Markup => raw(`<style>${css}</style>`);

// What the page script compares with the newest publication.
const newsOf = ({ age, page }: Frame): Markup | string =>
  age.kind === 'renewed' ? html`data-published="${age.publishedAt}" data-changed="${isoOf(page.updatedAt)}"` : '';

function navLink(href: string, text: string, path: string): Markup {
  return path === href ? html`<a href="${href}" aria-current="page">${text}</a>` : html`<a href="${href}">${text}</a>`;
}

// Filled and shown by the page script when the publication is older than it should be.
const staleNotice = html`<div id="stale" class="stale wrap" role="status" hidden></div>`;

function formScripts(assets: SiteAssets): Markup {
  return html`<script
    src="${assets.formScript.path}"
    type="module"
    data-widget="${assets.altcha.path}"
    data-pbkdf2="${assets.altchaPbkdf2.path}"
    data-sha="${assets.altchaSha.path}"
  ></script>`;
}

function footer(frame: Frame): Markup {
  return html`<footer class="foot">
    <div class="wrap">
      ${ageLine(frame)}
      <p>
        <a href="/feed.atom">Atom</a> <a href="/feed.rss">RSS</a> <a href="/feed.json">JSON Feed</a>
        <a href="/maintenance.ics">Calendar</a> <a href="/api/v2/summary.json">JSON</a>
        <a href="/subscribe">${icon('bell')} Get updates by e-mail</a>
      </p>
    </div>
  </footer>`;
}

function ageLine({ age, page }: Frame): Markup | string {
  if (age.kind === 'none') return '';
  const times = timesIn(page.timeZone);
  return html`<p id="published">
    ${age.kind === 'renewed' ? 'Published' : 'Last changed'}
    <time datetime="${isoOf(age.publishedAt)}" data-ago>${times.exact(age.publishedAt)}</time>.
    <span id="zone">Times are in ${page.timeZone}.</span>
  </p>`;
}
