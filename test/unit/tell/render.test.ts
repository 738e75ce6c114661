import { createHash } from 'node:crypto';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { dayText } from '../../../src/tell/render/days-chart.ts';
import { messagePage } from '../../../src/tell/render/form-pages.ts';
import type { Frame } from '../../../src/tell/render/layout.ts';
import { toText } from '../../../src/tell/render/markup.ts';
import { prose } from '../../../src/tell/render/prose.ts';
import { durationText, timesIn } from '../../../src/tell/render/times.ts';
import { namesText } from '../../../src/tell/render/words.ts';
import { renderSite, type SiteFile } from '../../../src/tell/render-site.ts';
import { siteAssets } from '../../../src/tell/site-assets.ts';
import {
  outageModel,
  pastIncident,
  sampleComponent,
  sampleDays,
  sampleIncident,
  sampleModel,
  sampleNow,
  thankedIncident,
} from '../../harness/page-model.ts';

const assets = siteAssets();
const pagesOf = (files: SiteFile[]): Map<string, string> =>
  new Map(files.filter((file) => file.type.startsWith('text/html')).map((file) => [file.path, String(file.body)]));
const outage = { ...outageModel(), resolved: [thankedIncident(), pastIncident('old-1', 2)] };
const pages = pagesOf(renderSite(outage, assets));
const pageAt = (path: string): string => pages.get(path) ?? '';

