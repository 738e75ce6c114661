import type { Ctx } from '../../platform/context.ts';
import type { Event } from '../../platform/events.ts';
import { timesIn } from '../render/times.ts';
import { allNamesText } from '../render/words.ts';
import type { Letter, LetterPage } from './letter.ts';

const newsWords: Readonly<Record<string, string>> = {
  'maintenance.announced': 'Planned maintenance',
  'maintenance.updated': 'Maintenance at another time',
  'maintenance.cancelled': 'Maintenance cancelled',
};

/** Whether readers are to be told: of a plan once, and then of what changes for those who arranged their work around it. */
export const isMaintenanceNews = (event: Pick<Event, 'kind' | 'data'>): boolean =>
  event.kind === 'maintenance.announced' ||
  (event.kind === 'maintenance.updated' && event.data['isMoved'] === true) ||
  (event.kind === 'maintenance.cancelled' && event.data['wasAnnounced'] === true);

/** The letter about planned work; undefined when nothing is to be told, or it was over before anybody could be. */
export async function maintenanceLetter(ctx: Ctx, event: Event, page: LetterPage): Promise<Letter | undefined> {
  const id = event.data['maintenanceId'];
  const word = newsWords[event.kind];
  if (!isMaintenanceNews(event) || word === undefined || typeof id !== 'string') return undefined;
  const plan = await ctx.db.selectFrom('maintenances').selectAll().where('id', '=', id).executeTakeFirst();
  if (plan === undefined || plan.ends_at <= event.at) return undefined;
  // One that was taken back in the meantime is told of by its own letter, if the first has gone out.
  if (plan.status === 'cancelled' && event.kind !== 'maintenance.cancelled') return undefined;
  const affected = await ctx.db
    .selectFrom('maintenance_services')
    .innerJoin('components', 'components.service_id', 'maintenance_services.service_id')
    .select('components.name')
    .where('maintenance_services.maintenance_id', '=', id)
    .where('components.page_id', '=', page.id)
    .orderBy('components.position')
    .execute();
  // What is not on the page is nothing to its readers.
  if (affected.length === 0) return undefined;
  const times = timesIn(page.timeZone);
  return {
    id: event.id,
    at: event.at,
    page,
    subject: `${word}: ${plan.title}`,
    content: {
      heading: plan.title,
      badge: { word, tone: 'calm' },
      facts: [
        ['From', times.exact(plan.starts_at)],
        ['To', times.exact(plan.ends_at)],
        ['Affects', allNamesText(affected.map(({ name }) => name))],
      ],
      paragraphs: plan.body === '' ? [] : plan.body.split(/\n\s*\n/),
      buttons: [{ label: 'See it on the status page', url: `${ctx.publicUrl}/#${plan.id}` }],
    },
  };
}
