import ical, { ICalCalendarMethod, ICalEventStatus } from 'ical-generator';
import type { PageModel } from '../model.ts';
import { allNamesText } from '../render/words.ts';

/** Planned, running and lately completed maintenance as iCalendar (RFC 5545), to be subscribed to. The same model gives the same bytes. */
export function calendarOf({ page, maintenances }: PageModel): string {
  const calendar = ical({
    name: page.title,
    prodId: { company: 'HugOps', product: 'status page', language: 'EN' },
    method: ICalCalendarMethod.PUBLISH,
    url: `${page.url}/maintenance.ics`,
    // How often programs look again; they hardly ever look more often than that.
    ttl: 3_600,
  });
  const host = new URL(page.url).hostname;
  for (const plan of maintenances) {
    const affected = allNamesText(plan.affected.map((component) => component.name));
    calendar.createEvent({
      id: `${plan.id}@${host}`,
      start: new Date(plan.startsAt),
      end: new Date(plan.endsAt),
      // When this was last said: DTSTAMP of a published event (RFC 5545, 3.8.7.2).
      stamp: new Date(plan.updatedAt),
      created: new Date(plan.createdAt),
      lastModified: new Date(plan.updatedAt),
      summary: spoken(plan.title),
      description: spoken([plan.body, affected === '' ? '' : `Affects ${affected}.`].filter(Boolean).join('\n\n')),
      status: ICalEventStatus.CONFIRMED,
      url: `${page.url}/#${plan.id}`,
    });
  }
  return calendar.toString();
}

// iCalendar's TEXT has no control characters but a tab and the line break, which is written as \n (RFC 5545, 3.3.11).
const spoken = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll('\r\n', '\n')
    .replaceAll(/[^\P{Cc}\t\n]/gu, '');
