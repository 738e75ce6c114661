import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isTrouble } from '../../../../src/domain/upstream.ts';
import type { FeedReading } from '../../../../src/watch/upstreams/format.ts';
import { type FeedKind, feedKinds } from '../../../../src/watch/upstreams/formats.ts';
import * as feeds from './excerpts.ts';
import { parse } from './read-feed.ts';

/** Whether somebody who reads this would believe that all is well. */
const readsAsHealth = (reading: FeedReading): boolean =>
  reading.ok &&
  !reading.notices.some((notice) => isTrouble(notice) && notice.impact !== 'operational') &&
  reading.parts.every((part) => part.impact === 'operational' || part.impact === 'under_maintenance');

/** As the page stands when only the incident tells of the trouble. */
const onlyIncident = {
  ...feeds.statuspageSummary,
  components: feeds.statuspageSummary.components.map((component) => ({ ...component, status: 'operational' })),
};

const troubledJson: readonly (readonly [FeedKind, object])[] = [
  ['statuspage', feeds.statuspageSummary],
  ['statuspage', onlyIncident],
  ['hugops', onlyIncident],
  ['incident-io', feeds.incidentIoSummary],
  ['incident-io', feeds.statuspageSummary],
  ['instatus', feeds.instatusSummary],
  ['status-io', feeds.statusIoStatus],
  ['better-stack', feeds.betterStackIndex],
  ['firehydrant', feeds.firehydrantPage],
  ['aws', [feeds.awsEvent]],
  ['google-cloud', [feeds.googleIncident]],
  ['slack', { status: 'active', active_incidents: [feeds.slackIncident] }],
  ['slack', [feeds.slackIncident]],
];

const item = feeds.rssItem('Errors', '&lt;b&gt;Identified&lt;/b&gt; - we look');
const troubledXml: readonly (readonly [FeedKind, string])[] = [
  ['rss', feeds.rssFeed(item)],
  ['rss', feeds.atomFeed('&lt;b&gt;Identified&lt;/b&gt; - we look')],
  ['aws-rss', feeds.awsFeed(feeds.awsItem('Service disruption: Errors', 'dynamodb-us-east-1', 1777890000))],
  ['azure-rss', feeds.rssFeed(item)],
];

/** Every place in a document: the object or array that holds it, and the key. */
function placesIn(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [[...path, key], ...placesIn(inner, [...path, key])]);
}

type Change = { kind: 'remove' } | { kind: 'rename' } | { kind: 'replace'; by: unknown };

function changed(document: object, path: readonly string[], change: Change): unknown {
  const copy: unknown = structuredClone(document);
  let holder = copy as Record<string, unknown>;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<string, unknown>;
  const key = path.at(-1) ?? '';
  // A list without one of its entries is not broken: it says that the entry is over.
  if (Array.isArray(holder) && change.kind !== 'replace') return copy;
  if (change.kind === 'replace') holder[key] = change.by;
  else {
    if (change.kind === 'rename') holder[`${key}_v2`] = holder[key];
    delete holder[key];
  }
  return copy;
}

const anyChange: fc.Arbitrary<Change> = fc.oneof(
  fc.constant<Change>({ kind: 'remove' }),
  fc.constant<Change>({ kind: 'rename' }),
  fc
    .oneof(fc.constant(null), fc.constant({}), fc.integer(), fc.boolean(), fc.string(), fc.constant('operationalish'))
    .map((by): Change => ({ kind: 'replace', by })),
);

