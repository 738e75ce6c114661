import { describe, expect, it } from 'vitest';
import { webPush } from '../../../src/respond/channels/web-push.ts';
import { startPushService } from '../../harness/channel-servers/push-service.ts';
import { describeChannelContract, incidentPage, testVapid } from './contract.ts';
import { openWorld, withProvider } from './world.ts';

const path = '/wpush/v2/gAAAAABkQ93hfnA2lBvT7uZ0wR5cE9gH3jK6mP1sD4xY8nV2bN5aM0fG7hJ3kL6qW9eR1tZ4uI';
const start = () => startPushService(testVapid.publicKey, path);

describeChannelContract(
  {
    name: 'web push',
    channel: webPush,
    hasKey: true,
    rateLimitWaitMs: 7000,
    invalidConfig: { kind: 'web-push', endpoint: 'https://push.example.com/x', p256dh: 'short', auth: 'short' },
    // A notification shows plain text only.
    expectHarmless: ({ text }) => expect(text).toContain('<script>alert(1)</script>'),
  },
  async () => {
    const stub = await start();
    const { p256dh, auth } = stub.subscription;
    return openWorld({
      stub,
      configFor: (url) => ({ kind: 'web-push', endpoint: `${url}${path}`, p256dh, auth }),
      wrongConfig: { kind: 'web-push', ...stub.subscription, endpoint: `${stub.subscription.endpoint}x` },
      secrets: [path.slice(10), auth],
      deliveries: () =>
        stub.notifications.map((one) => ({
          key: one.topic,
          title: one.title,
          text: `${one.title}\n${one.body}`,
          links: one.actions.map(({ url }) => url),
        })),
      rateLimit: { status: 429, headers: { 'retry-after': '7' } },
      serverError: { status: 502, body: 'bad gateway' },
    });
  },
);

describe('web push', () => {
  it('is readable by the browser alone, signed for its service, and of today', () =>
    withProvider(start(), async (service, io) => {
      await webPush.send(incidentPage(), service.subscription, io);
      const [request] = service.requests;
      expect(request?.bytes.includes('Checkout')).toBe(false);
      expect(service.notifications[0]).toMatchObject({
        kind: 'incident',
        tag: incidentPage().id,
        severity: 'critical',
        urgency: 'high',
        ttlSeconds: 1800,
        claims: { aud: service.url, sub: testVapid.subject },
      });
    }));

  it('replaces what still waits for the browser', () =>
    withProvider(start(), async (service, io) => {
      await webPush.send(incidentPage(), service.subscription, io);
      await webPush.send(incidentPage({ isResend: true }), service.subscription, io);
      const long = 'pge_'.padEnd(60, 'x');
      await webPush.send(incidentPage({ id: long }), service.subscription, io);
      await webPush.send(incidentPage({ id: `${long}y`, kind: 'test' }), service.subscription, io);
      expect(service.waiting()).toHaveLength(3);
      expect(service.waiting()[0]?.body).toContain('Sent again');
      expect(service.waiting()[2]?.urgency).toBe('normal');
    }));

  it('takes 404 and 410 for a farewell, and another installation’s key for a mistake', () =>
    withProvider(start(), async (service, io) => {
      for (const status of [404, 410]) {
        service.behave({ status, body: service.subscription.endpoint });
        expect(await webPush.send(incidentPage(), service.subscription, io)).toEqual({
          ok: false,
          retryable: false,
          reason: `the browser has given up its subscription (${status}): turn notifications on there again`,
        });
      }
      const stranger = await startPushService('B'.repeat(87), path);
      try {
        const receipt = await webPush.send(incidentPage(), stranger.subscription, io);
        expect(receipt).toEqual({ ok: false, retryable: false, reason: 'the push service answered 403' });
        expect(stranger.notifications).toEqual([]);
      } finally {
        await stranger.close();
      }
    }));
});
