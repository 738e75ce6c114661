import { type FeedItem, readItems } from './feed-items.ts';
import { defineFormat, type DraftNotice, finishReading } from './format.ts';
import { mergeById, statedIn } from './rss.ts';

// After the fact: post-incident reviews, and what is mitigated.
const isPast = /^\W{0,3}(?:pir|rca|preliminary pir|final pir|mitigated|resolved)\b|[-–—]\s*(?:mitigated|resolved)\W*$/i;

function noticeOf(item: FeedItem): DraftNotice {
  const stated = statedIn(item);
  const state = isPast.test(item.title) ? 'resolved' : stated === 'unknown' ? 'investigating' : stated;
  return {
    // Azure gives a guid again to other events: only together with the title does it name one.
    id: `${item.guid} ${item.title.toLowerCase()}`,
    kind: /\bmaintenance\b/i.test(item.title) ? 'maintenance' : 'incident',
    title: item.title,
    url: item.link,
    state,
    impact: 'unknown',
    updatedAt: item.at,
    // Services and regions alike; which is which, the catalogue knows.
    parts: item.categories.map((name) => ({ id: name, name, impact: 'unknown' })),
    updates: item.at === null ? [] : [{ id: String(item.at), at: item.at, state, text: item.text }],
  };
}

/** Azure's RSS lists what goes on now and is empty when nothing does. https://rssfeed.azure.status.microsoft/en-us/status/feed/ */
export const azureRss = defineFormat({
  kind: 'azure-rss',
  label: 'Azure (RSS)',
  accept: 'application/rss+xml, application/xml;q=0.9',
  parse(bytes) {
    const read = readItems(bytes);
    return read.ok ? finishReading('current', mergeById(read.items.map(noticeOf)), []) : read;
  },
});
