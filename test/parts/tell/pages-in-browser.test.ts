import { AxeBuilder } from '@axe-core/playwright';
import { Hono } from 'hono';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { ServiceError } from '../../../src/platform/errors.ts';
import { type HttpServer, listen } from '../../../src/platform/http/server.ts';
import { problemResponse } from '../../../src/platform/http/problem.ts';
import { createProofOfWork } from '../../../src/platform/proof-of-work.ts';
import { systemRandom } from '../../../src/platform/random.ts';
import { type Artefact, toArtefacts } from '../../../src/tell/artefact.ts';
import { renderSite } from '../../../src/tell/render-site.ts';
import { answerFor } from '../../../src/tell/serve-artefact.ts';
import { siteAssets } from '../../../src/tell/site-assets.ts';
import { openBrowser } from '../../harness/browser.ts';
import { outageModel, pastIncident, sampleModel, sampleNow, thankedIncident } from '../../harness/page-model.ts';

const minute = 60_000;
const outage = { ...outageModel(), resolved: [thankedIncident(), pastIncident('old-1', 2), pastIncident('old-2', 40)] };
const paths = ['/', '/history', '/report', '/subscribe', '/incidents/inc_now', '/incidents/inc_thanked', '/nowhere'];

interface Posted {
  path: string;
  body: Record<string, unknown>;
}

let browser: Browser;
let server: HttpServer;
let base: string;
let model = outage;
let published: { model: typeof outage | undefined; artefacts: Map<string, Artefact> } = {
  model: undefined,
  artefacts: new Map(),
};
let posted: Posted[] = [];
let refusal: ServiceError | undefined;

/** The published site of `model` over a real socket, with a real proof of work before the two forms. */
beforeAll(async () => {
  const proofOfWork = createProofOfWork({ clock: { now: () => sampleNow }, random: systemRandom, secret: 'secret' });
  const { csp } = siteAssets();
  const app = new Hono();
  app.get('/altcha', async (c) => c.json(await proofOfWork.challenge()));
  for (const path of ['/report', '/incidents/:id/hugs']) {
    app.post(path, async (c) => {
      const { altcha, ...body } = await c.req.json<Record<string, unknown>>();
      await proofOfWork.check(String(altcha));
      if (refusal !== undefined) throw refusal;
      posted.push({ path: c.req.path, body });
      return path === '/report' ? c.json({ others: 213 }) : c.json({ status: 'held' }, 201);
    });
  }
  app.get('*', async (c) => {
    if (published.model !== model) {
      published = { model, artefacts: await toArtefacts(renderSite(model, siteAssets()), published.artefacts) };
    }
    const { artefacts } = published;
    const asked = { method: c.req.method, url: c.req.path, acceptEncoding: undefined, ifNoneMatch: undefined };
    const found = answerFor(artefacts, asked, csp);
    const missing = answerFor(artefacts, { ...asked, url: '/404.html' }, csp);
    const { body, headers } = found ?? missing ?? { body: undefined, headers: {} };
    return new Response(new Uint8Array(body ?? []), { status: found === undefined ? 404 : 200, headers });
  });
  app.onError((error) => problemResponse(error));
  server = await listen({ fetch: app.fetch, port: 0, host: '127.0.0.1', trustedProxies: 0 });
  base = `http://127.0.0.1:${server.port}`;
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await server.close(0);
});

beforeEach(() => {
  model = outage;
  posted = [];
  refusal = undefined;
});

type Options = NonNullable<Parameters<Browser['newContext']>[0]>;

/** A visitor a minute after the publication. Whatever the browser complains about fails the test. */
async function visit(options: Options, work: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ baseURL: base, timezoneId: 'Europe/Berlin', ...options });
  const complaints: string[] = [];
  try {
    const page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      // A refused form and an unknown page are part of the story.
      if (message.type() === 'error' && !message.text().includes('Failed to load resource')) {
        complaints.push(message.text());
      }
    });
    await page.clock.install({ time: sampleNow + minute });
    await work(page, context);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

const openDetails = 'for (const node of document.querySelectorAll("details")) node.open = true';

