import { rankOf } from '../../domain/public-status.ts';
import type { PageModel } from '../model.ts';
import { incidentPath } from './incident-parts.ts';
import { icon, iconsIn, sprite } from './icons.ts';
import type { Frame } from './layout.ts';
import { html, raw, toText } from './markup.ts';
import { timesIn } from './times.ts';
import { headlineOf, namesText } from './words.ts';

/** The one page that other sites may show in a frame. */
export const embedPath = '/embed';

/**
 * A few lines for an `<iframe>` on other sites: what the page says first, without any script. Links leave the frame; it looks again by itself each
 * minute, so that a tab that stays open does not go on saying what was.
 */
export function embedPage(frame: Frame, model: PageModel): string {
  const times = timesIn(model.page.timeZone);
  const { sentence, shown } = headlineOf(model.status);
  const affected = model.components.filter((component) => rankOf(component.status) > 0);
  const body = toText(html`
    <main id="main" class="wrap">
      <div class="hero t-${shown.tone}">
        ${icon(shown.icon, 'glyph')}
        <div>
          <h1>${sentence}</h1>
          ${affected.length === 0 ? '' : html`<p><b>${namesText(affected.map((component) => component.name))}</b></p>`}
        </div>
      </div>
      ${model.current
        .slice(0, 3)
        .map(
          (incident) =>
            html`<p>
              <a href="${model.page.url}${incidentPath(incident.id)}">${incident.title}</a>, since
              ${times.moment(incident.openedAt)}
            </p>`,
        )}
      <p><a href="${model.page.url}/">${model.page.title}</a>, published ${times.moment(model.publishedAt)}</p>
    </main>
  `);
  return `<!doctype html>\n${toText(
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="refresh" content="60" />
        <meta name="robots" content="noindex" />
        <meta name="color-scheme" content="light dark" />
        <title>${model.page.title}</title>
        <base target="_top" />
        ${raw(`<style>${frame.assets.css}</style>`)}
      </head>
      <body>
        ${sprite(iconsIn(body))}${raw(body)}
      </body>
    </html>`,
  )}`;
}
