import { describe, expect, it } from 'vitest';
import { pushover } from '../../../src/respond/channels/pushover.ts';
import { json } from '../../harness/channel-servers/http-stub.ts';
import { type PushoverMessage, startPushoverServer } from '../../harness/channel-servers/pushover.ts';
import { type Delivery, describeChannelContract, incidentPage } from './contract.ts';
import { linksIn, openWorld, withProvider } from './world.ts';

const token = 'azGDORePK8gMaC0QOYAMyEEuzJnyUi';
const user = 'uQiRzpo4DXghDmr9QzzfQu27cmVRsG';
const options = { token, users: [user] };
const configFor = (url: string) => ({ kind: 'pushover', token, user, apiUrl: url });

const toDelivery = (message: PushoverMessage): Delivery => ({
  key: undefined,
  title: message.title,
  text: `${message.title}\n${message.message}`,
  links: [...(message.url === undefined ? [] : [message.url]), ...linksIn(message.message)],
});

describeChannelContract(
  {
    name: 'pushover',
    channel: pushover,
    hasKey: false,
    hasQuota: true,
    rateLimitWaitMs: undefined,
    invalidConfig: { kind: 'pushover', token, user: 'alice' },
    // Plain text: the server's schema refuses `html` and `monospace`.
    expectHarmless: ({ text }) => expect(text).toContain('<script>alert(1)</script>'),
  },
  async () => {
    const stub = await startPushoverServer(options);
    return openWorld({
      stub,
      configFor,
      wrongConfig: { ...configFor(stub.url), token: token.replace('az', 'za') },
      secrets: [token, user],
      deliveries: () => stub.messages.map(toDelivery),
      rateLimit: json(429, { status: 0, errors: ['application is over its message limit'], request: 'r' }),
      serverError: { status: 500, body: '' },
    });
  },
);

describe('pushover', () => {
  it('is an emergency only when critical, and can be called off', () =>
    withProvider(startPushoverServer(options), async (server, io) => {
      const config = {
        ...configFor(server.url),
        emergency: true,
        retrySeconds: 30,
        expireSeconds: 300,
        device: 'phone',
      };
      const receipt = await pushover.send(incidentPage(), config, io);
      expect(receipt).toEqual({ ok: true, providerRef: 'receipt00000000000000000000001' });
      for (const severity of ['major', 'minor'] as const)
        await pushover.send(incidentPage({}, { severity }), config, io);
      await pushover.send(incidentPage(), { ...config, emergency: false }, io);
      expect(server.messages.map(({ priority }) => priority)).toEqual(['2', '1', '0', '1']);
      expect(server.messages.map(({ retry, expire }) => [retry, expire])).toEqual([
        [30, 300],
        [undefined, undefined],
        [undefined, undefined],
        [undefined, undefined],
      ]);
      expect(server.messages[0]).toMatchObject({ device: 'phone', url_title: 'Acknowledge', timestamp: '1772331000' });
      expect(server.sounding.size).toBe(1);
      const ref = receipt.ok ? (receipt.providerRef ?? '') : '';
      expect(await pushover.cancel?.(ref, config, io)).toMatchObject({ ok: true });
      expect(server.sounding.size).toBe(0);
    }));

  it('calls off nothing that does not repeat, and leaks nothing when it fails', () =>
    withProvider(startPushoverServer(options), async (server, io) => {
      const config = configFor(server.url);
      expect(await pushover.cancel?.('5042853c-402d-4a18-abcb-168734801170', config, io)).toEqual({ ok: true });
      expect(server.requests).toEqual([]);
      const gone = await pushover.cancel?.('receipt00000000000000000000009', config, io);
      expect(gone).toMatchObject({ ok: false, retryable: false });
      server.behave('echo');
      const echoed = await pushover.cancel?.('receipt00000000000000000000009', config, io);
      expect(JSON.stringify(echoed)).not.toContain(token);
      expect(await pushover.cancel?.('x', { ...config, user: 'alice' }, io)).toMatchObject({
        ok: false,
        retryable: false,
      });
    }));

  it('says what Pushover says, takes every 4xx for final, and lets it rest for five seconds', () =>
    withProvider(startPushoverServer(options), async (server, io) => {
      const config = configFor(server.url);
      const nobody = { ...config, user: 'u'.repeat(30) };
      expect(await pushover.send(incidentPage(), nobody, io)).toEqual({
        ok: false,
        retryable: false,
        reason: 'Pushover answered 400: user identifier is not a valid user, group, or subscribed user key',
      });
      for (const status of [408, 410, 425]) {
        server.behave({ status });
        expect(await pushover.send(incidentPage(), config, io)).toMatchObject({ ok: false, retryable: false });
      }
      server.behave({ status: 503 });
      expect(await pushover.send(incidentPage(), config, io)).toMatchObject({ retryable: true, retryAfterMs: 5000 });
      server.behave(json(200, { status: 0, errors: ['message cannot be blank'] }));
      expect(await pushover.send(incidentPage(), config, io)).toMatchObject({ ok: false, retryable: false });
      server.behave({ status: 200, body: '<html>' });
      expect(await pushover.send(incidentPage(), config, io)).toMatchObject({ ok: false, retryable: true });
    }));

  it('moves an address that is too long for its place into the text', () =>
    withProvider(startPushoverServer(options), async (server, io) => {
      const page = incidentPage({ ackUrl: `https://status.example.com/a/${'x'.repeat(500)}` });
      expect(await pushover.send(page, configFor(server.url), io)).toMatchObject({ ok: true });
      expect(server.messages[0]?.url).toBe(undefined);
      expect(linksIn(server.messages[0]?.message ?? '')).toEqual([page.ackUrl, page.viewUrl]);
    }));
});
