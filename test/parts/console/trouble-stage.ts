import { type FakeHost, openFakeInternet } from '../../harness/fake-internet.ts';
import type { TestApp } from '../../harness/app.ts';
import { startSmtpServer } from '../../harness/smtp-server.ts';
import { openConsoleApp } from './stage.ts';

/** A shop whose provider breaks: what stands on what, probes, sources of alerts and of posts, and rules, for everything that looks at them. */
export interface TroubleStage extends TestApp {
  /** The incident of all that stands on the provider. */
  incidentId: string;
  /** Of the source 'Metrics', which sends to the service Mail. */
  metricsKey: string;
}

const second = 1_000;
const minute = 60 * second;
const onStorage = { checkout: 'Checkout', basket: 'Basket', images: 'Product images' };
const deskKey = 'desk-key-0123456789';

const yaml = (url: (id: string) => string): string => `
people:
  alice: { name: Alice Ahlgren, email: owner@example.com, timeZone: Europe/Berlin }
  bob: { name: Bob Bakker, email: bob@example.com, timeZone: America/New_York }
teams:
  shop: { name: Shop, leads: [alice], members: [bob] }
  media: { name: Media, members: [bob] }
listen: { sources: { desk: { kind: webhook, key: '\${env:DESK_KEY}' } } }
policies: { default: { name: Shop, steps: [{ notify: [{ person: alice }], wait: 10m }] } }
services:
${Object.entries(onStorage)
  .map(
    ([id, name]) => `  ${id}:
    name: ${name}
    team: ${id === 'images' ? 'media' : 'shop'}
    dependsOn: [acme/eu/storage]${id === 'checkout' ? `\n    listen: { names: [Zyntra] }` : ''}
    checks: { page: { kind: http, name: ${name} answers, url: '${url(id)}', interval: 30s } }`,
  )
  .join('\n')}
  prices: { name: Prices, team: shop, dependsOn: [basket, { on: images, hardness: soft }] }
  wiki: { name: Wiki, team: media }
statusPage:
  title: Example Shop
  groups: [{ name: Shop, components: [{ service: checkout }, { service: images }] }]
  publishTo:
    cache: { kind: purge, url: '${url('cache')}', secret: '\${env:CACHE_SECRET}' }
`;

const pageUrl = 'https://status.acme.example.com';

/** What a Statuspage says: storage in Europe works, or has trouble since `at`. */
function summary(at: number | undefined, now: number): object {
  const status = at === undefined ? 'operational' : 'partial_outage';
  const storage = { id: 'st', name: 'Storage', status, group: false, group_id: 'eu' };
  const time = new Date(at ?? now).toISOString();
  return {
    page: { id: 'p', name: 'Acme Cloud', url: pageUrl },
    components: [{ id: 'eu', name: 'EU', status, group: true, group_id: null }, storage],
    incidents:
      at === undefined
        ? []
        : [
            {
              id: 'acme-1',
              name: 'Errors when objects are read in Europe',
              status: 'identified',
              impact: 'major',
              created_at: time,
              started_at: time,
              updated_at: time,
              resolved_at: null,
              shortlink: `${pageUrl}/i/acme-1`,
              incident_updates: [
                {
                  id: 'u2',
                  status: 'identified',
                  body: 'A part of the disks was taken away by mistake. They are coming back.',
                  display_at: time,
                },
                { id: 'u1', status: 'investigating', body: 'We see errors when objects are read.', display_at: time },
              ],
              components: [storage],
            },
          ],
    scheduled_maintenances: [],
  };
}

