import { escapeHtml } from '../../platform/mail/layout.ts';
import type { IncidentModel, MaintenanceModel, PageModel } from '../model.ts';
import { incidentPath } from '../render/incident-parts.ts';
import { isoOf } from '../render/times.ts';

/** The addresses worth finding, each with its last change (https://www.sitemaps.org/protocol.html). */
export function sitemapOf({ page, current, resolved }: PageModel): string {
  const entry = (path: string, at: number): string =>
    `<url><loc>${escapeHtml(`${page.url}${path}`)}</loc>${at > 0 ? `<lastmod>${isoOf(at)}</lastmod>` : ''}</url>`;
  const entries = [
    entry('/', page.updatedAt),
    entry('/history', page.updatedAt),
    entry('/thanks', page.updatedAt),
    ...[...current, ...resolved].map((incident) => entry(incidentPath(incident.id), incident.updatedAt)),
  ];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">${entries.join('')}</urlset>\n`;
}

export const robotsOf = ({ url }: PageModel['page']): string =>
  `User-agent: *\nDisallow: /console\nDisallow: /api/v1\n\nSitemap: ${url}/sitemap.xml\n`;

type Linked = Record<string, unknown>;

/** The page for programs that read JSON-LD: what happens now as schema.org's live blog postings, what is planned as events. */
export function pageData({ page, current, maintenances }: PageModel): Linked {
  return {
    '@context': 'https://schema.org',
    '@type': 'WebPage',
    name: page.title,
    url: `${page.url}/`,
    ...(page.description === '' ? {} : { description: page.description }),
    ...(page.updatedAt > 0 ? { dateModified: isoOf(page.updatedAt) } : {}),
    hasPart: current.map((incident) => postingOf(page, incident)),
    mentions: maintenances.filter((plan) => plan.status !== 'completed').map((plan) => eventOf(page, plan)),
  };
}

/** One incident, with every word that was said of it. */
export const incidentData = (page: PageModel['page'], incident: IncidentModel): Linked => ({
  '@context': 'https://schema.org',
  ...postingOf(page, incident),
});

function postingOf(page: PageModel['page'], incident: IncidentModel): Linked {
  const url = `${page.url}${incidentPath(incident.id)}`;
  return {
    '@type': 'LiveBlogPosting',
    headline: incident.title,
    url,
    datePublished: isoOf(incident.openedAt),
    dateModified: isoOf(incident.updatedAt),
    coverageStartTime: isoOf(incident.openedAt),
    ...(incident.resolvedAt === null ? {} : { coverageEndTime: isoOf(incident.resolvedAt) }),
    publisher: { '@type': 'Organization', name: page.title },
    liveBlogUpdate: incident.updates.map((update) => ({
      '@type': 'BlogPosting',
      url: `${url}#${update.id}`,
      headline: update.phase,
      articleBody: update.body,
      datePublished: isoOf(update.at),
    })),
  };
}

const eventOf = (page: PageModel['page'], plan: MaintenanceModel): Linked => ({
  '@type': 'Event',
  name: plan.title,
  startDate: isoOf(plan.startsAt),
  endDate: isoOf(plan.endsAt),
  eventStatus: 'https://schema.org/EventScheduled',
  eventAttendanceMode: 'https://schema.org/OnlineEventAttendanceMode',
  location: { '@type': 'VirtualLocation', url: `${page.url}/` },
});