test.each(['light', 'dark'] as const)('axe finds nothing on any page in the %s', async (colorScheme) => {
  await visit({ colorScheme, viewport: { width: 390, height: 800 }, bypassCSP: true }, async (page) => {
    for (const path of paths) {
      await page.goto(path);
      await page.evaluate(openDetails);
      const { violations, passes } = await new AxeBuilder({ page }).analyze();
      expect(passes.map(({ id }) => id)).toContain('color-contrast');
      expect(violations.map(({ id, nodes }) => `${path} ${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual(
        [],
      );
    }
  });
});

test.each([320, 390, 768, 1280])('nothing is cut off at %d px', async (width) => {
  await visit({ viewport: { width, height: 800 } }, async (page) => {
    for (const path of paths) {
      await page.goto(path);
      await page.evaluate(openDetails);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    }
  });
});

test('without JavaScript everything can be read, in the zone of the page, and the address can be left', async () => {
  await visit({ javaScriptEnabled: false }, async (page) => {
    await page.goto('/');
    const text = await page.locator('main').innerText();
    expect(text).toContain('Some services are down');
    expect(text).toContain('3 Dec, 14:02 UTC');
    expect(text).toContain('214 people report this too.');
    expect(await page.locator('footer').innerText()).toContain('Published 3 December 2026 at 14:40 UTC');
    expect(await page.locator('#stale').isVisible()).toBe(false);
    await page.goto('/report');
    expect(await page.locator('noscript').innerText()).toContain('Sending needs JavaScript');
    await page.goto('/subscribe');
    expect(await page.locator('form[method=post][action="/subscribe"] input[type=email]').isVisible()).toBe(true);
  });
});

test('with it, times are relative, with the exact one and the reader’s zone a touch away', async () => {
  await visit({}, async (page) => {
    await page.goto('/');
    const since = page.locator('.hero time');
    expect(await since.innerText()).toBe('15:02 CET (39 min)');
    expect(await since.getAttribute('title')).toBe('3 December 2026 at 15:02 (Europe/Berlin)');
    expect(await page.locator('#published').innerText()).toContain('Published 1 minute ago.');
    expect(await page.locator('#zone').innerText()).toContain('Europe/Berlin');
  });
});

test('an old page says that it is old, and says so no more when a newer one is out', async () => {
  await visit({}, async (page) => {
    await page.clock.setFixedTime(sampleNow + 47 * minute);
    await page.goto('/');
    expect(await page.locator('#stale').innerText()).toBe(
      'This was published 47 minutes ago and may no longer be true.',
    );
  });
  await visit({}, async (page) => {
    await page.goto('/');
    expect(await page.locator('#stale').isVisible()).toBe(false);
    model = {
      ...outage,
      publishedAt: sampleNow + 2 * minute,
      page: { ...outage.page, updatedAt: sampleNow + 2 * minute },
    };
    await page.clock.runFor(3 * minute);
    await page.locator('#stale a').waitFor();
    expect(await page.locator('#stale').innerText()).toBe('There is news. Show it');
    expect(await page.locator('#published').innerText()).toContain('Published 2 minutes ago.');
  });
});

test('a report is sent after the proof of work, and says that nobody is alone', async () => {
  await visit({ viewport: { width: 390, height: 800 } }, async (page) => {
    await page.goto('/');
    await page.getByRole('link', { name: 'I have this problem too' }).click();
    await page.waitForURL('**/report?incident=inc_now');
    expect(await page.getByRole('radio', { name: /Checkout/ }).isChecked()).toBe(true);
    await page.getByRole('radio', { name: /Search/ }).check();
    await page.getByRole('button', { name: 'Send my report' }).click();
    const done = page.locator('.done');
    await done.waitFor({ timeout: 60_000 });
    expect(await done.innerText()).toContain('You are not alone: 213 other people report a problem with Search.');
    expect(posted).toEqual([{ path: '/report', body: { serviceId: 'svc-search' } }]);
    expect(await page.evaluate('document.activeElement.className')).toBe('done');
  });
});

test('a report without a choice is asked for one, and nothing is sent', async () => {
  model = { ...sampleModel(), resolved: [] };
  await visit({}, async (page) => {
    await page.goto('/report');
    await page.getByRole('button', { name: 'Send my report' }).click();
    expect(await page.getByRole('alert').innerText()).toBe('Please choose what does not work for you.');
    expect(posted).toEqual([]);
  });
});

test('a hug goes to where it belongs, with the words; a refusal names the field and keeps what was written', async () => {
  await visit({}, async (page) => {
    await page.goto('/incidents/inc_thanked#thanks');
    await page.getByRole('radio', { name: 'A cake' }).check();
    const words = page.getByLabel('A few words, if you like');
    await words.fill('  Thank you!  ');
    expect(await page.locator('.counter').innerText()).toBe('266 left');

    refusal = new ServiceError('invalid', 'message: no', {
      fields: [{ path: 'message', message: 'No links, please.' }],
    });
    await page.getByRole('button', { name: 'Send it' }).click();
    await page.getByRole('alert').filter({ hasText: 'No links, please.' }).waitFor({ timeout: 60_000 });
    expect(await words.getAttribute('aria-invalid')).toBe('true');
    expect(await words.inputValue()).toBe('  Thank you!  ');
    expect(posted).toEqual([]);

    refusal = undefined;
    await page.getByRole('button', { name: 'Send it' }).click();
    await page.locator('.done').waitFor({ timeout: 60_000 });
    const body = { kind: 'cake', addressedTo: 'team', message: 'Thank you!' };
    expect(posted).toEqual([{ path: '/incidents/inc_thanked/hugs', body }]);
    expect(await page.locator('.done').innerText()).toContain('Your words appear here once somebody has read them.');
    expect(await page.locator('.hug-form').count()).toBe(0);
  });
});

test('it works by keyboard alone', async () => {
  await visit({}, async (page) => {
    await page.goto('/incidents/inc_thanked');
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the content');
    await page.locator('input[value=hug]').focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('radio', { name: 'A coffee' }).isChecked()).toBe(true);
    expect(
      await page.evaluate('getComputedStyle(document.querySelector("input[value=coffee] + span")).outlineStyle'),
    ).toBe('solid');
  });
});

test('print and forced colours keep the words and drop the buttons that paper has not', async () => {
  await visit({ forcedColors: 'active' }, async (page) => {
    await page.goto('/');
    expect(await page.locator('.hero').innerText()).toContain('Some services are down');
    expect(await page.evaluate('getComputedStyle(document.querySelector(".d-down")).fill')).not.toBe('none');
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('link', { name: 'I have this problem too' }).isVisible()).toBe(false);
    expect(await page.getByRole('heading', { name: 'Checkout is not reachable', level: 2 }).isVisible()).toBe(true);
  });
});

test('nothing jumps while the page loads, and reading loads one script', async () => {
  await visit({}, async (page) => {
    const loaded: string[] = [];
    page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
    await page.addInitScript(
      'window.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) window.shift += entry.value; }).observe({ type: "layout-shift", buffered: true });',
    );
    await page.goto('/', { waitUntil: 'networkidle' });
    expect(await page.evaluate('window.shift')).toBeLessThan(0.02);
    expect(loaded.filter((path) => path !== '/favicon.svg')).toEqual(['/', siteAssets().pageScript.path]);
  });
});

test('the feeds and the picture are well-formed to a parser that is not ours', async () => {
  // The parsed picture's own style would count as one of the page that parses it.
  await visit({ bypassCSP: true }, async (page) => {
    await page.goto('/nowhere');
    for (const [path, root] of [
      ['/feed.atom', 'feed'],
      ['/feed.rss', 'rss'],
      ['/favicon.svg', 'svg'],
    ]) {
      const found = await page.evaluate(
        `fetch('${path}').then((answer) => answer.text()).then((text) => new DOMParser().parseFromString(text, 'application/xml')).then((xml) => xml.querySelector('parsererror') ? xml.documentElement.textContent : xml.documentElement.localName)`,
      );
      expect(found).toBe(root);
    }
  });
});