/** Opens it all on real sockets. `breaks: false` leaves the shop well. */
export async function openTroubleStage({ breaks = true } = {}): Promise<TroubleStage> {
  const internet = openFakeInternet();
  const hosts = new Map<string, FakeHost>();
  for (const id of [...Object.keys(onStorage), 'cache', 'old-cache', 'mail', 'acme', 'ntfy'])
    hosts.set(id, await internet.http());
  const url = (id: string): string => hosts.get(id)?.url ?? '';
  hosts.get('old-cache')?.behave('fail');
  const mails = await startSmtpServer();
  const variables = { HUGOPS_SMTP_URL: mails.url, DESK_KEY: deskKey, CACHE_SECRET: 'purge-it-now-0123456789' };
  const app = await openConsoleApp({ yaml: yaml(url), variables });
  await app.pass(second);
  const acmeSays = (body: object): void =>
    hosts.get('acme')?.behave((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    });
  const made = async <T>(method: string, path: string, body: unknown): Promise<T> => {
    const answer = await app.api(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  };
  acmeSays(summary(undefined, app.clock.now()));
  const feed = { kind: 'statuspage', url: `${url('acme')}/api/v2/summary.json` };
  await made('POST', '/upstream-providers', { id: 'acme', name: 'Acme Cloud', pageUrl, feed });
  await made('POST', '/services', { id: 'mail', name: 'Mail', description: 'Receipts and reminders.' });
  await made('PUT', '/services/mail/dependencies', {
    dependsOn: [{ on: 'prices' }, { on: 'acme/eu/storage', hardness: 'soft' }],
  });
  await addMethods(app, made, url('ntfy'));
  const metricsKey = await addSources(app, made);
  await addProbes(app, made, url('mail'));
  await app.pass(3 * minute, 30 * second);
  await hearCustomers(app, 2);
  let incidentId = '';
  if (breaks) {
    acmeSays(summary(app.clock.now(), app.clock.now()));
    for (const id of Object.keys(onStorage)) {
      hosts.get(id)?.behave('fail');
      await app.pass(20 * second, 10 * second);
    }
    await hearCustomers(app, 9);
    await app.pass(2 * minute, 15 * second);
    const { incidents } = await made<{ incidents: { id: string }[] }>('GET', '/incidents', undefined);
    incidentId = incidents[0]?.id ?? '';
  }
  return {
    ...app,
    incidentId,
    metricsKey,
    async stop() {
      await app.stop();
      await mails.close();
      await internet.close();
    },
  };
}

type Make = <T>(method: string, path: string, body: unknown) => Promise<T>;

/** Two contact methods of the owner, so that rules have something to order. */
async function addMethods({ app, clock }: TestApp, make: Make, ntfy: string): Promise<void> {
  await app.ctx.db
    .insertInto('contact_methods')
    .values(
      [
        { id: 'cm-phone', kind: 'ntfy', label: 'Phone', config: { server: ntfy, topic: 'alice-at-night' } },
        { id: 'cm-mail', kind: 'email', label: 'alice@example.com', config: { address: 'alice@example.com' } },
      ].map(({ config, ...method }, position) => ({
        ...method,
        person_id: 'alice',
        config: JSON.stringify(config),
        position,
        owned_by: 'console' as const,
        created_at: clock.now(),
      })),
    )
    .execute();
  await make('PUT', '/me/notification-rules', {
    rules: {
      high: [
        { contactMethodId: 'cm-phone', afterMs: 0 },
        { contactMethodId: 'cm-mail', afterMs: 2 * minute },
      ],
      low: [],
      quietHours: { days: [1, 2, 3, 4, 5, 6, 7], from: '22:00', to: '07:00' },
    },
  });
}

/** A source that is heard, with one message that nobody can understand, and one that has sent nothing yet. */
async function addSources(app: TestApp, make: Make): Promise<string> {
  const { key } = await make<{ key: string }>('POST', '/services/mail/integrations', {
    kind: 'webhook',
    name: 'Metrics',
    config: { groupBy: ['$.cluster'], mapping: { key: '$.id', status: '$.state', summary: '$.title' } },
  });
  await make('POST', '/services/mail/integrations', { kind: 'grafana', name: 'Grafana of the warehouse' });
  for (const message of [{ id: 7, state: 'ok', title: 'Queue is short', cluster: 'eu' }, { state: 'ok' }]) {
    await fetch(`${app.url}/inbound/webhook/${key}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(message),
    });
  }
  return key;
}

/** Frankfurt looks and sees trouble that this server does not see; Oslo was never started. */
async function addProbes(app: TestApp, make: Make, mailUrl: string): Promise<void> {
  const { token } = await make<{ token: string }>('POST', '/probes', { id: 'frankfurt', name: 'Frankfurt' });
  await make('POST', '/probes', { id: 'oslo', name: 'Oslo, second line' });
  const { id } = await make<{ id: string }>('POST', '/services/mail/checks', {
    name: 'Mail answers',
    locations: ['local', 'frankfurt'],
    agreement: 'all',
    config: { kind: 'http', url: mailUrl },
  });
  const now = app.clock.now();
  await fetch(`${app.url}/probe/v1/results`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-hugops-version': '1.0.0' },
    body: JSON.stringify({
      logId: 'screens-log-0000001',
      sentAt: now,
      dropped: 0,
      results: [1, 2].map((seq) => ({
        seq,
        checkId: id,
        at: now - (3 - seq) * second,
        outcome: { ok: false, totalMs: 812, error: { code: 'refused', message: '192.0.2.7 refused the connection' } },
      })),
    }),
  });
}

let customers = 0;
async function hearCustomers(app: TestApp, count: number): Promise<void> {
  const posts = Array.from({ length: count }, () => {
    customers += 1;
    return { id: `p${customers}`, author: `customer ${customers}`, text: 'Zyntra is down, I cannot pay' };
  });
  await fetch(`${app.url}/inbound/posts/${deskKey}`, { method: 'POST', body: JSON.stringify({ posts }) });
}