describe('feeds as nobody meant them', () => {
  it('are what they are before anything is changed: trouble', () => {
    for (const [kind, feed] of [...troubledJson, ...troubledXml]) {
      const reading = parse(kind, feed);
      expect([kind, reading.ok]).toEqual([kind, true]);
      expect([kind, readsAsHealth(reading)]).toEqual([kind, false]);
    }
  });

  it.each(troubledJson)(
    '%s: whatever is removed, renamed or replaced, trouble does not become health',
    (kind, feed) => {
      const places = placesIn(feed);
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(places.length - 1), anyChange), { minLength: 1, maxLength: 1 }),
          (changes) => {
            let document: unknown = feed;
            for (const [index, change] of changes) document = changed(document as object, places[index] ?? [], change);
            expect(readsAsHealth(parse(kind, document as object))).toBe(false);
          },
        ),
        { numRuns: 400 },
      );
    },
  );

  it.each(troubledXml)('%s: cut short anywhere, it is no reading', (kind, feed) => {
    for (let length = 0; length < feed.length; length++) {
      expect([length, parse(kind, feed.slice(0, length)).ok]).toEqual([length, false]);
    }
  });

  it.each(troubledXml)('%s: with another element in the place of any, trouble does not become health', (kind, feed) => {
    const names = new Set(feed.match(/(?<=<)[a-z:0-9]+/gi) ?? []);
    for (const name of names) {
      const renamed = feed.replaceAll(new RegExp(`(</?)${name}(?=[ >/])`, 'gi'), '$1something');
      expect([name, readsAsHealth(parse(kind, renamed))]).toEqual([name, false]);
    }
  });

  it.each(feedKinds)('%s: never throws on any bytes, and takes none of them for a feed', (kind) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(parse(kind, bytes).ok).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it.each(feedKinds)('%s: never throws on any JSON, and takes none of it for a feed', (kind) => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const reading = parse(kind, JSON.stringify(value));
        // An empty list is what three providers say when nothing is wrong.
        const isEmptyList = Array.isArray(value) && value.length === 0;
        expect(reading.ok && !isEmptyList).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  it.each(troubledXml)('%s: never throws, whatever signs are put in', (kind, feed) => {
    const sign = fc.constantFrom(
      '<',
      '>',
      '&',
      '"',
      '/',
      ']]>',
      '<![CDATA[',
      '<!--',
      '&#0;',
      '&#x110000;',
      '&nope;',
      '\0',
      '\ud800',
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(feed.length), sign), { maxLength: 4 }), (insertions) => {
        let text = feed;
        for (const [at, inserted] of insertions) text = text.slice(0, at) + inserted + text.slice(at);
        const reading = parse(kind, text);
        expect(JSON.stringify(reading)).not.toContain('\\u0000');
      }),
      { numRuns: 300 },
    );
  });

  it.each(feedKinds)('%s: has bounds', (kind) => {
    const bomb =
      '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">]><rss><channel><title>&b;</title></channel></rss>';
    const deepXml = '<rss>'.repeat(5_000);
    const deepJson = '['.repeat(200_000);
    const large = Buffer.alloc(5_242_881, 0x20);
    for (const feed of [bomb, deepXml, deepJson, large]) {
      const startedAt = performance.now();
      expect(parse(kind, feed).ok).toBe(false);
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    }
    const isXml = kind === 'rss' || kind === 'aws-rss' || kind === 'azure-rss';
    expect(parse(kind, isXml ? bomb : deepJson)).toMatchObject({ ok: false, reason: 'refused' });
  });

  it('reads hostile text in linear time', () => {
    const cases = [
      '<'.repeat(199_000),
      '<a '.repeat(60_000),
      '&'.repeat(199_000),
      '<p>'.repeat(60_000),
      '-'.repeat(199_000),
      `${' '.repeat(99_000)}x`,
    ];
    for (const text of cases) {
      const startedAt = performance.now();
      parse('rss', feeds.rssFeed(`<item><title>E</title><description><![CDATA[${text}]]></description></item>`));
      parse('statuspage', {
        page: { id: 'p', name: text },
        incidents: [{ id: 'i', name: text, status: text, created_at: text }],
      });
      expect(performance.now() - startedAt).toBeLessThan(1_000);
    }
  });

  it('shows no sign that the database or a header would refuse', () => {
    const [incident] = feeds.statuspageSummary.incidents;
    const hostile = {
      ...feeds.statuspageSummary,
      incidents: [{ ...incident, name: 'a\0b\n\u202ec\ud800', shortlink: 'javascript:alert(1)' }],
    };
    const reading = parse('statuspage', hostile);
    expect(reading.ok && reading.notices.find((notice) => notice.kind === 'incident')).toMatchObject({
      title: 'a b c\ufffd',
      url: null,
    });
  });
});
