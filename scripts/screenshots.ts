import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import type { TestApp } from '../test/harness/app.ts';
import { openBrowser } from '../test/harness/browser.ts';
import { breakCheckout, leaveHugs, openConsoleApp, openStage, visit } from '../test/parts/console/stage.ts';
import { openTroubleStage } from '../test/parts/console/trouble-stage.ts';

// Pictures of the console's screens on a phone and wide, light and dark, in .scratch/screenshots, for looking at them. `-- NAME` takes only those
// whose name contains NAME, and `-- NAME 390-dark` only that look of them.

const directory = join(import.meta.dirname, '../.scratch/screenshots');
const only = process.argv[2] ?? '';
const onlyLook = process.argv[3] ?? '';
const sizes = [
  { width: 390, height: 844 },
  { width: 1280, height: 900 },
] as const;

interface Scene {
  name: string;
  path: string;
  signIn?: boolean;
  /** Something to press first, which opens a sheet. */
  press?: string;
  /** What to do then. */
  andThen?: (page: Page) => Promise<unknown>;
  /** Shown on a phone only. */
  narrow?: boolean;
  /** The whole page and not only what is seen first. */
  whole?: boolean;
}

async function shoot(browser: Browser, app: TestApp, scenes: readonly Scene[]): Promise<void> {
  for (const scene of scenes.filter(({ name }) => name.includes(only))) {
    for (const viewport of scene.narrow === true ? sizes.slice(0, 1) : sizes) {
      for (const colorScheme of ['light', 'dark'] as const) {
        if (!`${viewport.width}-${colorScheme}`.includes(onlyLook)) continue;
        const seen = await visit(browser, app, { viewport, colorScheme, signIn: scene.signIn ?? true });
        await seen.page.goto(scene.path);
        await seen.page.locator('h1:visible').first().waitFor();
        await seen.page.getByText('Loading', { exact: true }).first().waitFor({ state: 'detached' });
        if (scene.press !== undefined) {
          await seen.page.getByRole('button', { name: scene.press }).first().click();
          await seen.page.getByRole('dialog').waitFor();
          await seen.page.waitForTimeout(250);
        }
        await scene.andThen?.(seen.page);
        // Lazy parts and the counts of the frame come a moment later.
        await seen.page.waitForTimeout(400);
        if (scene.whole === true) await stretch(seen.page, viewport.width);
        const name = `${scene.name}-${viewport.width}-${colorScheme}`;
        await seen.page.screenshot({ path: join(directory, `${name}.png`) });
        const { violations } = await new AxeBuilder({ page: seen.page }).analyze();
        const wide = await seen.page.evaluate('document.documentElement.scrollWidth > innerWidth');
        const faults = [
          ...violations.map(
            (fault) => `axe ${fault.impact} ${fault.id}: ${fault.nodes.map((node) => node.html).join(' ')}`,
          ),
          ...seen.complaints,
          ...(wide === true ? ['wider than the screen'] : []),
        ];
        console.log(`${name}${faults.length === 0 ? '' : `\n  ${faults.join('\n  ')}`}`);
        await seen.close();
      }
    }
  }
}

/** Makes the window as high as the page, so that what is fixed to its end stands there. */
async function stretch(page: Page, width: number): Promise<void> {
  const height = Number(await page.evaluate('document.documentElement.scrollHeight'));
  await page.setViewportSize({ width, height });
  await page.waitForTimeout(200);
}

async function newcomer(browser: Browser): Promise<void> {
  const app = await openConsoleApp({ variables: { HUGOPS_ADMIN_EMAIL: '', HUGOPS_ADMIN_PASSWORD: '' } });
  try {
    await shoot(browser, app, [{ name: 'set-up', path: '/console', signIn: false }]);
  } finally {
    await app.stop();
  }
  const owned = await openConsoleApp();
  try {
    await shoot(browser, owned, [
      { name: 'sign-in', path: '/console', signIn: false },
      { name: 'home-empty', path: '/console' },
      { name: 'on-call-empty', path: '/console/on-call' },
      { name: 'hugs-empty', path: '/console/hugs' },
    ]);
  } finally {
    await owned.stop();
  }
}

