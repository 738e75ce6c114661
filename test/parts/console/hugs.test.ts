import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openBrowser } from '../../harness/browser.ts';
import { breakCheckout, leaveHugs, openStage, type Stage, visit } from './stage.ts';

let browser: Browser;
let stage: Stage;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  browser = await openBrowser();
  stage = await openStage();
  const incidentId = await breakCheckout(stage);
  await stage.api('POST', `/incidents/${incidentId}/acknowledge`);
  stage.answer(200);
  await stage.pass(60_000, 10_000);
  await leaveHugs(stage, incidentId);
});
afterAll(async () => {
  await stage.stop();
  await browser.close();
});
afterEach(async () => {
  for (let close = closers.pop(); close; close = closers.pop()) await close();
});

async function messagesOf(status: string): Promise<(string | null)[]> {
  const { body } = await stage.api('GET', `/hugs?status=${status}`);
  const { hugs } = body as { hugs: { message: string | null }[] };
  return hugs.map((hug) => hug.message).toSorted((a, b) => (a ?? '').localeCompare(b ?? ''));
}

const kids = 'My kids’ birthday order went through after all. You are great.';
const woken = 'Thank you to whoever got up for this.';
const told = 'Seriously impressed by how fast you told us what was going on.';

test('moderation by keyboard: j and k move, a lets out, r keeps in, and without a mark nothing is decided', async () => {
  const { page, complaints, close } = await visit(browser, stage, { viewport: { width: 1280, height: 900 } });
  closers.push(close);
  await page.goto('/console/hugs?show=waiting');
  const marked = (): Promise<string | null> =>
    page.evaluate<string | null>('document.activeElement?.closest("[data-hug]")?.getAttribute("aria-label") ?? null');
  await page.getByText(woken).waitFor();
  const waiting = page.locator('[data-hug]');
  expect(await waiting.count()).toBe(3);

  await page.keyboard.press('a');
  await page.keyboard.press('r');
  expect(await waiting.count()).toBe(3);

  await page.keyboard.press('j');
  expect(await marked()).toContain(woken);
  await page.keyboard.press('j');
  expect(await marked()).toContain(kids);
  await page.keyboard.press('k');
  expect(await marked()).toContain(woken);
  await page.keyboard.press('Control+a');
  expect(await waiting.count()).toBe(3);

  await page.keyboard.press('a');
  await page.getByText('Let out. 2 left.').waitFor();
  expect(await marked()).toContain(kids);
  await page.keyboard.press('r');
  await page.getByText('Kept in. 1 left.').waitFor();
  expect(await marked()).toContain(told);
  await page.keyboard.press('a');
  await page.getByText('Nothing waits.').waitFor();

  expect(await messagesOf('rejected')).toEqual([kids]);
  expect((await messagesOf('approved')).filter((message) => message !== null)).toEqual([told, woken]);
  expect(complaints).toEqual([]);
});

test('what was kept in can be let out after all, and the thanked person finds all of it in their archive', async () => {
  const { page, close } = await visit(browser, stage, { viewport: { width: 390, height: 844 } });
  closers.push(close);
  await page.goto('/console/hugs?show=kept');
  await page.getByRole('button', { name: 'Let out after all' }).click();
  await page.getByText('Nothing was kept in.').waitFor();
  expect(await messagesOf('rejected')).toEqual([]);
  // What was let out comes to the people with the next tick.
  await stage.app.tick();
  await page.getByRole('link', { name: 'For you' }).click();
  for (const words of [woken, kids, told]) await page.getByText(words).waitFor();
  await page.getByText('You took it.').waitFor();
  await page.getByText('3 hugs', { exact: true }).waitFor();
});

test('a decision that is refused brings the hug back and says why', async () => {
  const { page, close } = await visit(browser, stage);
  closers.push(close);
  await stage.app.ctx.db.updateTable('hugs').set({ status: 'held' }).where('message', '=', kids).execute();
  await page.goto('/console/hugs?show=waiting');
  await page.getByText(kids).waitFor();
  await page.route('**/api/v1/hugs/*/approve', (route) => route.abort());
  await page.getByRole('button', { name: 'Let out' }).click();
  await page.getByRole('alert').filter({ hasText: 'HugOps does not answer' }).waitFor();
  expect(await page.getByText(kids).count()).toBe(1);
  expect(await messagesOf('held')).toEqual([kids]);
});
