import { AxeBuilder } from '@axe-core/playwright';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isConsoleStale } from '../../../scripts/build-console.ts';
import { openBrowser } from '../../harness/browser.ts';
import { breakCheckout, openStage, type Stage, visit } from './stage.ts';

let browser: Browser;
let stage: Stage;
let incidentId: string;
beforeAll(async () => {
  browser = await openBrowser();
  stage = await openStage();
  incidentId = await breakCheckout(stage);
});
afterAll(async () => {
  await stage.stop();
  await browser.close();
});

const screens: readonly (readonly [path: () => string, heading: string | RegExp])[] = [
  [() => '/console', 'One incident needs somebody'],
  [() => '/console/incidents', 'Incidents'],
  [() => `/console/incidents/${incidentId}`, /Payments is down/],
  [() => '/console/services', 'Services'],
  [() => '/console/services/checkout', 'Checkout'],
  [() => '/console/on-call', 'On-call'],
  [() => '/console/hugs', 'Hugs'],
  [() => '/console/maintenance', 'Maintenance'],
  [() => '/console/page', 'Status page'],
  [() => '/console/people', 'People'],
  [() => '/console/me', 'You'],
];

describe.each([
  { viewport: { width: 390, height: 844 }, colorScheme: 'light' as const },
  { viewport: { width: 1280, height: 900 }, colorScheme: 'dark' as const },
  { viewport: { width: 320, height: 640 }, colorScheme: 'dark' as const },
])('at $viewport.width px, $colorScheme', (options) => {
  test('every screen opens, fits, breaks no policy, and axe finds nothing', async () => {
    const { page, complaints, close } = await visit(browser, stage, options);
    for (const [path, heading] of screens) {
      await page.goto(path());
      await page.getByRole('heading', { level: 1, name: heading }).waitFor();
      await page.getByText('Loading', { exact: true }).first().waitFor({ state: 'detached' });
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map((fault) => `${path()} ${fault.id}`)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    }
    expect(complaints).toEqual([]);
    await close();
  });
});

test('what hugops.yaml owns says so and offers nothing to remove; an override of it can be taken and taken back', async () => {
  const { page, close } = await visit(browser, stage);
  await page.goto('/console/services/checkout');
  await page.getByText('in hugops.yaml').first().waitFor();
  expect(await page.getByRole('button', { name: /Remove/ }).count()).toBe(0);

  await page.goto('/console/on-call');
  await page.getByRole('button', { name: 'Take or give a shift' }).last().click();
  await page.getByLabel('Who').selectOption({ label: 'Charlie Cho' });
  await page.getByRole('button', { name: 'Put on call' }).click();
  await page.getByText(', by an override').waitFor();
  expect((await stage.api('GET', '/overview')).body).toMatchObject({
    onCall: expect.arrayContaining([
      expect.objectContaining({ scheduleId: 'primary', person: expect.objectContaining({ id: 'charlie' }) }),
    ]),
  });
  await page.getByRole('button', { name: 'Take back' }).click();
  await page.getByRole('button', { name: 'Take it back' }).click();
  await page.getByText(', by an override').waitFor({ state: 'detached' });
  await close();
});

test('a source of alerts: its key is shown once with the settings, works, and is refused once it is removed', async () => {
  const { page, close } = await visit(browser, stage);
  await stage.api('POST', '/services', { name: 'Mail' });
  await page.goto('/console/services/mail');
  await page.getByRole('button', { name: 'Add a source' }).click();
  await page.getByLabel('The tool', { exact: true }).selectOption('events-v2');
  await page.getByLabel('Name', { exact: true }).fill('Deployments');
  await page.getByRole('button', { name: 'Make its key' }).click();
  const key = await page.getByRole('group', { name: 'the routing key' }).innerText();
  expect(await page.getByRole('group', { name: 'a first event' }).innerText()).toContain(`${stage.url}/v2/enqueue`);
  const send = async (): Promise<number> => {
    const payload = { summary: 'Mail is slow', source: 'test', severity: 'warning' };
    const answer = await fetch(`${stage.url}/v2/enqueue`, {
      method: 'POST',
      body: JSON.stringify({ routing_key: key, event_action: 'trigger', payload }),
    });
    return answer.status;
  };
  expect(await send()).toBe(202);
  await page.getByRole('button', { name: 'I have kept it' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await page.getByText(key).count()).toBe(0);

  await page.getByRole('button', { name: 'Remove Deployments' }).click();
  await page.getByRole('button', { name: 'Remove it' }).click();
  await page.getByRole('button', { name: 'Remove Deployments' }).waitFor({ state: 'detached' });
  await stage.pass(20_000, 10_000);
  expect(await send()).toBe(400);
  await close();
});

test('a heartbeat shows where to ping, and by keyboard alone a sheet is opened, filled and left', async () => {
  const { page, close } = await visit(browser, stage);
  await page.goto('/console/services/shop-db');
  const command = await page.getByRole('group', { name: 'the ping command' }).innerText();
  expect(command).toMatch(new RegExp(`^curl .* ${stage.url}/ping/\\S+$`));
  const button = page.getByRole('button', { name: 'Add a check' });
  await button.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Add a check' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await button.evaluate((node) => node === node.ownerDocument.activeElement)).toBe(true);
  await close();
});

test('a browser that cannot draw the plot still shows the service, with the times as a table', async () => {
  await stage.pass(60_000, 10_000);
  const { page, close } = await visit(browser, stage);
  await page.route('**/assets/latency-plot-*.js', (route) =>
    route.fulfill({ body: 'throw new Error("no")', contentType: 'text/javascript' }),
  );
  await page.goto('/console/services/search');
  await page.getByText('This browser could not draw the plot.').waitFor();
  await page.getByText('As a table').click();
  await page.getByRole('columnheader', { name: 'Slowest' }).waitFor();
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Search');
  await page.unrouteAll();
  await page.reload();
  await page.locator('.uplot canvas').waitFor();
  await close();
});

test('an incident that is not there is told so, inside the frame', async () => {
  const { page, close } = await visit(browser, stage);
  await page.goto('/console/incidents/inc_nowhere');
  await page.getByText('There is no such incident.').waitFor();
  expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(0);
  await page.goto('/console/nowhere');
  await page.getByRole('heading', { name: 'There is nothing at this address' }).waitFor();
  await close();
});

test('the first page weighs little: its scripts are under 150 kB compressed, and the built console is up to date', () => {
  const dist = join(import.meta.dirname, '../../../web/dist');
  expect(isConsoleStale()).toBe(false);
  const html = readFileSync(join(dist, 'index.html'), 'utf8');
  const scripts = [...html.matchAll(/(?:src|href)="\/console\/(assets\/[^"]+\.js)"/g)].map(([, path = '']) => path);
  expect(scripts.length).toBeGreaterThan(0);
  const bytes = scripts.reduce((sum, path) => sum + gzipSync(readFileSync(join(dist, path))).length, 0);
  expect(bytes).toBeLessThan(150_000);
  expect(readdirSync(join(dist, 'assets')).some((name) => name.startsWith('latency-plot'))).toBe(true);
  expect(scripts.some((path) => path.includes('latency-plot'))).toBe(false);
});
