import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds, openTestApp, type TestApp } from '../harness/app.ts';
import { type FakeHost, type FakeInternet, openFakeInternet } from '../harness/fake-internet.ts';
import { startSmtpServer, type TestSmtpServer } from '../harness/smtp-server.ts';

// A provider dies and says nothing. Within two minutes five services of two teams fail, because all of them need it. That is one incident and one
// call a team, and it names the provider. Meanwhile a sixth service breaks by itself: its people are called for that.

const second = 1_000;
const minute = 60 * second;
const shop = ['checkout', 'basket', 'prices'];
const media = ['images', 'video'];

const yaml = (url: (id: string) => string): string => `
mail: { url: '\${env:SMTP_URL}', from: 'HugOps <hugops@example.com>' }
people:
  alice: { name: Alice Ahlgren, email: alice@example.com, timeZone: UTC, contact: [{ kind: email, address: alice@example.com }] }
  bob: { name: Bob Brown, email: bob@example.com, timeZone: UTC, contact: [{ kind: email, address: bob@example.com }] }
  charlie: { name: Charlie Chen, email: charlie@example.com, timeZone: UTC, contact: [{ kind: email, address: charlie@example.com }] }
teams:
  shop: { name: Shop, members: [alice], policy: shop }
  media: { name: Media, members: [bob], policy: media }
  office: { name: Office, members: [charlie], policy: office }
policies:
  shop: { name: Shop, steps: [{ notify: [{ person: alice }], wait: 2h }] }
  media: { name: Media, steps: [{ notify: [{ person: bob }], wait: 2h }] }
  office: { name: Office, steps: [{ notify: [{ person: charlie }], wait: 2h }] }
services:
${[...shop.map((id) => [id, 'shop']), ...media.map((id) => [id, 'media'])]
  .map(
    ([id = '', team]) => `  ${id}:
    name: ${id}
    team: ${team}
    dependsOn: [acme/eu/storage]
    checks: { page: { kind: http, url: '${url(id)}', interval: 30s } }`,
  )
  .join('\n')}
  wiki:
    name: wiki
    team: office
    dependsOn: [{ on: acme/eu/storage, hardness: soft }]
    checks: { page: { kind: http, url: '${url('wiki')}', interval: 30s } }
statusPage:
  title: Example
  groups: [{ name: All, components: [{ service: checkout }, { service: images }] }]
`;

describe.each(databaseKinds)('one provider, five services of two teams, on %s', (database) => {
  let internet: FakeInternet;
  const hosts = new Map<string, FakeHost>();
  let smtp: TestSmtpServer;
  let hugops: TestApp;

  const incidents = () => hugops.app.ctx.db.selectFrom('incidents').selectAll().orderBy('number').execute();
  const recipients = () => smtp.mails.map((mail) => mail.to.join());
  const detail = async (id: string) =>
    (await hugops.api('GET', `/incidents/${id}`)).body as {
      cause: { id: string; text: string; confidence: number } | null;
      services: { id: string; isFiring: boolean }[];
    };

  beforeAll(async () => {
    internet = openFakeInternet();
    for (const id of [...shop, ...media, 'wiki']) hosts.set(id, await internet.http());
    smtp = await startSmtpServer();
    hugops = await openTestApp({
      database,
      startAt: '2026-12-01T03:00:00Z',
      yaml: yaml((id) => hosts.get(id)?.url ?? ''),
      variables: { SMTP_URL: smtp.url },
    });
    await hugops.pass(3 * minute, 30 * second);
  });
  afterAll(async () => {
    await hugops?.stop();
    await smtp?.close();
    await internet?.close();
  });

  test('all is well, and nobody is called', async () => {
    expect(await incidents()).toEqual([]);
    expect(recipients()).toEqual([]);
  });

  test('the provider dies: one incident, one call a team, and it says whose fault it looks like', async () => {
    for (const id of [...shop, ...media]) {
      hosts.get(id)?.behave('fail');
      await hugops.pass(20 * second, 10 * second);
    }
    await hugops.pass(2 * minute, 15 * second);
    const open = await incidents();
    expect(open).toHaveLength(1);
    expect(recipients().toSorted()).toEqual(['alice@example.com', 'bob@example.com']);
    const { cause, services } = await detail(open[0]?.id ?? '');
    expect(cause?.id).toBe('acme/eu/storage');
    expect(cause?.text).toContain('all 5 services that need it fail');
    expect(cause?.confidence).toBeGreaterThan(0.8);
    expect(services.map((service) => service.id).toSorted()).toEqual([...shop, ...media].toSorted());
  });

  test('a service that breaks by itself is not swallowed: its own people are called', async () => {
    await hugops.pass(6 * minute, minute);
    hosts.get('wiki')?.behave('fail');
    await hugops.pass(2 * minute, 30 * second);
    const open = await incidents();
    expect(open.map((incident) => incident.service_id)).toContain('wiki');
    expect(open).toHaveLength(2);
    expect(recipients().toSorted()).toEqual(['alice@example.com', 'bob@example.com', 'charlie@example.com']);
  });

  test('the public reads of one problem, and not of the provider', async () => {
    const status = (await (await fetch(`${hugops.url}/api/v2/summary.json`)).json()) as { incidents: unknown[] };
    expect(status.incidents).toHaveLength(1);
    expect(JSON.stringify(status)).not.toContain('acme');
  });

  test('it works again: the one incident ends with its last service, and the other goes on', async () => {
    for (const id of [...shop, ...media]) hosts.get(id)?.behave('ok');
    await hugops.pass(3 * minute, 30 * second);
    const stored = await incidents();
    expect(stored.map((incident) => [incident.service_id === 'wiki', incident.status])).toEqual([
      [false, 'resolved'],
      [true, 'triggered'],
    ]);
    hosts.get('wiki')?.behave('ok');
    await hugops.pass(2 * minute, 30 * second);
    expect((await incidents()).every((incident) => incident.status === 'resolved')).toBe(true);
    expect(recipients()).toHaveLength(3);
  });
});
