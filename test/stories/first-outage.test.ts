import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds, openTestApp, type TestApp } from '../harness/app.ts';
import { openBrowser } from '../harness/browser.ts';
import { type FakeHost, type FakeInternet, openFakeInternet } from '../harness/fake-internet.ts';
import { startSmtpServer, type TestSmtpServer } from '../harness/smtp-server.ts';

// One outage from the first failed request to the delivered hug, over real sockets: a real service, a real mail server, a real browser.
// Only time is ours. It is told on both databases.

const second = 1_000;
const hour = 3_600 * second;

const yaml = (url: string): string => `
mail: { url: '\${env:SMTP_URL}', from: 'HugOps <hugops@example.com>' }
people:
  alice:
    name: Alice Ahlgren
    email: alice@example.com
    timeZone: Europe/Berlin
    showName: true
    wakingHours: { days: [mon..sun], from: '09:00', to: '18:00' }
    contact: [{ kind: email, address: alice@example.com }]
  bob:
    name: Bob Bakker
    email: bob@example.com
    timeZone: Europe/Berlin
    wakingHours: { days: [mon..sun], from: '09:00', to: '18:00' }
    contact: [{ kind: email, address: bob@example.com }]
teams:
  shop: { name: Shop, members: [alice, bob], policy: shop }
schedules:
  primary:
    name: Primary
    timeZone: Europe/Berlin
    layers:
      - { people: [alice, bob], rotation: weekly, handOff: { day: monday, time: '09:00' }, start: 2026-11-30 }
policies:
  shop:
    name: Shop
    steps:
      - { notify: [{ schedule: primary }], wait: 5m }
      - { notify: [{ team: shop }], wait: 10m }
services:
  checkout:
    name: Checkout
    team: shop
    checks:
      page: { kind: http, url: '${url}', interval: 10s, failureThreshold: 2, recoveryThreshold: 2 }
statusPage:
  title: Example Shop
  groups: [{ name: Shop, components: [{ service: checkout }] }]
`;

let browser: Browser;
beforeAll(async () => {
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
});

