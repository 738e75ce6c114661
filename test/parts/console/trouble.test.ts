import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../../harness/browser.ts';
import { visit } from './stage.ts';
import { openTroubleStage, type TroubleStage } from './trouble-stage.ts';

// A provider breaks, and three services with it: what the screens say of it, and what a person can do there.

let browser: Browser;
let stage: TroubleStage;
beforeAll(async () => {
  browser = await openBrowser();
  stage = await openTroubleStage();
});
afterAll(async () => {
  await stage?.stop();
  await browser?.close();
});

const viewport = { width: 390, height: 844 };

test('the screens of a shared cause, of probes, of rules and of what is published fit a phone, and axe finds nothing', async () => {
  const { page, complaints, close } = await visit(browser, stage, { viewport, colorScheme: 'dark' });
  for (const [path, seen] of [
    ['/console/dependencies', 'Likely cause of #1'],
    [`/console/incidents/${stage.incidentId}`, 'Services touched: 4'],
    ['/console/services', 'Not started yet'],
    ['/console/services/mail', 'Change what it needs'],
    ['/console/me', 'Phone at once, alice@example.com after 2 min'],
    ['/console/listening', 'Checkout'],
    ['/console/page', 'Cache hook'],
  ] as const) {
    await page.goto(path);
    await page.getByText(seen).first().waitFor();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map((fault) => `${path} ${fault.id}`)).toEqual([]);
    expect([path, await page.evaluate('document.documentElement.scrollWidth <= innerWidth')]).toEqual([path, true]);
  }
  expect(complaints).toEqual([]);
  await close();
});

test('the notice of the provider stands once for all services; the cause is ruled out; one service is taken out; it is snoozed', async () => {
  const { page, close } = await visit(browser, stage, { viewport });
  await page.goto(`/console/incidents/${stage.incidentId}`);
  await page.getByRole('button', { name: 'acme/eu/storage is not the cause' }).waitFor();
  expect(await page.getByText('A provider', { exact: true }).count()).toBe(1);
  await page.getByText(/^For .*Checkout/).waitFor();

  await page.getByRole('button', { name: 'Give Basket an incident of its own' }).click();
  await page.getByRole('button', { name: 'Yes, take it out' }).click();
  await page.getByRole('heading', { name: 'Services touched: 3' }).waitFor();
  await page.getByRole('button', { name: 'acme/eu/storage is not the cause' }).click();
  await page.getByText('Ruled out: acme/eu/storage').waitFor();

  await page.getByRole('button', { name: 'Snooze', exact: true }).click();
  await page.getByRole('button', { name: '2 hours' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const { body } = await stage.api('GET', `/incidents/${stage.incidentId}`);
  expect(body).toMatchObject({ status: 'acknowledged', cause: expect.not.objectContaining({ id: 'acme/eu/storage' }) });
  const { snoozedUntil } = body as { snoozedUntil: number };
  expect(Math.abs(snoozedUntil - stage.clock.now() - 2 * 3_600_000)).toBeLessThan(60_000);
  await close();
});

test('what a service needs is changed by its words, and a wrong one is told at the field', async () => {
  const { page, close } = await visit(browser, stage, { viewport });
  await page.goto('/console/services/mail');
  await page.getByRole('link', { name: 'Prices' }).waitFor();
  await page.getByRole('button', { name: 'Change what it needs' }).click();
  const field = page.getByLabel('Needs, one a line');
  await field.fill('basket\nchekout soft');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/there is no service chekout.*checkout/i).waitFor();
  await field.fill('basket\ncheckout soft');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByRole('link', { name: 'Basket' }).waitFor();
  expect((await stage.api('GET', '/services/mail')).body).toMatchObject({
    dependsOn: [
      { id: 'basket', name: 'Basket', hardness: 'hard' },
      { id: 'checkout', name: 'Checkout', hardness: 'soft' },
    ],
  });
  await close();
});

test('a message is tried before its source is made; a probe that was never started is not asked to look', async () => {
  const { page, close } = await visit(browser, stage, { viewport });
  await page.goto('/console/services/mail');
  await page.getByRole('button', { name: 'Add a source' }).click();
  await page.getByLabel('The tool', { exact: true }).selectOption('webhook');
  for (const [label, path] of Object.entries({ Key: '$.id', Status: '$.state', Summary: '$.title' }))
    await page.getByLabel(label, { exact: true }).fill(path);
  await page.getByText('Try it with a message').click();
  const before = await stage.app.ctx.db.selectFrom('signals').select('id').execute();
  for (const [message, outcome] of [
    ['{"id":7,"state":"open","title":"The queue is long"}', 'The queue is long'],
    ['{"id":7', /^It would be refused: /],
  ] as const) {
    await page.getByLabel('A message of the tool').fill(message);
    await page.getByRole('button', { name: 'See what it becomes' }).click();
    await page.getByRole('status').getByText(outcome, { exact: true }).waitFor();
  }
  expect(await stage.app.ctx.db.selectFrom('signals').select('id').execute()).toEqual(before);
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'Add a check' }).click();
  expect(await page.getByLabel('Oslo, second line (not started yet)').isChecked()).toBe(false);
  expect(await page.getByLabel('This server').isChecked()).toBe(true);
  await close();
});

test('what HugOps finds wrong with itself stands above every page, and goes by itself', async () => {
  const { page, close } = await visit(browser, stage, { viewport });
  const now = stage.clock.now();
  const what = '3 pages are due for 4 minutes and were not sent';
  await stage.app.ctx.db
    .insertInto('audit_findings')
    .values({ id: 'stuck 1', law: 'stuck', what, is_broken: true, incident_id: null, found_at: now, seen_at: now })
    .execute();
  await page.goto('/console/people');
  await page.getByText(`HugOps found something wrong with itself: ${what}.`).waitFor();
  await stage.pass(60_000, 30_000);
  expect(await stage.app.ctx.db.selectFrom('audit_findings').select('id').execute()).toEqual([]);
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'People' }).waitFor();
  expect(await page.getByText('wrong with itself').count()).toBe(0);
  await close();
});
