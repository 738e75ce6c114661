import { feedsOf } from './feeds.ts';
import { badgeFiles } from './machines/badges.ts';
import { calendarOf } from './machines/calendar.ts';
import { robotsOf, sitemapOf } from './machines/search-engines.ts';
import type { IncidentModel, PageModel } from './model.ts';
import { embedPage, embedPath } from './render/embed-page.ts';
import { notFoundPage, reportPage, subscribePage } from './render/form-pages.ts';
import { historyPage } from './render/history-page.ts';
import { incidentPage } from './render/incident-page.ts';
import { incidentPath } from './render/incident-parts.ts';
import { indexPage } from './render/index-page.ts';
import type { Frame } from './render/layout.ts';
import { thanksPage } from './render/thanks-page.ts';
import type { SiteAssets } from './site-assets.ts';
import { statuspageFiles } from './statuspage-v2.ts';

/** One file of a publication before it is compressed. */
export interface SiteFile {
  path: string;
  type: string;
  body: string | Buffer;
  /** Its name holds its hash: it may be cached for ever. */
  immutable: boolean;
  /** When its content last changed, as Last-Modified. */
  modifiedAt: number;
}

/** Not an address of its own: what an unknown address is answered with. */
export const notFoundPath = '/404.html';

const htmlType = 'text/html; charset=utf-8';
const jsonType = 'application/json; charset=utf-8';

/** Every file of one publication. Pure: the same model gives the same bytes, so that what did not change is not compressed or stored again. */
export function renderSite(model: PageModel, assets: SiteAssets): SiteFile[] {
  const frame: Frame = { page: model.page, assets, age: { kind: 'renewed', publishedAt: model.publishedAt } };
  const plain: Frame = { ...frame, age: { kind: 'none' } };
  const modifiedAt = model.publishedAt;
  const text = (path: string, type: string, body: string): SiteFile => ({
    path,
    type,
    body,
    immutable: false,
    modifiedAt,
  });
  const feeds = feedsOf(model);
  return [
    text('/', htmlType, indexPage(frame, model)),
    text('/history', htmlType, historyPage(frame, model)),
    text('/thanks', htmlType, thanksPage(frame, model)),
    text('/report', htmlType, reportPage(frame, model)),
    text('/subscribe', htmlType, subscribePage(plain)),
    text(notFoundPath, htmlType, notFoundPage(plain)),
    ...[...model.current, ...model.resolved].map((incident) => incidentFile(frame, model, incident)),
    ...[...statuspageFiles(model)].map(([path, value]) => text(`/api/v2/${path}`, jsonType, JSON.stringify(value))),
    text('/feed.atom', 'application/atom+xml; charset=utf-8', feeds.atom),
    text('/feed.rss', 'application/rss+xml; charset=utf-8', feeds.rss),
    text('/feed.json', 'application/feed+json; charset=utf-8', feeds.json),
    text('/maintenance.ics', 'text/calendar; charset=utf-8', calendarOf(model)),
    text('/sitemap.xml', 'application/xml; charset=utf-8', sitemapOf(model)),
    text(embedPath, htmlType, embedPage(frame, model)),
    ...badgeFiles(model).map((file) => text(file.path, file.type, file.body)),
    text('/favicon.svg', 'image/svg+xml', favicon),
    text('/robots.txt', 'text/plain; charset=utf-8', robotsOf(model.page)),
    ...assets.files.map((file) => ({ ...file, immutable: true, modifiedAt })),
  ];
}

/** An open incident is renewed with the page; a resolved one says when it last changed, and so stays the same file. */
function incidentFile(frame: Frame, model: PageModel, incident: IncidentModel): SiteFile {
  const isOpen = incident.resolvedAt === null;
  return {
    path: incidentPath(incident.id),
    type: htmlType,
    body: incidentPage(isOpen ? frame : settledFrame(frame, incident), incident),
    immutable: false,
    modifiedAt: isOpen ? model.publishedAt : lastChange(incident),
  };
}

/** For a page about something that is over. */
export const settledFrame = (frame: Pick<Frame, 'page' | 'assets'>, incident: IncidentModel): Frame => ({
  page: frame.page,
  assets: frame.assets,
  age: { kind: 'settled', publishedAt: lastChange(incident) },
});

const lastChange = (incident: IncidentModel): number => Math.max(incident.updatedAt, incident.thanks.lastHugAt ?? 0);

// An open ring with a tick: legible at 16 pixels, on light and dark tabs.
const favicon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><style>path{fill:none;stroke:#1b7046;stroke-width:4;stroke-linecap:round;stroke-linejoin:round}' +
  '@media(prefers-color-scheme:dark){path{stroke:#78cfa0}}</style><path d="M16 28a12 12 0 1 1 12-12"/><path d="m10.5 16.5 4.2 4.2L27 8"/></svg>';