describe.each(databaseKinds)('the first outage, on %s', (database) => {
  let internet: FakeInternet;
  let service: FakeHost;
  let smtp: TestSmtpServer;
  let hugops: TestApp;

  beforeAll(async () => {
    internet = openFakeInternet();
    service = await internet.http('ok');
    smtp = await startSmtpServer();
    // Tuesday evening in Berlin: Alice's first week, after hours.
    hugops = await openTestApp({
      database,
      startAt: '2026-12-01T20:00:00Z',
      yaml: yaml(service.url),
      variables: { SMTP_URL: smtp.url },
    });
  });
  afterAll(async () => {
    await hugops?.stop();
    await smtp?.close();
    await internet?.close();
  });

  const publicPage = async (path = '/'): Promise<string> => (await fetch(`${hugops.url}${path}`)).text();
  const incident = async () =>
    hugops.app.ctx.db.selectFrom('incidents').selectAll().orderBy('opened_at', 'desc').executeTakeFirstOrThrow();
  const mailsTo = (address: string) => smtp.mails.filter((mail) => mail.to.includes(address));
  /** Runs a browser's visit while the program's clock stands still; what it changed is carried out after. */
  const visit = async (
    url: string,
    width: number,
    act: (page: Awaited<ReturnType<Browser['newPage']>>) => Promise<void>,
  ): Promise<void> => {
    const page = await browser.newPage({ viewport: { width, height: 844 } });
    try {
      await page.goto(url);
      await act(page);
    } finally {
      await page.close();
    }
    await hugops.pass(second);
  };
  let incidentId = '';

  test('all is well at first', async () => {
    await hugops.pass(30 * second, 5 * second);
    expect(service.heard.length).toBeGreaterThan(0);
    expect(await publicPage()).toContain('Checkout');
    const status = await (await fetch(`${hugops.url}/api/v2/status.json`)).json();
    expect(status).toMatchObject({ status: { indicator: 'none' } });
    expect(smtp.mails).toHaveLength(0);
  });

  test('the service dies: one incident, one page to whoever is on call, and the public is told', async () => {
    service.behave('fail');
    await hugops.pass(30 * second, 5 * second);
    const opened = await incident();
    incidentId = opened.id;
    expect(opened).toMatchObject({
      status: 'triggered',
      severity: 'critical',
      is_public: true,
      public_title: 'Checkout is not working',
    });
    expect(mailsTo('alice@example.com')).toHaveLength(1);
    expect(mailsTo('bob@example.com')).toHaveLength(0);
    const [mail] = mailsTo('alice@example.com');
    expect(mail?.subject).toContain('Checkout');
    const page = await publicPage();
    expect(page).toContain('Checkout is not working');
    // What is internal stays inside.
    expect(page).not.toContain(String(service.port));
    expect(await (await fetch(`${hugops.url}/api/v2/status.json`)).json()).toMatchObject({
      status: { indicator: 'critical' },
    });
  });

  test('the link in the mail asks first, then Alice has it and nobody else is called', async () => {
    const link = /https?:\/\/\S+\/a\/\S+/.exec(mailsTo('alice@example.com')[0]?.text ?? '')?.[0] ?? '';
    expect(link).not.toBe('');
    // A mail scanner follows the link: nothing happens.
    expect((await fetch(link)).status).toBe(200);
    expect((await incident()).status).toBe('triggered');
    await visit(link, 390, async (page) => {
      await page.getByRole('button', { name: 'Acknowledge' }).click();
      await page.getByRole('heading', { name: 'You have it' }).waitFor();
    });
    expect(await incident()).toMatchObject({ status: 'acknowledged', acknowledged_by: 'alice', owner_id: 'alice' });
    await hugops.pass(20 * 60 * second, 10 * second);
    expect(smtp.mails).toHaveLength(1);
    expect(await publicPage()).toContain('Somebody is working on Checkout now');
  });

  test('a public update is on the page', async () => {
    const answer = await hugops.api('POST', `/incidents/${incidentId}/updates`, {
      phase: 'identified',
      body: 'A certificate had expired. We are replacing it.',
    });
    expect(answer.status).toBe(204);
    await hugops.pass(second);
    expect(await publicPage()).toContain('A certificate had expired');
    expect(await fetch(`${hugops.url}/api/v2/incidents/unresolved.json`).then((r) => r.json())).toMatchObject({
      incidents: [{ status: 'identified' }],
    });
  });

  test('the service returns: resolved, and the thanks window opens', async () => {
    service.behave('ok');
    await hugops.pass(30 * second, 5 * second);
    expect(await incident()).toMatchObject({ status: 'resolved', phase: 'resolved' });
    const page = await publicPage(`/incidents/${incidentId}`);
    expect(page).toContain('working again');
    expect(await (await fetch(`${hugops.url}/api/v2/status.json`)).json()).toMatchObject({
      status: { indicator: 'none' },
    });
    // The first green is not the last word: nobody is asked for thanks yet.
    expect(page).not.toContain('What would you like to give?');
    await hugops.pass(5 * 60 * second, 30 * second);
    expect(await publicPage(`/incidents/${incidentId}`)).toContain('What would you like to give?');
  });

  test('a visitor leaves a hug in a browser; its words wait for approval', async () => {
    await visit(`${hugops.url}/incidents/${incidentId}`, 390, async (page) => {
      await page.getByRole('radio', { name: /chocolates/i }).check();
      await page.getByRole('textbox').fill('You saved my evening. Thank you!');
      await page.getByRole('button', { name: 'Send it' }).click();
      await page.getByText('It is on its way').waitFor();
    });
    expect(await publicPage(`/incidents/${incidentId}`)).not.toContain('You saved my evening');
    const held = await hugops.api('GET', '/hugs?status=held');
    expect(held.body).toMatchObject({ hugs: [{ kind: 'chocolates', message: 'You saved my evening. Thank you!' }] });
    const [hug] = (held.body as { hugs: { id: string }[] }).hugs;
    expect((await hugops.api('POST', `/hugs/${hug?.id}/approve`)).status).toBe(204);
    await hugops.pass(second);
    expect(await publicPage(`/incidents/${incidentId}`)).toContain('You saved my evening');
    // Alice opted in to be named; Bob did nothing and did not.
    expect(await publicPage(`/incidents/${incidentId}`)).toContain('Alice Ahlgren');
    expect(await publicPage(`/incidents/${incidentId}`)).not.toContain('Bob Bakker');
  });

  test('the night stays quiet, and the hug comes in the morning, once, to those who did the work', async () => {
    const before = smtp.mails.length;
    const morning = Temporal.Instant.from('2026-12-02T08:00:00Z').epochMilliseconds;
    await hugops.pass(morning - hugops.clock.now() - second, 10 * 60 * second);
    expect(smtp.mails).toHaveLength(before);
    await hugops.pass(hour, 5 * 60 * second);
    const thanks = mailsTo('alice@example.com').slice(1);
    expect(thanks).toHaveLength(1);
    expect(thanks[0]?.subject).toBe('Somebody said thank you');
    expect(thanks[0]?.text).toContain('You saved my evening. Thank you!');
    expect(mailsTo('bob@example.com')).toHaveLength(0);
    await hugops.pass(24 * hour, hour);
    // Alice had it; the owner wrote the public update, and is thanked in the hours of her own zone. Bob slept.
    expect(smtp.mails.slice(before).map((mail) => `${mail.to.join()}: ${mail.subject}`)).toEqual([
      'alice@example.com: Somebody said thank you',
      'owner@example.com: Somebody said thank you',
    ]);
  });
});
