import { html, raw } from 'hono/html';

export interface PlainPage {
  title: string;
  lines: string[];
  /** Epoch milliseconds; shown as "since" with its exact time and zone. */
  since?: number;
  /** A form with one button that POSTs to `action`. */
  button?: { label: string; action: string };
  link?: { label: string; href: string };
}

/** The style of plain pages; its hash goes into the content security policy of them. */
export const plainStyle = `:root{color-scheme:light dark;--bg:#fff;--fg:#1d2125;--soft:#5c6670;--line:#d9dee3;--go:#1f5fbf;--on:#fff}
@media (prefers-color-scheme:dark){:root{--bg:#14171a;--fg:#e8ebee;--soft:#9aa4ae;--line:#343b42;--go:#7db1f5;--on:#0d1a2b}}
*{box-sizing:border-box}body{margin:0;background:var(--bg);color:var(--fg);font:1.0625rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:32rem;margin:0 auto;padding:15vh 1.25rem 3rem}h1{font-size:1.5rem;line-height:1.25;margin:0 0 1rem;overflow-wrap:anywhere}p{margin:0 0 .75rem;overflow-wrap:anywhere}
.soft{color:var(--soft)}button{font:inherit;font-weight:600;width:100%;min-height:3.5rem;margin:1rem 0;border:0;border-radius:.75rem;background:var(--go);color:var(--on);cursor:pointer}
button:focus-visible,a:focus-visible{outline:3px solid var(--go);outline-offset:3px}a{color:var(--go)}`;

/** A page of one thought: a question with a button, or a plain answer. No script; works in any browser at any width. */
export function plainPage(page: PlainPage) {
  const since =
    page.since === undefined
      ? ''
      : html`<p class="soft">
          Since
          <time datetime="${new Date(page.since).toISOString()}"
            >${new Date(page.since).toISOString().slice(0, 16).replace('T', ' ')} UTC</time
          >
        </p>`;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width,initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${page.title}</title>
        <style>
          ${raw(plainStyle)}
        </style>
      </head>
      <body>
        <main>
          <h1>${page.title}</h1>
          ${page.lines.map((line) => html`<p>${line}</p>`)} ${since}
          ${page.button ? html`<form method="post" action="${page.button.action}"><button type="submit">${page.button.label}</button></form>` : ''}
          ${page.link ? html`<p><a href="${page.link.href}">${page.link.label}</a></p>` : ''}
        </main>
      </body>
    </html>`;
}
