import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds, openTestApp, type TestApp } from '../harness/app.ts';
import { type FakeHost, type FakeInternet, openFakeInternet } from '../harness/fake-internet.ts';
import { startSmtpServer, type TestSmtpServer } from '../harness/smtp-server.ts';

// A provider has trouble and says so; our own service still answers. Whoever is on call hears of it from HugOps, with the provider's own words,
// and hears that it is over. Then another HugOps, which depends on ours, hears of ours.

const second = 1_000;
const minute = 60 * second;

const yaml = `
mail: { url: '\${env:SMTP_URL}', from: 'HugOps <hugops@example.com>' }
people:
  alice:
    name: Alice Ahlgren
    email: alice@example.com
    timeZone: Europe/Berlin
    contact: [{ kind: email, address: alice@example.com }]
teams:
  shop: { name: Shop, members: [alice], policy: shop }
policies:
  shop: { name: Shop, steps: [{ notify: [{ person: alice }], wait: 15m }] }
services:
  checkout:
    name: Checkout
    team: shop
    dependsOn: [acme/eu/payments, { on: acme/eu/mail, hardness: soft }]
  blog:
    name: Blog
    team: shop
    dependsOn: [acme/us/payments]
statusPage:
  title: Example Shop
  groups: [{ name: Shop, components: [{ service: checkout }, { service: blog }] }]
`;

const page = { id: 'p', name: 'Acme', url: 'https://status.acme.example.com' };
const component = (id: string, name: string, status: string, groupId: string | null, group = false) => ({
  id,
  name,
  status,
  group,
  group_id: groupId,
});
const announcement = (status: string, at: number) => ({
  page,
  components: [
    component('eu', 'EU', 'partial_outage', null, true),
    component('us', 'US', 'operational', null, true),
    component('pe', 'Payments', status === 'resolved' ? 'operational' : 'partial_outage', 'eu'),
    component('pu', 'Payments', 'operational', 'us'),
    component('me', 'Mail', 'operational', 'eu'),
  ],
  incidents: [
    {
      id: 'acme-1',
      name: 'Card payments are declined in Europe',
      status,
      impact: 'major',
      created_at: new Date(at).toISOString(),
      started_at: new Date(at - 10 * minute).toISOString(),
      updated_at: new Date(at).toISOString(),
      resolved_at: status === 'resolved' ? new Date(at + 30 * minute).toISOString() : null,
      shortlink: 'https://status.acme.example.com/i/acme-1',
      incident_updates: [
        { id: `u-${status}`, status, body: `We are ${status}.`, display_at: new Date(at).toISOString() },
      ],
      components: [component('pe', 'Payments', 'partial_outage', 'eu')],
    },
  ],
  scheduled_maintenances: [],
});

