import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { buildConsole, isConsoleStale } from '../../../scripts/build-console.ts';
import { leaveHug } from '../../../src/thank/leave-hug.ts';
import { openTestApp, type TestApp, type TestAppOptions } from '../../harness/app.ts';
import { startSmtpServer, type TestSmtpServer } from '../../harness/smtp-server.ts';

/** A small shop with two people, three services and a schedule, on real sockets, for everything that looks at the console. */
export interface Stage extends TestApp {
  mail: TestSmtpServer;
  /** What the shop's servers answer from now on. */
  answer(status: number): void;
}

const yaml = (shop: string): string => `
people:
  alice: { name: Alice Ahlgren, email: owner@example.com, timeZone: Europe/Berlin, showName: true, contact: [{ kind: email, address: alice@example.com }] }
  bob: { name: Bob Bakker, email: bob@example.com, timeZone: America/New_York, contact: [{ kind: email, address: bob@example.com }] }
  charlie: { name: Charlie Cho, email: charlie@example.com, timeZone: Asia/Seoul }
teams:
  shop: { name: Shop, leads: [alice], members: [bob, charlie] }
schedules:
  primary:
    name: Primary
    timeZone: Europe/Berlin
    layers:
      - { people: [alice, bob], rotation: weekly, handOff: { day: monday, time: '09:00' }, start: 2026-01-05 }
  database:
    name: Database
    timeZone: Asia/Seoul
    layers:
      - people: [charlie, bob]
        rotation: daily
        every: 2
        handOff: { time: '09:00' }
        start: 2026-01-05
        restrictions: [{ days: [mon..fri], from: '00:00', to: '24:00' }]
policies:
  default: { name: Shop, steps: [{ notify: [{ schedule: primary }], wait: 5m }, { notify: [{ team: shop }], wait: 15m }], repeat: 2 }
services:
  checkout:
    name: Checkout
    description: Where customers pay.
    team: shop
    dependsOn: [shop-db, { on: payment-provider/eu/cards, hardness: soft }]
    checks: { home: { kind: http, name: Payments, url: '${shop}/health', interval: 10s, timeout: 2s } }
  search:
    name: Search
    team: shop
    checks: { api: { kind: http, name: Search answers, url: '${shop}/search', interval: 30s, severity: major } }
  shop-db:
    name: Shop database
    team: shop
    checks: { backup: { kind: heartbeat, name: Nightly backup, interval: 1d, grace: 1h, severity: major } }
statusPage:
  title: Example Shop
  timeZone: Europe/Berlin
  groups: [{ name: Shop, components: [{ service: checkout }, { service: search }] }]
`;

/** Builds the console where that is needed, and opens a program without anything in it. */
export async function openConsoleApp(options: TestAppOptions = {}): Promise<TestApp> {
  if (isConsoleStale()) await buildConsole();
  return openTestApp({ startAt: '2026-12-03T13:40:00Z', ...options });
}

export async function openStage(): Promise<Stage> {
  let status = 200;
  const shop = createServer((request, response) => {
    const isDown = status !== 200 && request.url === '/health';
    response.writeHead(isDown ? status : 200, { 'content-type': 'text/plain' }).end(isDown ? 'no database' : 'ok');
  });
  const url = await listen(shop);
  const mail = await startSmtpServer();
  const app = await openConsoleApp({ yaml: yaml(url), variables: { HUGOPS_SMTP_URL: mail.url } });
  await app.app.ctx.db.updateTable('auth_users').set({ name: 'Alice Ahlgren' }).execute();
  await app.pass(60_000, 10_000);
  return {
    ...app,
    mail,
    answer(next) {
      status = next;
    },
    async stop() {
      await app.stop();
      await mail.close();
      shop.closeAllConnections();
      await new Promise((resolve) => shop.close(resolve));
    },
  };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The shop's Checkout stops answering, and whoever is on call is paged. Returns the incident's id. */
export async function breakCheckout(stage: Stage): Promise<string> {
  stage.answer(500);
  await stage.pass(40_000, 10_000);
  const { body } = await stage.api('GET', '/incidents');
  const [incident] = (body as { incidents: { id: string }[] }).incidents;
  if (!incident) throw new Error('no incident was opened');
  return incident.id;
}

const words = [
  ['hug', 'Thank you to whoever got up for this.'],
  ['coffee', 'My kids’ birthday order went through after all. You are great.'],
  ['cake', 'Seriously impressed by how fast you told us what was going on.'],
  ['hug', undefined],
  ['star', undefined],
  ['hug', undefined],
] as const;

/** Visitors say thank you for an incident that is over: three with words, which wait to be read, and three without. */
export async function leaveHugs(app: TestApp, incidentId: string): Promise<void> {
  // Thanks are asked for when it has been steady.
  await app.pass(6 * 60_000, 60_000);
  for (const [index, [kind, message]] of words.entries()) {
    const address = `192.0.2.${index + 1}`;
    await leaveHug(app.app.ctx, { incidentId, kind, message, address, userAgent: 'test', now: app.clock.now() });
  }
}

export interface Visit {
  page: Page;
  /** What the page's console said that is a warning or an error, and requests that went elsewhere. */
  complaints: string[];
  close(): Promise<void>;
}

/** A page of the console in a browser of its own; signed in unless said otherwise. */
export async function visit(
  browser: Browser,
  app: TestApp,
  options: BrowserContextOptions & { signIn?: boolean } = {},
): Promise<Visit> {
  const { signIn = true, ...context } = options;
  const opened = await browser.newContext({
    baseURL: app.url,
    timezoneId: 'Europe/Berlin',
    locale: 'en-GB',
    ...(signIn ? { storageState: await ownerSession(browser, app) } : {}),
    ...context,
  });
  const complaints: string[] = [];
  const page = await opened.newPage();
  page.on('console', (message) => {
    // What HugOps refuses is told by the page itself.
    const isRefusal = /the server responded with a status of 4\d\d/.test(message.text());
    if (['warning', 'error'].includes(message.type()) && !isRefusal) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(app.url) && !request.url().startsWith('data:')) complaints.push(request.url());
  });
  return { page, complaints, close: () => opened.close() };
}

type Session = Awaited<ReturnType<BrowserContext['storageState']>>;
const sessions = new WeakMap<TestApp, Session>();

/** The owner's cookie, fetched once: signing in is limited to a few tries a minute. */
async function ownerSession(browser: Browser, app: TestApp): Promise<Session> {
  const known = sessions.get(app);
  if (known) return known;
  const context = await browser.newContext({ baseURL: app.url });
  const answer = await context.request.post('/api/auth/sign-in/email', {
    data: app.owner,
    headers: { origin: app.url },
  });
  if (!answer.ok()) throw new Error(`sign-in answered ${answer.status()}`);
  const session = await context.storageState();
  await context.close();
  sessions.set(app, session);
  return session;
}
