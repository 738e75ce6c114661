import { Feed } from 'feed';
import type { PageModel } from './model.ts';
import { incidentPath } from './render/incident-parts.ts';
import { toText } from './render/markup.ts';
import { prose } from './render/prose.ts';
import { timesIn } from './render/times.ts';
import { allNamesText, shownPhase } from './render/words.ts';

const entries = 50;

/**
 * The feeds as Atom 1.0, RSS 2.0 and JSON Feed. Each public update is an entry of its own, so that a chat channel that follows the feed hears of every one;
 * maintenance is an entry when it is planned, when it runs and when it is over.
 */
export function feedsOf(model: PageModel): { atom: string; rss: string; json: string } {
  const { page } = model;
  const feed = new Feed({
    id: `${page.url}/`,
    title: spoken(page.title),
    description: spoken(page.description === '' ? `Incidents and maintenance of ${page.title}` : page.description),
    link: `${page.url}/`,
    language: 'en',
    updated: new Date(page.updatedAt),
    generator: 'HugOps',
    feedLinks: { atom: `${page.url}/feed.atom`, json: `${page.url}/feed.json` },
    // Atom requires an author of the feed when its entries name none (RFC 4287, 4.1.1).
    author: { name: spoken(page.title) },
  });
  const items = [...updateItems(model), ...maintenanceItems(model)].toSorted((a, b) => b.at - a.at).slice(0, entries);
  for (const item of items) {
    const date = new Date(item.at);
    feed.addItem({ ...item, title: spoken(item.title), date, published: date });
  }
  return { atom: feed.atom1(), rss: feed.rss2(), json: feed.json1() };
}

interface Item {
  id: string;
  link: string;
  title: string;
  content: string;
  at: number;
}

function updateItems({ page, current, resolved }: PageModel): Item[] {
  return [...current, ...resolved].flatMap((incident) => {
    const link = `${page.url}${incidentPath(incident.id)}`;
    const affected = allNamesText(incident.affected.map((component) => component.name));
    return incident.updates.map((update) => ({
      id: `${link}#${update.id}`,
      link: `${link}#${update.id}`,
      title: `${shownPhase[update.phase].word}: ${incident.title}`,
      content: spoken(toText(prose(affected === '' ? update.body : `${update.body}\n\nAffects ${affected}.`))),
      at: update.at,
    }));
  });
}

function maintenanceItems({ page, maintenances }: PageModel): Item[] {
  const times = timesIn(page.timeZone);
  const words = {
    scheduled: 'Planned maintenance',
    in_progress: 'Maintenance in progress',
    completed: 'Maintenance done',
  };
  return maintenances.map((maintenance) => ({
    id: `${page.url}/#${maintenance.id}-${maintenance.status}`,
    link: `${page.url}/#${maintenance.id}`,
    title: `${words[maintenance.status]}: ${maintenance.title}`,
    content: spoken(
      toText(
        prose(
          `From ${times.exact(maintenance.startsAt)} to ${times.exact(maintenance.endsAt)}.\n\n${maintenance.body}`,
        ),
      ),
    ),
    at: maintenance.updatedAt,
  }));
}

// XML 1.0 has no way to write these (section 2.2), and the writer below escapes only the first end of a CDATA section.
const unwritable = /[^\P{Cc}\t\n\r]|\p{Noncharacter_Code_Point}/gu;
const spoken = (text: string): string => text.toWellFormed().replaceAll(unwritable, '').replaceAll(']]>', ']] >');
