import type { EpochMs } from '../../domain/words.ts';
import { type FeedRefusal, refuse } from './format.ts';
import { plainText } from '../../platform/plain-text.ts';
import { childrenOf, readXml, textOf, type XmlElement } from './read-xml.ts';
import { readTime } from './read-time.ts';

/** An item of RSS or an entry of Atom. */
export interface FeedItem {
  guid: string;
  title: string;
  link: string | null;
  at: EpochMs | null;
  /** Plain text. */
  text: string;
  /** As it stands, for formats that read its markup. */
  html: string;
  categories: string[];
}

/** Reads RSS 2.0, RSS 1.0 (RDF) or Atom, whatever it calls itself. An item without a title is not one: the format has changed. */
export function readItems(bytes: Uint8Array): { ok: true; items: FeedItem[] } | FeedRefusal {
  const xml = readXml(bytes);
  if (!xml.ok) return xml;
  const { root } = xml;
  const elements = itemsOf(root);
  if (elements === undefined) return refuse('changed-format', `it is XML, but neither RSS nor Atom`);
  const items: FeedItem[] = [];
  for (const element of elements) {
    const item = root.name === 'feed' ? atomEntry(element) : rssItem(element);
    if (item === undefined) return refuse('changed-format', 'an entry has no title');
    items.push(item);
  }
  return { ok: true, items };
}

// What else has children of its own in a channel or feed.
const notItems = new Set(['image', 'textinput', 'author', 'contributor', 'skiphours', 'skipdays']);

/** The entries; undefined when this is no feed, or when it holds what may be entries under another name: then none is not "nothing to tell". */
function itemsOf(root: XmlElement): XmlElement[] | undefined {
  const [channel] = root.name === 'feed' ? [root] : childrenOf(root, 'channel');
  if (channel === undefined || textOf(channel, 'title') === null) return undefined;
  const found = entriesOf(root, channel);
  const isStrange = (one: XmlElement): boolean => one.children.length > 0 && !notItems.has(one.name);
  return found?.length === 0 && channel.children.some(isStrange) ? undefined : found;
}

function entriesOf(root: XmlElement, channel: XmlElement): XmlElement[] | undefined {
  if (root.name === 'feed') return childrenOf(root, 'entry');
  if (root.name === 'rdf:rdf') return childrenOf(root, 'item');
  // Some write their items beside the channel instead of in it.
  return root.name === 'rss' ? [...childrenOf(channel, 'item'), ...childrenOf(root, 'item')] : undefined;
}

function rssItem(item: XmlElement): FeedItem | undefined {
  const title = textOf(item, 'title');
  if (title === null) return undefined;
  const html = textOf(item, 'description') ?? textOf(item, 'content:encoded') ?? '';
  const written = textOf(item, 'pubdate') ?? textOf(item, 'a10:updated') ?? textOf(item, 'dc:date');
  const link = textOf(item, 'link');
  return {
    guid: textOf(item, 'guid') ?? link ?? title,
    title: plainText(title),
    link,
    at: readTime(written),
    text: plainText(html),
    html,
    categories: childrenOf(item, 'category').flatMap((one) => (one.text.trim() === '' ? [] : [one.text.trim()])),
  };
}

function atomEntry(entry: XmlElement): FeedItem | undefined {
  const title = textOf(entry, 'title');
  if (title === null) return undefined;
  const html = textOf(entry, 'content') ?? textOf(entry, 'summary') ?? '';
  const links = childrenOf(entry, 'link');
  const link = links.find((one) => (one.attributes.get('rel') ?? 'alternate') === 'alternate') ?? links[0];
  return {
    guid: textOf(entry, 'id') ?? link?.attributes.get('href') ?? title,
    title: plainText(title),
    link: link?.attributes.get('href') ?? null,
    at: readTime(textOf(entry, 'updated') ?? textOf(entry, 'published')),
    text: plainText(html),
    html,
    categories: childrenOf(entry, 'category').flatMap((one) => one.attributes.get('term') ?? []),
  };
}
