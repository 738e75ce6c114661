import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../../harness/browser.ts';
import { breakCheckout, openStage, type Stage, visit } from './stage.ts';

let browser: Browser;
let stage: Stage;
let incidentId: string;
const closers: (() => unknown)[] = [];
const phone = { width: 390, height: 844 };

beforeAll(async () => {
  browser = await openBrowser();
  stage = await openStage();
  incidentId = await breakCheckout(stage);
});
afterAll(async () => {
  await stage.stop();
  await browser.close();
});
afterEach(async () => {
  for (let close = closers.pop(); close; close = closers.pop()) await close();
});

const read = async (): Promise<Record<string, unknown>> =>
  (await stage.api('GET', `/incidents/${incidentId}`)).body as Record<string, unknown>;

test('at 390 px acknowledge is under the thumb without scrolling, and pressing it stops the calls', async () => {
  const { page, complaints, close } = await visit(browser, stage, { viewport: phone, hasTouch: true, isMobile: true });
  closers.push(close);
  await page.goto(`/console/incidents/${incidentId}`);
  const button = page.getByRole('button', { name: 'Acknowledge' });
  await button.waitFor();
  for (const seen of [
    page.getByRole('heading', { level: 1, name: /Checkout: Payments is down/ }),
    page.getByText(/since 10:4\d|since 14:4\d/),
    page.getByText('Nobody has it yet'),
    button,
  ]) {
    const box = await seen.boundingBox();
    expect(box && box.y >= 0 && box.y + box.height <= phone.height).toBe(true);
  }
  const box = await button.boundingBox();
  expect(box?.y).toBeGreaterThan(phone.height * 0.7);
  expect(box?.height).toBeGreaterThanOrEqual(48);
  expect(box?.width).toBeGreaterThan(300);

  await button.tap();
  await page.getByText('Alice Ahlgren has it').waitFor();
  expect(await button.count()).toBe(0);
  expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
  expect(await read()).toMatchObject({
    status: 'acknowledged',
    nextEscalationAt: null,
    owner: { name: 'Alice Ahlgren' },
  });
  const mailsBefore = stage.mail.mails.length;
  await stage.pass(30 * 60_000, 60_000);
  expect(stage.mail.mails.length).toBe(mailsBefore);
  expect(complaints).toEqual([]);
});

test('what others do shows by itself, and while the stream is gone the page says so', async () => {
  const { page, close } = await visit(browser, stage);
  closers.push(close);
  await page.route('**/api/v1/live', (route) => route.abort());
  await page.goto(`/console/incidents/${incidentId}`);
  await page.getByText(/Connection lost at \d\d:\d\d/).waitFor();
  await stage.api('POST', `/incidents/${incidentId}/notes`, { body: 'The database is full.' });
  expect(await page.getByText('The database is full.').count()).toBe(0);

  await page.unroute('**/api/v1/live');
  await page.getByText('The database is full.').waitFor();
  await page.getByText(/Connection lost/).waitFor({ state: 'detached' });
  await stage.api('POST', `/incidents/${incidentId}/notes`, { body: 'Making room.' });
  await page.getByText('Making room.').waitFor();
});

