import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseKinds, openTestApp, type TestApp } from '../harness/app.ts';
import { type FakeHost, type FakeInternet, openFakeInternet } from '../harness/fake-internet.ts';

const minute = 60_000;

// Somebody presses "resolve" while the service is still down. The pager may not stay silent for ever because of that.
describe.each(databaseKinds)('resolved too early, on %s', (database) => {
  let internet: FakeInternet;
  let service: FakeHost;
  let hugops: TestApp;
  beforeAll(async () => {
    internet = openFakeInternet();
    service = await internet.http('fail');
    hugops = await openTestApp({ database });
    await hugops.api('POST', '/services', { name: 'Checkout' });
    await hugops.api('POST', '/services/checkout/checks', {
      config: { kind: 'http', url: service.url },
      intervalMs: 60_000,
      failureThreshold: 1,
    });
  });
  afterAll(async () => {
    await hugops?.stop();
    await internet?.close();
  });

  const incidents = () =>
    hugops.app.ctx.db.selectFrom('incidents').select(['id', 'status']).orderBy('number').execute();

  test('a new incident opens ten minutes later, and only one', async () => {
    await hugops.pass(2 * minute, minute);
    const [first] = await incidents();
    expect(first?.status).toBe('triggered');
    expect((await hugops.api('POST', `/incidents/${first?.id}/resolve`)).status).toBe(204);
    await hugops.pass(9 * minute, minute);
    expect(await incidents()).toMatchObject([{ status: 'resolved' }]);
    await hugops.pass(30 * minute, minute);
    expect(await incidents()).toMatchObject([{ status: 'resolved' }, { status: 'triggered' }]);
    service.behave('ok');
    await hugops.pass(30 * minute, minute);
    expect(await incidents()).toMatchObject([{ status: 'resolved' }, { status: 'resolved' }]);
  });
});