describe.each(databaseKinds)('trouble at a provider, on %s', (database) => {
  let internet: FakeInternet;
  let acme: FakeHost;
  let smtp: TestSmtpServer;
  let hugops: TestApp;
  let announcedAt = 0;

  const publish = (body: object): void =>
    acme.behave((_request, response) => {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(body));
    });
  const incidents = () => hugops.app.ctx.db.selectFrom('incidents').selectAll().orderBy('id').execute();
  const upstreams = async () => {
    const answer = await hugops.api('GET', '/upstreams');
    expect(answer.status).toBe(200);
    return (
      answer.body as {
        upstreams: { id: string; state: string; notices: { title: string; endedAt: number | null }[] }[];
      }
    ).upstreams;
  };

  beforeAll(async () => {
    internet = openFakeInternet();
    acme = await internet.http();
    publish({ ...announcement('resolved', 0), incidents: [] });
    smtp = await startSmtpServer();
    hugops = await openTestApp({ database, startAt: '2026-12-01T10:00:00Z', yaml, variables: { SMTP_URL: smtp.url } });
  });
  afterAll(async () => {
    await hugops?.stop();
    await smtp?.close();
    await internet?.close();
  });

  test('the provider is not in the catalogue: it says so, and is added with its feed', async () => {
    await hugops.pass(second);
    expect(await upstreams()).toMatchObject([
      { id: 'acme/eu/mail', problem: 'unknown-provider', state: 'unknown' },
      { id: 'acme/eu/payments', problem: 'unknown-provider', state: 'unknown' },
      { id: 'acme/us/payments', problem: 'unknown-provider', state: 'unknown' },
    ]);
    const added = await hugops.api('POST', '/upstream-providers', {
      id: 'acme',
      name: 'Acme Pay',
      pageUrl: page.url,
      feed: { kind: 'statuspage', url: `${acme.url}/api/v2/summary.json` },
    });
    expect(added.status).toBe(204);
    await hugops.pass(second);
    expect((await upstreams()).map((one) => [one.id, one.state])).toEqual([
      ['acme/eu/mail', 'operational'],
      ['acme/eu/payments', 'operational'],
      ['acme/us/payments', 'operational'],
    ]);
    expect(await incidents()).toEqual([]);
  });

  test('the provider announces trouble: the service that needs it has an incident that names the notice, the other has none', async () => {
    announcedAt = hugops.clock.now();
    publish(announcement('investigating', announcedAt));
    await hugops.pass(2 * minute, 30 * second);
    expect(await incidents()).toMatchObject([
      {
        service_id: 'checkout',
        title: 'Acme Pay: Card payments are declined in Europe',
        severity: 'major',
        status: 'triggered',
      },
    ]);
    expect(smtp.mails.map((mail) => mail.to)).toEqual([['alice@example.com']]);
    expect(smtp.mails[0]?.text).toContain('Acme Pay: Card payments are declined in Europe');
    const states = await upstreams();
    expect(states.map((one) => [one.id, one.state])).toEqual([
      ['acme/eu/payments', 'partial_outage'],
      ['acme/eu/mail', 'operational'],
      ['acme/us/payments', 'operational'],
    ]);
    expect(states[0]?.notices).toMatchObject([
      {
        title: 'Card payments are declined in Europe',
        publicAt: announcedAt,
        startedAt: announcedAt - 10 * minute,
        endedAt: null,
      },
    ]);
    const status = await (await fetch(`${hugops.url}/api/v2/summary.json`)).json();
    expect(status).toMatchObject({ incidents: [{ name: 'Problems with Checkout', impact: 'major' }] });
    // The provider's words are for those who work on it, not for our page.
    expect(JSON.stringify(status)).not.toContain('Acme');
  });

  test('an update of the provider wakes nobody again; the feed going away is no recovery', async () => {
    publish(announcement('identified', announcedAt));
    await hugops.pass(3 * minute, 30 * second);
    acme.behave('fail');
    await hugops.pass(5 * minute, 30 * second);
    expect(smtp.mails).toHaveLength(1);
    expect((await incidents())[0]?.status).toBe('triggered');
    expect((await upstreams())[0]).toMatchObject({
      state: 'partial_outage',
      feed: { health: 'failing', lastError: 'it answers 503' },
    });
  });

  test('another HugOps that depends on this one hears of it', async () => {
    const other = await openTestApp({
      database,
      startAt: new Date(hugops.clock.now()).toISOString(),
      yaml: `
services:
  market: { name: Market, dependsOn: [shop/checkout] }
  archive: { name: Archive, dependsOn: [shop/blog] }
`,
    });
    try {
      await other.api('POST', '/upstream-providers', {
        id: 'shop',
        name: 'Example Shop',
        pageUrl: hugops.url,
        feed: { kind: 'hugops', url: `${hugops.url}/api/v2/summary.json` },
      });
      await other.pass(second);
      const opened = await other.app.ctx.db.selectFrom('incidents').selectAll().execute();
      expect(opened).toMatchObject([
        { service_id: 'market', title: 'Example Shop: Problems with Checkout', severity: 'major' },
      ]);
    } finally {
      await other.stop();
    }
  });

  test('the provider says that it is over: cleared and resolved', async () => {
    publish(announcement('resolved', announcedAt));
    await hugops.pass(12 * minute, minute);
    expect(await incidents()).toMatchObject([{ service_id: 'checkout', status: 'resolved' }]);
    expect((await upstreams()).map((one) => one.state)).toEqual(['operational', 'operational', 'operational']);
    expect((await upstreams()).find((one) => one.id === 'acme/eu/payments')?.notices).toMatchObject([
      { title: 'Card payments are declined in Europe', state: 'resolved' },
    ]);
    expect(await (await fetch(`${hugops.url}/api/v2/status.json`)).json()).toMatchObject({
      status: { indicator: 'none' },
    });
  });

  test('only those who administer may say whom to follow, and only feeds that can be', async () => {
    const wrong = await hugops.api('POST', '/upstream-providers', {
      id: 'Bad Id',
      name: '',
      pageUrl: 'javascript:alert(1)',
      feed: { kind: 'carrier-pigeon', url: 'file:///etc/passwd' },
    });
    expect(wrong.status).toBe(400);
    expect((await fetch(`${hugops.url}/api/v1/upstreams`)).status).toBe(401);
    expect((await hugops.api('DELETE', '/upstream-providers/aws')).status).toBe(404);
    expect((await hugops.api('DELETE', '/upstream-providers/acme')).status).toBe(204);
    await hugops.pass(second);
    expect((await upstreams()).map((one) => one.state)).toEqual(['unknown', 'unknown', 'unknown']);
  });
});