test('a public update starts from a suggestion, keeps what a person wrote, and is read by the public', async () => {
  const { page, close } = await visit(browser, stage);
  closers.push(close);
  await page.goto(`/console/incidents/${incidentId}`);
  await page.getByRole('button', { name: 'Tell the public' }).click();
  const text = page.getByLabel('What the public reads');
  expect(await text.inputValue()).toContain('We are looking into a problem with Checkout.');
  await page.getByRole('radio', { name: 'Identified' }).check({ force: true });
  expect(await text.inputValue()).toContain('We have found what is wrong with Checkout');
  await text.fill('The database was full. We are making room, and write again at 12.');
  await page.getByRole('radio', { name: 'Monitoring' }).check({ force: true });
  expect(await text.inputValue()).toBe('The database was full. We are making room, and write again at 12.');
  await page.getByRole('button', { name: 'Publish' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.getByText('Told the public (monitoring)').waitFor();
  await stage.pass(1_000);
  const seen = await (await fetch(`${stage.url}/incidents/${incidentId}`)).text();
  expect(seen).toContain('We are making room, and write again at 12.');
});

test('hand over pages the other person, and resolving tells the public and opens the thanks', async () => {
  const { page, complaints, close } = await visit(browser, stage, { viewport: phone });
  closers.push(close);
  await page.goto(`/console/incidents/${incidentId}`);
  await page.getByRole('button', { name: 'Hand over' }).click();
  await page.getByLabel('To whom').selectOption({ label: 'Bob Bakker' });
  await page.getByRole('button', { name: 'Hand it over' }).click();
  await page.getByText('Waiting for Bob Bakker').waitFor();
  await stage.pass(1_000);
  await stage.mail.waitForMail('the page to Bob', (mail) => mail.to.includes('bob@example.com'));

  await page.getByRole('button', { name: 'Resolve' }).click();
  await page.getByLabel('What the public reads').fill('Paying works again. Thank you for waiting.');
  await page.getByRole('button', { name: 'Resolve it' }).click();
  await page.getByText('Handed to Bob Bakker').waitFor();
  await page
    .getByRole('paragraph')
    .filter({ hasText: /^Resolved$/ })
    .waitFor();
  expect(await page.getByRole('button', { name: /Resolve|Acknowledge|Hand over/ }).count()).toBe(0);
  expect(await read()).toMatchObject({ status: 'resolved', phase: 'resolved' });
  expect(complaints).toEqual([]);
});

test('the times are in the reader’s zone, and the exact one names it', async () => {
  const { page, close } = await visit(browser, stage, { timezoneId: 'Asia/Tokyo' });
  closers.push(close);
  await page.goto(`/console/incidents/${incidentId}`);
  const { openedAt } = await read();
  const there = new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Tokyo', hour: '2-digit', minute: '2-digit' });
  const time = page.locator('h1 + p button').filter({ hasText: there.format(openedAt as number) });
  await time.click();
  expect(await time.innerText()).toMatch(/^\w+day,? \d+ \w+ 2026 at \d\d:\d\d:\d\d .* \(Asia\/Tokyo\)$/);
});

test('past incidents come a page at a time, and an incident can be opened by hand', async () => {
  for (let index = 1; index <= 31; index += 1) {
    const title = `Trouble ${index}`;
    const opened = await stage.api('POST', '/incidents', {
      serviceId: 'search',
      title,
      severity: 'minor',
      isPublic: false,
    });
    await stage.api('POST', `/incidents/${(opened.body as { id: string }).id}/resolve`);
  }
  const { page, complaints, close } = await visit(browser, stage, { viewport: phone });
  closers.push(close);
  await page.goto('/console/incidents?show=past');
  await page.getByRole('link', { name: 'Trouble 31' }).waitFor();
  expect(await page.getByRole('link', { name: 'Trouble 1', exact: true }).count()).toBe(0);
  await page.getByRole('button', { name: 'Older' }).click();
  await page.getByRole('link', { name: 'Trouble 1', exact: true }).waitFor();
  expect(await page.getByRole('button', { name: 'Older' }).count()).toBe(0);

  await page.getByRole('link', { name: 'Open', exact: true }).click();
  await page.getByText('Nothing is open.').waitFor();
  await page.getByRole('button', { name: 'Open an incident' }).click();
  await page.getByLabel('What is broken').fill('Search finds nothing');
  await page.getByLabel('Service', { exact: true }).selectOption('Search');
  await page.getByRole('button', { name: 'Open it and call' }).click();
  await page.getByRole('heading', { level: 1, name: 'Search finds nothing' }).waitFor();
  await page.getByRole('button', { name: 'Acknowledge' }).waitFor();
  expect(complaints).toEqual([]);
});
