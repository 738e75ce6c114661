import type { NoticeState } from '../../domain/upstream.ts';
import { type FeedItem, readItems } from './feed-items.ts';
import { defineFormat, type DraftNotice, finishReading } from './format.ts';
import { stateOf } from './words.ts';

const word =
  'investigating|identified|monitoring|resolved|completed|scheduled|in progress|verifying|postmortem|mitigated|update';
// Where feeds put the state: `[Resolved] …`, `Resolved: …`, `… - Resolved` in the title; `Resolved - …` and `Status: Resolved` at a line's start below.
const inTitle = new RegExp(
  `[[(](${word})[\\])]|^\\W{0,3}(${word})\\b\\s*(?:[\\]):–—-]|$)|[-–—[(:]\\s*(${word})[\\])]?$`,
  'i',
);
const inText = new RegExp(`^(?:.{0,40}\\d\\d?:\\d\\d.{0,12}\\s)?(?:status\\s*:\\s*)?(${word})\\b\\s*(?:[:–—-]|$)`, 'i');
const planned = /^(?:\W{0,3})(?:scheduled|planned|upcoming)?\s*maintenance\b|^this is a scheduled event\b/i;

const maxLines = 200;

/** The latest state that an entry names in the places where states stand. Prose is not searched: "not yet resolved" resolves nothing. */
export function statedIn(item: Pick<FeedItem, 'title' | 'text'>): NoticeState {
  const titled = inTitle.exec(item.title);
  const first = titled?.slice(1).find((found) => found !== undefined);
  if (first !== undefined && first.toLowerCase() !== 'update') return read(first);
  // Statuspage and its kin write the history into one entry, the newest first.
  for (const line of item.text.split('\n').slice(0, maxLines)) {
    const found = inText.exec(line.slice(0, 200))?.[1];
    if (found !== undefined && found.toLowerCase() !== 'update') return read(found);
  }
  return 'unknown';
}

const read = (found: string): NoticeState => (found.toLowerCase() === 'mitigated' ? 'monitoring' : stateOf(found));

function noticeOf(item: FeedItem): DraftNotice {
  const isPlanned = planned.test(item.title) || item.text.split('\n', 2).some((line) => planned.test(line));
  const stated = statedIn(item);
  const state = isPlanned && stated === 'unknown' ? 'scheduled' : stated;
  const kind =
    isPlanned || state === 'scheduled' || state === 'completed' || state === 'in_progress' ? 'maintenance' : 'incident';
  return {
    id: item.guid,
    kind,
    title: item.title,
    url: item.link,
    state,
    impact: kind === 'maintenance' ? 'under_maintenance' : 'unknown',
    updatedAt: item.at,
    parts: item.categories.map((name) => ({ id: name, name, impact: 'unknown' })),
    updates: item.at === null ? [] : [{ id: String(item.at), at: item.at, state, text: item.text }],
  };
}

/** Entries of one id are one notice: the newest speaks, all are told. */
export function mergeById(notices: readonly DraftNotice[]): DraftNotice[] {
  const byId = new Map<string, DraftNotice>();
  const newestFirst = notices.toSorted((a, b) => (b.updatedAt ?? 0) - (a.updatedAt ?? 0));
  for (const notice of newestFirst) {
    const known = byId.get(notice.id);
    const updates = [...(known?.updates ?? []), ...(notice.updates ?? [])];
    byId.set(notice.id, { ...(known ?? notice), updates });
  }
  return [...byId.values()];
}

/** Any RSS or Atom feed of a status page. The state is read where feeds put it; an entry without one is trouble until a day has passed. */
export const rss = defineFormat({
  kind: 'rss',
  label: 'RSS or Atom',
  accept: 'application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.8',
  parse(bytes) {
    const read = readItems(bytes);
    return read.ok ? finishReading('recent', mergeById(read.items.map(noticeOf)), []) : read;
  },
});
