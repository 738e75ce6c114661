import ICAL from 'ical.js';
import { expect, test } from 'vitest';
import { badgeFiles } from '../../../src/tell/machines/badges.ts';
import { calendarOf } from '../../../src/tell/machines/calendar.ts';
import { feedsOf } from '../../../src/tell/feeds.ts';
import { renderSite, type SiteFile } from '../../../src/tell/render-site.ts';
import { answerFor } from '../../../src/tell/serve-artefact.ts';
import { siteAssets } from '../../../src/tell/site-assets.ts';
import { toArtefacts } from '../../../src/tell/artefact.ts';
import { outageModel, sampleComponent, sampleIncident, sampleModel, sampleNow } from '../../harness/page-model.ts';

const hour = 3_600_000;
const bad = '</script><b>&"\'';
const model = outageModel();
const site = (of = model): Map<string, SiteFile> =>
  new Map(renderSite(of, siteAssets()).map((file) => [file.path, file]));
const textOf = (path: string, of = model): string => String(site(of).get(path)?.body);

test('the calendar says to an independent reader what is planned, in UTC, also words that the format would trip over', () => {
  const plan = {
    id: 'mnt_x',
    title: 'Larger; machines, \\ and\u0007 "more"',
    body: 'First line.\r\nSecond line, which is so long that it must be folded: äöü 日本語 🛠 and so on and so on and so on.',
    status: 'scheduled' as const,
    startsAt: sampleNow + 24 * hour,
    endsAt: sampleNow + 26 * hour,
    createdAt: sampleNow - hour,
    updatedAt: sampleNow,
    affected: [{ id: 'search', name: 'Search', impact: 'under_maintenance' as const }],
  };
  const text = calendarOf(sampleModel({ maintenances: [plan] }));
  expect(text.split('\r\n').every((line) => Buffer.byteLength(line) <= 75)).toBe(true);
  const calendar = new ICAL.Component(ICAL.parse(text) as unknown[] as never);
  const [event] = calendar.getAllSubcomponents('vevent').map((component) => new ICAL.Event(component));
  expect(event?.uid).toBe('mnt_x@status.example.com');
  expect(event?.summary).toBe('Larger; machines, \\ and "more"');
  expect(event?.description).toBe(
    'First line.\nSecond line, which is so long that it must be folded: äöü 日本語 🛠 and so on and so on and so on.\n\nAffects Search.',
  );
  expect(event?.startDate.toJSDate().getTime()).toBe(plan.startsAt);
  expect(event?.endDate.toJSDate().getTime()).toBe(plan.endsAt);
  expect(calendarOf(sampleModel({ maintenances: [plan] }))).toBe(text);
});

test('badges say in words and colour what is, for the page and each component; nothing written ends the picture', () => {
  const files = new Map(
    badgeFiles(
      sampleModel({
        components: [
          sampleComponent('checkout', { name: bad, status: 'major_outage' }),
          sampleComponent('../evil', { name: 'never a path' }),
        ],
      }),
    ).map((file) => [file.path, file.body]),
  );
  expect([...files.keys()]).toEqual(['/badge.svg', '/badge.json', '/badges/checkout.svg', '/badges/checkout.json']);
  expect(files.get('/badges/checkout.svg')).toContain('Major outage</text>');
  expect(files.get('/badges/checkout.svg')).not.toContain('<b>');
  expect(JSON.parse(files.get('/badges/checkout.json') ?? '')).toEqual({
    schemaVersion: 1,
    label: bad,
    message: 'Major outage',
    color: '#b3261e',
    cacheSeconds: 300,
  });
});

test('JSON Feed holds what Atom holds', () => {
  const feed = JSON.parse(feedsOf(model).json) as {
    version: string;
    feed_url: string;
    items: { id: string; url: string }[];
  };
  expect(feed.version).toBe('https://jsonfeed.org/version/1');
  expect(feed.feed_url).toBe('https://status.example.com/feed.json');
  expect(feed.items.map((item) => item.id)).toContain('https://status.example.com/incidents/inc_now#inc_now-u2');
});

test('search engines find the incidents, and JSON-LD that no words can end', () => {
  expect(textOf('/robots.txt')).toContain('Sitemap: https://status.example.com/sitemap.xml');
  expect(textOf('/sitemap.xml')).toContain('<loc>https://status.example.com/incidents/inc_now</loc><lastmod>2026-');
  const incident = sampleIncident('inc_x', { title: bad });
  const page = textOf('/incidents/inc_x', sampleModel({ current: [incident] }));
  const data = /<script type="application\/ld\+json">([^]*?)<\/script>/.exec(page)?.[1] ?? '';
  expect(JSON.parse(data)).toMatchObject({ '@type': 'LiveBlogPosting', headline: bad, liveBlogUpdate: [{}, {}] });
  expect(page).toContain('<meta property="og:title" content="&lt;/script&gt;');
});

test('only the widget may be framed, and it holds no script', async () => {
  expect(textOf('/embed')).not.toContain('<script');
  expect(textOf('/embed')).toContain('<base target="_top"');
  const artefacts = await toArtefacts([...site().values()], new Map());
  const policy = (url: string): string | undefined =>
    answerFor(artefacts, { method: 'GET', url, acceptEncoding: undefined, ifNoneMatch: undefined }, siteAssets().csp)
      ?.headers['content-security-policy'];
  expect(policy('/embed')).toContain('frame-ancestors *');
  expect(policy('/')).toContain("frame-ancestors 'none'");
});
