import { expect, test } from 'vitest';
import { feedsOf } from '../../../src/tell/feeds.ts';
import { outageModel, pastIncident, sampleIncident, sampleModel, sampleNow } from '../../harness/page-model.ts';

const count = (text: string, piece: string): number => text.split(piece).length - 1;

test('each update is an entry, newest first, with an address of its own', () => {
  const { atom, rss } = feedsOf(outageModel());
  const ids = [...atom.matchAll(/<entry>[^]*?<id>([^<]+)<\/id>/g)].map((match) => match[1]);
  expect(ids.slice(0, 2)).toEqual([
    'https://status.example.com/incidents/inc_now#inc_now-u2',
    'https://status.example.com/incidents/inc_now#inc_now-u1',
  ]);
  expect(ids).toContain('https://status.example.com/#mnt_1-scheduled');
  expect(new Set(ids).size).toBe(ids.length);
  expect(atom).toContain('Identified: Checkout is not reachable');
  expect(atom).toContain('rel="self" href="https://status.example.com/feed.atom"');
  expect(count(rss, '<item>')).toBe(ids.length);
});

test('nothing written can end the document early', () => {
  const bad = 'a]]>b]]>c <![CDATA[ &amp; \u0000\u000b\ud800 \ufffe';
  const incident = sampleIncident('inc_x', {
    title: bad,
    updates: [{ id: 'u', phase: 'identified', body: bad, at: sampleNow }],
  });
  const { atom, rss } = feedsOf(sampleModel({ current: [incident], resolved: [] }));
  for (const text of [atom, rss]) {
    expect(count(text, '<![CDATA[')).toBeGreaterThan(1);
    // Every section that was opened by the writer is closed once: what a person wrote closes none.
    expect(text.replaceAll(/<!\[CDATA\[[^]*?\]\]>/g, '')).not.toContain(']]>');
    for (const char of ['\u0000', '\u000b', '\ufffe', '\ud800']) expect(text).not.toContain(char);
  }
});

test('the feeds hold the newest 50 and the same bytes for the same model', () => {
  const model = sampleModel({
    resolved: Array.from({ length: 80 }, (_, index) => pastIncident(`old-${index}`, index)),
  });
  const { atom } = feedsOf(model);
  expect(count(atom, '<entry>')).toBe(50);
  expect(atom).toContain('old-0#');
  expect(atom).not.toContain('old-79#');
  expect(feedsOf(model).atom).toBe(atom);
});
