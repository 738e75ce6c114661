import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../../harness/browser.ts';
import { openConsoleApp, visit } from './stage.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(() => browser.close());

async function isAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
  const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
  expect(overflow).toBe(0);
}

test('on a phone, from nothing: a rotation, a policy and a team; what is odd is said before saving; then an override', async () => {
  const app = await openConsoleApp();
  const { db } = app.app.ctx;
  await db
    .insertInto('people')
    .values({
      id: 'bob',
      name: 'Bob Bakker',
      email: 'bob@example.com',
      time_zone: 'Europe/Berlin',
      waking_hours: JSON.stringify({ days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' }),
      user_id: null,
      owned_by: 'console',
      created_at: 0,
    })
    .execute();
  const { page, complaints, close } = await visit(browser, app, { viewport: { width: 390, height: 844 } });
  try {
    await page.goto('/console/on-call');
    await page.getByRole('link', { name: 'Set up the first schedule' }).click();
    await page.getByText('This schedule covers nobody').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Please give it a name.').waitFor();
    await page.getByLabel('Name', { exact: true }).fill('Primary');
    const add = page.getByLabel('Add a person');
    await add.selectOption({ label: 'owner' });
    await add.selectOption({ label: 'Bob Bakker' });
    await page.getByText('Bob Bakker cannot be paged').waitFor();
    await page.getByText('This schedule covers nobody').waitFor({ state: 'hidden' });
    await page.getByRole('button', { name: 'Up Bob Bakker' }).click();
    await page.getByText('of 100 for how safe and how kind').waitFor();
    await page.getByLabel('Only in certain hours').check();
    await page.getByText('There are times when nobody is on call').waitFor();
    await page.getByLabel('Only in certain hours').uncheck();
    await page.getByText('There are times when nobody is on call').waitFor({ state: 'hidden' });
    await isAccessible(page);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Plan', level: 1 }).waitFor();
    await page.getByText('2 people, every week, Monday 09:00').waitFor();

    await page.getByRole('link', { name: 'Add a policy' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Call us');
    await page.getByLabel('Whom to call').selectOption({ label: 'Primary' });
    await page.getByText('1. Call whoever is on call in Primary, and wait 5 min.').waitFor();
    await page.getByRole('button', { name: 'Add a step' }).click();
    await page.getByRole('group', { name: 'Step 2' }).getByLabel('Whom to call').selectOption({ label: 'owner' });
    await isAccessible(page);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Plan', level: 1 }).waitFor();

    await page.getByRole('link', { name: 'Add a team' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Shop');
    await page.getByLabel('Called by the policy').selectOption({ label: 'Call us' });
    await page.getByLabel('Bob Bakker', { exact: true }).check();
    await page.getByLabel('Bob Bakker leads').check();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('Bob Bakker (lead)').waitFor();
    await isAccessible(page);

    await page.getByRole('link', { name: 'On-call' }).first().click();
    const current = page.getByText('Bob Bakker', { exact: true }).first();
    await current.waitFor();
    await page.getByRole('button', { name: 'Take or give a shift' }).click();
    await page.getByRole('button', { name: 'Put on call' }).click();
    await page.getByText('by an override').waitFor();
    await page.getByRole('button', { name: 'Calendar' }).click();
    await page.getByRole('button', { name: 'Make a link to Your shifts' }).click();
    const link = await page.getByRole('group', { name: 'the calendar link to Your shifts' }).innerText();
    expect(await (await fetch(link.trim())).text()).toContain('SUMMARY:On call: Primary');
    await page.keyboard.press('Escape');
    expect(complaints).toEqual([]);

    const schedules = await db.selectFrom('schedules').select(['name', 'owned_by']).execute();
    expect(schedules).toEqual([{ name: 'Primary', owned_by: 'console' }]);
    const team = await db.selectFrom('teams').select('policy_id').where('name', '=', 'Shop').executeTakeFirstOrThrow();
    const policy = await db.selectFrom('policies').select('id').where('name', '=', 'Call us').executeTakeFirstOrThrow();
    expect(team.policy_id).toBe(policy.id);
  } finally {
    await close();
    await app.stop();
  }
});