async function outage(browser: Browser): Promise<void> {
  const stage = await openStage();
  try {
    await stage.pass(20 * 3_600_000, 1_200_000);
    await shoot(browser, stage, [
      { name: 'home-fine', path: '/console' },
      { name: 'on-call', path: '/console/on-call', whole: true },
      { name: 'override', path: '/console/on-call', press: 'Take or give a shift' },
      { name: 'services', path: '/console/services' },
      { name: 'service', path: '/console/services/checkout', whole: true },
      { name: 'heartbeat', path: '/console/services/shop-db', whole: true },
      { name: 'add-check', path: '/console/services/checkout', press: 'Add a check' },
      { name: 'people', path: '/console/people' },
      { name: 'me', path: '/console/me', whole: true },
      { name: 'more', path: '/console', press: 'More', narrow: true },
    ]);
    const incidentId = await breakCheckout(stage);
    await stage.pass(3 * 60_000, 30_000);
    await shoot(browser, stage, [
      { name: 'home-outage', path: '/console' },
      { name: 'incident', path: `/console/incidents/${incidentId}` },
      { name: 'incident-whole', path: `/console/incidents/${incidentId}`, whole: true },
      { name: 'update', path: `/console/incidents/${incidentId}`, press: 'Tell the public' },
      { name: 'incidents', path: '/console/incidents' },
    ]);
    await stage.api('POST', `/incidents/${incidentId}/acknowledge`);
    await stage.api('POST', `/incidents/${incidentId}/notes`, { body: 'The database is full.\nMaking room.' });
    await shoot(browser, stage, [{ name: 'incident-taken', path: `/console/incidents/${incidentId}` }]);
    stage.answer(200);
    await stage.pass(60_000, 10_000);
    await leaveHugs(stage, incidentId);
    await shoot(browser, stage, [
      { name: 'hugs-waiting', path: '/console/hugs?show=waiting' },
      { name: 'incident-over', path: `/console/incidents/${incidentId}`, whole: true },
      { name: 'incidents-past', path: '/console/incidents?show=past' },
    ]);
    const { body } = await stage.api('GET', '/hugs');
    for (const hug of (body as { hugs: { id: string }[] }).hugs) await stage.api('POST', `/hugs/${hug.id}/approve`);
    await shoot(browser, stage, [
      { name: 'hugs', path: '/console/hugs' },
      { name: 'home-after', path: '/console' },
    ]);
  } finally {
    await stage.stop();
  }
}

const message = { id: 7, state: 'open', title: 'The queue has 9,000 mails', cluster: 'eu', priority: 'P1' };

async function tryWebhook(page: Page): Promise<void> {
  await page.getByLabel('The tool', { exact: true }).selectOption('webhook');
  for (const [label, path] of Object.entries({ Key: '$.id', Status: '$.state', Summary: '$.title' }))
    await page.getByLabel(label, { exact: true }).fill(path);
  await page.getByText('Try it with a message').click();
  await page.getByLabel('A message of the tool').fill(JSON.stringify(message));
  await page.getByRole('button', { name: 'See what it becomes' }).click();
  const outcome = page.getByText('The queue has 9,000 mails', { exact: true });
  await outcome.waitFor();
  await outcome.scrollIntoViewIfNeeded();
}

async function trouble(browser: Browser): Promise<void> {
  const stage = await openTroubleStage();
  const incident = `/console/incidents/${stage.incidentId}`;
  try {
    await shoot(browser, stage, [
      { name: 'trouble-dependencies', path: '/console/dependencies', whole: true },
      { name: 'trouble-incident', path: incident, whole: true },
      { name: 'trouble-snooze', path: incident, press: 'Snooze' },
      { name: 'trouble-needs', path: '/console/services/mail', press: 'Change what it needs' },
      { name: 'trouble-service', path: '/console/services/mail', whole: true },
      { name: 'trouble-probes', path: '/console/services', whole: true },
      { name: 'trouble-add-probe', path: '/console/services', press: 'Add a probe' },
      { name: 'trouble-add-check', path: '/console/services/mail', press: 'Add a check' },
      { name: 'trouble-add-source', path: '/console/services/mail', press: 'Add a source' },
      { name: 'trouble-try-message', path: '/console/services/mail', press: 'Add a source', andThen: tryWebhook },
      { name: 'trouble-rules', path: '/console/me', whole: true },
      { name: 'trouble-listening', path: '/console/listening', whole: true },
      { name: 'trouble-heard', path: '/console/listening/service/checkout', whole: true },
      { name: 'trouble-publication', path: '/console/page', whole: true },
    ]);
    const now = stage.clock.now();
    const law = { id: 'next-action 1', law: 'stuck', incident_id: null, found_at: now, seen_at: now };
    const what = '3 pages are due for 4 minutes and were not sent';
    await stage.app.ctx.db
      .insertInto('audit_findings')
      .values({ ...law, what, is_broken: true })
      .execute();
    await shoot(browser, stage, [{ name: 'trouble-auditor', path: '/console' }]);
  } finally {
    await stage.stop();
  }
}

mkdirSync(directory, { recursive: true });
const browser = await openBrowser();
try {
  if (['set-up', 'sign-in', 'home-empty', 'on-call-empty', 'hugs-empty'].some((name) => name.includes(only)))
    await newcomer(browser);
  // Its scenes' names all begin with it.
  if ('trouble'.startsWith(only.slice(0, 7))) await trouble(browser);
  if (!only.startsWith('trouble')) await outage(browser);
} finally {
  await browser.close();
}
