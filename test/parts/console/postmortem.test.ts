import { AxeBuilder } from '@axe-core/playwright';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
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

test('on a phone: acknowledge, resolve, write the postmortem, keep it beside another hand, and publish it', async () => {
  const path = `/incidents/${incidentId}/postmortem`;
  const { page, complaints, close } = await visit(browser, stage, { viewport: { width: 390, height: 844 } });
  await page.goto(`/console/incidents/${incidentId}`);
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.getByText('Alice Ahlgren has it').waitFor();
  await page.getByRole('button', { name: 'Resolve' }).click();
  await page.getByRole('button', { name: 'Resolve it' }).click();
  await page.getByRole('button', { name: 'Write the postmortem' }).click();

  const body = page.getByLabel('For the team', { exact: true });
  await body.waitFor();
  expect(await body.inputValue()).toContain('- Acknowledged by Alice Ahlgren:');
  await body.fill('## Summary\n\nThe database was **full**.\n\n<img src=x onerror=alert(1)>');
  await page.getByText('Preview', { exact: true }).click();
  await page.locator('.written strong', { hasText: 'full' }).waitFor();
  expect(await page.locator('.written img').count()).toBe(0);
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  await page.getByText('Write', { exact: true }).click();

  // Somebody else saves first: what was written here stays, and theirs is shown.
  const before = (await stage.api('GET', path)).body as { title: string; publicBody: string };
  const theirs = { version: 1, title: before.title, body: 'Theirs.', publicBody: 'By Bob Bakker.' };
  expect((await stage.api('PUT', path, theirs)).status).toBe(200);
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Nothing of yours is lost.').waitFor();
  expect(await body.inputValue()).toContain('The database was **full**.');
  await page.getByRole('button', { name: 'Go on with mine' }).click();
  await page.getByLabel('For the public', { exact: true }).fill('By Bob Bakker.');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Saved' }).waitFor();
  expect((await stage.api('GET', path)).body).toMatchObject({ version: 3, publicBody: 'By Bob Bakker.' });

  await page.getByRole('button', { name: 'Add an action item' }).click();
  await page.getByLabel('To do').fill('Alert at 80 %');
  await page.getByRole('button', { name: 'Add it' }).click();
  await page.getByText('Alert at 80 %', { exact: true }).first().waitFor();

  const publish = async (): Promise<void> => {
    await page.getByRole('button', { name: 'Publish', exact: true }).first().click();
    await page.getByLabel('Show the text for the public').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
  };
  await publish();
  await page.getByText('names Bob Bakker').waitFor();
  await page.keyboard.press('Escape');
  await page.getByLabel('For the public', { exact: true }).fill('A database was *full*.');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Saved' }).waitFor();
  await publish();
  await page.getByText('Published, on the status page too').waitFor();
  await stage.pass(2_000, 1_000);
  const seen = await (await fetch(`${stage.url}/incidents/${incidentId}`)).text();
  expect(seen).toContain('<p>A database was <em>full</em>.</p>');
  expect(seen).not.toMatch(/Alert at 80|The database was/);

  await page.goto('/console/incidents?show=postmortems');
  await page.getByText('Alert at 80 %', { exact: true }).first().waitFor();
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});

test('the API names what is wrong with a request', async () => {
  const path = `/incidents/${incidentId}/postmortem`;
  const refused = async (method: string, at: string, body: unknown) => {
    const answer = await stage.api(method, at, body);
    return [answer.status, ((answer.body as { errors?: { path: string }[] }).errors ?? []).map((error) => error.path)];
  };
  const texts = { version: 4, title: 'T', body: '', publicBody: '' };
  expect(await refused('PUT', path, { ...texts, title: ' ', body: 'x'.repeat(60_001) })).toEqual([
    400,
    ['title', 'body'],
  ]);
  expect(await refused('PUT', path, { ...texts, version: 1 })).toEqual([409, ['version']]);
  expect(await refused('PUT', path, { ...texts, body: 'ä'.repeat(150_000) })).toEqual([413, []]);
  expect(await refused('POST', `${path}/action-items`, { text: 'x', dueOn: '2026-02-30' })).toEqual([400, ['dueOn']]);
  expect(await refused('POST', `${path}/action-items`, { text: 'x', ownerId: 'nobody' })).toEqual([400, ['ownerId']]);
  expect(await refused('PATCH', '/action-items/act_none', { done: true })).toEqual([404, []]);
  expect(await refused('PATCH', '/action-items/act_none', {})).toEqual([400, ['(whole)']]);
  expect(await refused('POST', '/incidents/inc_none/postmortem', undefined)).toEqual([404, []]);
  const file = await stage.api('GET', `${path}/export?format=pdf`);
  expect(file.status).toBe(400);
});