describe('every page', () => {
  test.each([...pages.keys()])('%s is whole, and fits its content security policy', (path) => {
    const text = pageAt(path);
    expect(text).toMatch(/^<!doctype html>\n<html\s+lang="en"/);
    expect(text.match(/<h1[ >]/g)).toHaveLength(1);
    expect(text).toContain('<main id="main"');
    expect(text).not.toMatch(/\son\w+="|\sstyle="|javascript:|\[object |undefined|NaN/);
    const style = /<style>([^]*?)<\/style>/.exec(text)?.[1] ?? '';
    expect(assets.csp).toContain(`'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, used] of text.matchAll(/<use href="#([^"]+)"/g)) expect(ids).toContain(used);
    for (const [, src] of text.matchAll(/(?:src|data-widget|data-pbkdf2|data-sha)="([^"]+)"/g)) {
      expect(assets.files.map((file) => file.path)).toContain(src);
    }
  });

  test('pages of a publication exist for everything that is linked', () => {
    const paths = new Set(renderSite(outage, assets).map((file) => file.path));
    for (const text of pages.values()) {
      for (const [, href = ''] of text.matchAll(/<a [^>]*href="(\/[^"#?]*)/g)) expect(paths).toContain(href);
    }
  });
});

describe('what people write', () => {
  const hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)> & \'';

  test('stays text on every face', () => {
    const incident = sampleIncident('inc_x', {
      title: hostile,
      affected: [{ id: 'evil', name: hostile, impact: 'major_outage' }],
      updates: [
        { id: 'u', phase: 'identified', body: `${hostile}\n\nhttps://example.com/"onclick=alert(1)`, at: sampleNow },
      ],
    });
    const past = thankedIncident();
    const model = sampleModel({
      components: [sampleComponent('evil', { name: hostile, description: hostile })],
      current: [incident],
      resolved: [
        {
          ...past,
          thanks: {
            ...past.thanks,
            people: [hostile],
            messages: [{ id: 'h', kind: 'hug', text: hostile, at: sampleNow }],
          },
        },
      ],
    });
    model.page = { ...model.page, title: hostile, description: hostile };
    for (const text of pagesOf(renderSite(model, assets)).values()) {
      // A data block is text for programs; that nothing in it ends it is tested with the others of machines.
      const shown = text.replaceAll(/<script type="application\/ld\+json">[^<]*<\/script>/g, '');
      expect(shown.replaceAll(/<script\s+src="\/assets\/[^>]*><\/script>/g, '')).not.toMatch(/<script|<img|\sonclick=/);
    }
  });

  test('becomes paragraphs, line breaks and links, nothing else', () => {
    expect(toText(prose('One\ntwo\r\n\r\n See https://example.com/a?b=1&c, or <b>not</b>.\n\n\n'))).toBe(
      '<p>One<br>two</p><p>See <a href="https://example.com/a?b=1&amp;c" rel="nofollow noopener">https://example.com/a?b=1&amp;c</a>, or &lt;b&gt;not&lt;/b&gt;.</p>',
    );
    expect(toText(prose('javascript:alert(1) ftp://x.test'))).toBe('<p>javascript:alert(1) ftp://x.test</p>');
    expect(toText(prose('  '))).toBe('');
  });
});

describe('the page in an outage', () => {
  const text = pageAt('/');

  test('says what is broken, since when, what is done, and offers the button, before everything else', () => {
    const order = [
      'Some services are down',
      'Checkout is not reachable',
      'We are moving to the replica',
      '214 people report',
      'I have this problem too',
      '>Services<',
      'Planned maintenance',
      'The last 15 days',
    ];
    const places = order.map((piece) => text.indexOf(piece));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(text).toContain('3 Dec, 14:02 UTC');
  });

  test('uses the hug colour for thanks only, and never an exclamation mark', () => {
    expect(text.match(/class="warm"/g)).toHaveLength(1);
    const words = text.replaceAll(/<(style|script)[^]*?<\/\1>|<[^>]*>/g, '');
    expect(words).not.toContain('!');
  });

  test('has a word beside each state, and the days in words', () => {
    expect(text).toContain('Major outage');
    expect(text).toContain('Operational');
    expect(text).toMatch(/aria-label="Checkout, the last 90 days: 99\.\d\d % up, 4 days with trouble\."/);
    expect(text).toContain('down 25 min');
  });
});

test('quiet days run together', () => {
  const text = pagesOf(renderSite(sampleModel({ resolved: [pastIncident('old', 2)] }), assets)).get('/') ?? '';
  expect(text).toContain('2 Dec to 3 Dec');
  expect(text).toContain('19 Nov to 30 Nov');
  expect(text.match(/No incidents/g)).toHaveLength(2);
});

test('thanks appear only where there are some, or where they may be given', () => {
  const settled = pagesOf(renderSite(sampleModel(), assets)).get('/incidents/old-1') ?? '';
  expect(settled).not.toContain('id="thanks"');
  expect(settled).not.toContain('data-form');
  const open = pageAt('/incidents/inc_thanked');
  expect(open).toContain('Thanks to Alice and Bob, who worked on it.');
  expect(open.match(/name="kind"/g)).toHaveLength(6);
  expect(open).toContain('maxlength="280"');
});

test('an incident that is over is the same file in every publication; the page is not', () => {
  const at = (now: number): Map<string, SiteFile> =>
    new Map(renderSite({ ...outage, publishedAt: now }, assets).map((file) => [file.path, file]));
  const [first, second] = [at(sampleNow), at(sampleNow + 300_000)];
  expect(second.get('/incidents/old-1')).toEqual(first.get('/incidents/old-1'));
  for (const path of ['/subscribe', '/404.html']) expect(second.get(path)?.body).toBe(first.get(path)?.body);
  expect(second.get('/')?.body).not.toBe(first.get('/')?.body);
  expect(second.get('/incidents/inc_now')?.body).not.toBe(first.get('/incidents/inc_now')?.body);
});

test('50 components with history weigh less than 60 kB compressed', () => {
  const components = Array.from({ length: 50 }, (_, index) =>
    sampleComponent(`component-${index}`, { days: sampleDays(index), groupId: index < 40 ? 'shop' : null }),
  );
  const text = pagesOf(renderSite(sampleModel({ components }), assets)).get('/') ?? '';
  const weight = brotliCompressSync(text).length + brotliCompressSync(assets.pageScript.body).length;
  expect(weight).toBeLessThan(60_000);
});

test('a page before set-up says so', () => {
  const text = pagesOf(renderSite(sampleModel({ components: [], groups: [], resolved: [] }), assets)).get('/') ?? '';
  expect(text).toContain('No services are shown here yet.');
});

test('a message page has at most one button, which posts', () => {
  const frame: Frame = { page: outage.page, assets, age: { kind: 'none' } };
  const text = messagePage(frame, {
    title: 'Stop?',
    text: 'Really?',
    icon: 'bell',
    action: { href: '/unsubscribe?token=a"b', label: 'Stop' },
  });
  expect(text).toContain('<form method="post" action="/unsubscribe?token=a&quot;b">');
  expect(text).toContain('noindex');
});

test('times are in the zone of the page, which is named', () => {
  const at = Temporal.Instant.from('2026-07-01T22:30:00Z').epochMilliseconds;
  expect(timesIn('Europe/Berlin').exact(at)).toBe('2 July 2026 at 00:30 CEST');
  expect(timesIn('America/New_York').isoDay(at)).toBe('2026-07-01');
});

test('durations, lists and days in words', () => {
  expect([59_000, 60_000, 3_600_000, 5_400_000, 86_400_000, 187_200_000].map(durationText)).toEqual([
    'under a minute',
    '1 min',
    '1 h',
    '1 h 30 min',
    '1 day',
    '2 days 4 h',
  ]);
  expect([[], ['a'], ['a', 'b'], ['a', 'b', 'c'], ['a', 'b', 'c', 'd', 'e']].map((names) => namesText(names))).toEqual([
    '',
    'a',
    'a and b',
    'a, b and c',
    'a, b, c and 2 more',
  ]);
  expect(dayText({ upMs: 1, degradedMs: 0, downMs: 720_000, unknownMs: 10_800_000 })).toBe(
    'down 12 min, not measured 3 h',
  );
});
