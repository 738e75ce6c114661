import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { TestApp } from '../../harness/app.ts';
import { openBrowser } from '../../harness/browser.ts';
import { openConsoleApp, visit } from './stage.ts';

let browser: Browser;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  for (let close = closers.pop(); close; close = closers.pop()) await close();
});

async function openEmpty(): Promise<TestApp> {
  const app = await openConsoleApp({ variables: { HUGOPS_ADMIN_EMAIL: '', HUGOPS_ADMIN_PASSWORD: '' } });
  closers.push(() => app.stop());
  return app;
}

async function openSite(): Promise<string> {
  const site: Server = createServer((_, response) => response.end('all is well'));
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    site.closeAllConnections();
    site.close();
  });
  return `http://127.0.0.1:${(site.address() as AddressInfo).port}/health`;
}

async function setUp(page: Page): Promise<void> {
  await page.getByLabel('Your name').fill('Alice Ahlgren');
  await page.getByLabel('E-mail').fill('alice@example.com');
  await page.getByLabel('Password').fill('correct horse battery');
  await page.getByRole('button', { name: 'Set it up' }).click();
}

test('from nothing to a watched service: set-up, signed in at once, a service, an http check that says it is up', async () => {
  const app = await openEmpty();
  const site = await openSite();
  const { page, complaints, close } = await visit(browser, app, {
    signIn: false,
    viewport: { width: 390, height: 844 },
  });
  closers.push(close);

  await page.goto('/console');
  await page.waitForURL('**/console/set-up');
  await page.getByText('Europe/Berlin').waitFor();
  await setUp(page);
  await page.getByRole('heading', { name: 'Nothing is watched yet' }).waitFor();
  const person = await app.app.ctx.db.selectFrom('people').select(['name', 'time_zone']).executeTakeFirstOrThrow();
  expect(person).toEqual({ name: 'Alice Ahlgren', time_zone: 'Europe/Berlin' });

  await page.getByRole('link', { name: 'Add the first service' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Checkout');
  await page.getByRole('button', { name: 'Add it' }).click();
  await page.waitForURL('**/console/services/checkout');
  await page.getByText('Nobody looks at Checkout yet').waitFor();

  await page.getByRole('button', { name: 'Add a check' }).click();
  const address = page.getByLabel('Address');
  await address.fill('ftp://example.com');
  await page.getByRole('button', { name: 'Add the check' }).click();
  await page.getByText('Write a URL that begins with http:// or https://').waitFor();
  expect(await address.getAttribute('aria-invalid')).toBe('true');
  expect(await address.evaluate((field) => field === field.ownerDocument.activeElement)).toBe(true);
  await address.fill(site);
  await page.getByLabel('How often').selectOption('every 10 seconds');
  await page.getByRole('button', { name: 'Add the check' }).click();
  await page.getByText('Its first look is under way').waitFor();

  await app.pass(30_000, 10_000);
  await page.getByText(/Answered in \d+ ms/).waitFor();
  await page.getByRole('link', { name: 'Home' }).click();
  await page.getByRole('heading', { name: 'Everything is working' }).waitFor();
  expect(complaints).toEqual([]);
});

test('what the set-up refuses is named at its field, what was written stays, and nobody becomes the owner', async () => {
  const app = await openEmpty();
  const { page, close } = await visit(browser, app, { signIn: false });
  closers.push(close);
  await page.goto('/console/set-up');
  await page.getByRole('button', { name: 'Set it up' }).click();
  expect(await page.getByText('Please fill this in.').count()).toBe(3);

  await page.getByLabel('Your name').fill('Alice');
  await page.getByLabel('E-mail').fill('alice');
  await page.getByLabel('Password').fill('short');
  await page.getByRole('button', { name: 'Set it up' }).click();
  await page.getByText('Please give an e-mail address.').waitFor();
  await page.getByText('Please use at least 10 characters.').waitFor();
  expect(await page.getByLabel('Your name').inputValue()).toBe('Alice');
  expect(await app.app.ctx.db.selectFrom('auth_users').select('id').execute()).toEqual([]);
});

test('sign-in: a wrong password is refused in words, the right one leads to the page that was asked for, and out again', async () => {
  const app = await openConsoleApp();
  closers.push(() => app.stop());
  const { page, close } = await visit(browser, app, { signIn: false });
  closers.push(close);
  await page.goto('/console/people');
  await page.waitForURL('**/console/sign-in?next=*');
  await page.getByLabel('E-mail').fill(app.owner.email);
  await page.getByLabel('Password').fill('not the password');
  await page.getByRole('button', { name: 'Sign in' }).click();
  expect(await page.getByRole('alert').innerText()).toBe('Invalid email or password');
  await page.getByLabel('Password').fill(app.owner.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/console/people');
  await page.getByText('owner@example.com').waitFor();

  await page.goto('/console/me');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.waitForURL('**/console/sign-in');
  await page.goto('/console/people');
  await page.waitForURL('**/console/sign-in?next=*');
});

test('a link to the sign-in cannot lead to another site', async () => {
  const app = await openConsoleApp();
  closers.push(() => app.stop());
  const { page, complaints, close } = await visit(browser, app, { signIn: false });
  closers.push(close);
  await page.goto('/console/sign-in?next=%2F%2Fevil.example.com');
  await page.getByLabel('E-mail').fill(app.owner.email);
  await page.getByLabel('Password').fill(app.owner.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Nothing is watched yet' }).waitFor();
  expect(new URL(page.url()).origin).toBe(app.url);
  expect(complaints).toEqual([]);
});

test('an invitation makes a viewer who sees the incident and is offered no button', async () => {
  const app = await openConsoleApp();
  closers.push(() => app.stop());
  await app.api('POST', '/services', { name: 'Checkout' });
  await app.api('POST', '/incidents', { serviceId: 'checkout', title: 'Nobody can pay', severity: 'critical' });

  const owner = await visit(browser, app);
  closers.push(owner.close);
  await owner.page.goto('/console/people');
  await owner.page.getByRole('button', { name: 'Invite somebody' }).click();
  await owner.page.getByLabel('Name').fill('Bob Bakker');
  await owner.page.getByLabel('E-mail').fill('bob@example.com');
  await owner.page.getByLabel('Role').selectOption('viewer');
  await owner.page.getByRole('button', { name: 'Make the link' }).click();
  const link = await owner.page.getByRole('group', { name: 'the invitation' }).innerText();

  const bob = await visit(browser, app, { signIn: false });
  closers.push(bob.close);
  await bob.page.goto(link);
  await bob.page.getByLabel('Password').fill('another horse battery');
  await bob.page.getByRole('button', { name: 'Join' }).click();
  await bob.page.waitForURL('**/console/me');
  await bob.page.getByText('Bob Bakker, bob@example.com, viewer').waitFor();
  await bob.page.goto('/console');
  await bob.page.getByRole('link', { name: 'Nobody can pay' }).click();
  await bob.page.getByRole('heading', { name: 'Nobody can pay', level: 1 }).waitFor();
  expect(await bob.page.getByRole('button', { name: /Acknowledge|Resolve|Hand over|Tell the public/ }).count()).toBe(0);

  await bob.page.goto(link);
  await bob.page.getByLabel('Password').fill('a third horse battery');
  await bob.page.getByRole('button', { name: 'Join' }).click();
  await bob.page.getByText('This invitation was accepted already').waitFor();
});
