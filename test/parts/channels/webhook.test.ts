import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../src/platform/random.ts';
import { newSigningSecret, webhook } from '../../../src/respond/channels/webhook.ts';
import { closedPort, startHttpStub, type StubBehaviour } from '../../harness/channel-servers/http-stub.ts';
import { startWebhookReceiver } from '../../harness/channel-servers/webhook.ts';
import { type ChannelWorld, contractIo, describeChannelContract, type Fault, incidentPage } from './contract.ts';

const secret = 'whsec_YSBzZWNyZXQgb2YgZXhhY3RseSAzMiBieXRlcywgb2s=';
const urlKey = 'k-4f9a2b7c1d8e3f60';

const faults: Record<Fault, StubBehaviour> = {
  none: 'accept',
  'rate-limit': { status: 429, headers: { 'retry-after': '7' } },
  'server-error': { status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad gateway</h1>' },
  hang: 'hang',
  'lose-receipt': 'lose-receipt',
  echo: 'echo',
};

async function start(): Promise<ChannelWorld> {
  const server = await startWebhookReceiver(secret);
  const io = contractIo();
  const config = { kind: 'webhook', url: `${server.url}/hook/${urlKey}?key=${urlKey}`, secret };
  return {
    io,
    config,
    wrongCredentials: { io, config: { ...config, secret: newSigningSecret(systemRandom) } },
    nobodyThere: { io, config: { ...config, url: `http://127.0.0.1:${await closedPort()}/hook/${urlKey}` } },
    secrets: [secret, urlKey],
    deliveries: () =>
      server.deliveries.map(({ id, event: { data } }) => ({
        key: id,
        title: data.text,
        text: [data.text, data.person, ...(data.incident?.evidence ?? []), ...(data.summary?.lines ?? [])].join('\n'),
        links: [data.acknowledgeUrl, data.url].filter((url) => url !== undefined),
      })),
    requestCount: () => server.requests.length,
    fail: (fault) => server.behave(faults[fault]),
    async close() {
      await io.close();
      await server.close();
    },
  };
}

describeChannelContract(
  {
    name: 'webhook',
    channel: webhook,
    hasKey: true,
    rateLimitWaitMs: 7000,
    invalidConfig: { kind: 'webhook', url: 'https://hooks.example.com/x', secret: 'whsec_dG9vc2hvcnQ=' },
    // JSON carries any text; what a program does with it is its own affair. Line breaks are gone all the same.
    expectHarmless: ({ text }) => expect(text).toContain('<!channel>'),
  },
  start,
);

describe('webhook', () => {
  it('signs each attempt anew under the same id, so that the reference library accepts both', async () => {
    const server = await startWebhookReceiver(secret);
    const io = contractIo();
    let now = Date.now();
    const clocked = { ...io, now: () => now };
    const config = { url: `${server.url}/hook`, secret };
    try {
      await webhook.send(incidentPage(), config, clocked);
      now += 90_000;
      await webhook.send(incidentPage({ isResend: true }), config, clocked);
      expect(server.deliveries.map(({ id }) => id)).toEqual([incidentPage().id, incidentPage().id]);
      expect(server.deliveries.map(({ event }) => event.data.isResend)).toEqual([false, true]);
      const [first = 0, second = 0] = server.deliveries.map(({ sentAtSeconds }) => sentAtSeconds);
      expect(second - first).toBe(90);
      for (const { headers, body } of server.requests) {
        const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value ?? '']));
        expect(new Webhook(secret).verify(body, plain)).toMatchObject({ type: 'page.incident' });
      }
    } finally {
      await io.close();
      await server.close();
    }
  });

  it('takes 410 for a farewell, follows no redirect, and stays below 20 kB', async () => {
    const server = await startWebhookReceiver(secret);
    const elsewhere = await startWebhookReceiver(secret);
    const io = contractIo();
    const config = { url: `${server.url}/hook`, secret };
    try {
      server.behave({ status: 410 });
      expect(await webhook.send(incidentPage(), config, io)).toMatchObject({ ok: false, retryable: false });
      server.behave({ status: 307, headers: { location: `${elsewhere.url}/hook` } });
      const receipt = await webhook.send(incidentPage(), config, io);
      expect(receipt).toMatchObject({ ok: false, retryable: false });
      expect(receipt.ok ? '' : receipt.reason).toContain('redirects');
      expect(elsewhere.requests).toEqual([]);
      server.behave('accept');
      await webhook.send(
        incidentPage({}, { evidence: Array.from({ length: 999 }, () => 'e'.repeat(999)) }),
        config,
        io,
      );
      expect(server.deliveries[0]?.bytes).toBeLessThan(20_000);
    } finally {
      await io.close();
      await server.close();
      await elsewhere.close();
    }
  });

  it('signs what a template made of the page, whatever the page says', async () => {
    const server = await startHttpStub(() => ({ status: 200 }));
    const io = contractIo();
    const template =
      '{"event": "{{kind}}", "key": "{{ id }}", "what": {"title": "{{title}}", "since": "{{openedAt}}"}, "links": ["{{ackUrl}}", "{{viewUrl}}"]}';
    try {
      const title = '"}, "key": "forged", {{id}} \\';
      const receipt = await webhook.send(incidentPage({}, { title }), { url: server.url, secret, template }, io);
      expect(receipt).toEqual({ ok: true });
      const [request] = server.requests;
      const body = new Webhook(secret).verify(request?.body ?? '', request?.headers as Record<string, string>);
      expect(body).toEqual({
        event: 'incident',
        key: incidentPage().id,
        what: { title: `#42 critical: ${title}`, since: '2026-03-01T02:10:00.000Z' },
        links: [incidentPage().ackUrl, incidentPage().viewUrl],
      });
      for (const bad of ['{"a": {{title}}}', '{"a": "{{nothing}}"}', 'title={{title}}', '']) {
        const refused = await webhook.send(incidentPage(), { url: server.url, secret, template: bad }, io);
        expect(refused).toMatchObject({ ok: false, retryable: false });
      }
      expect(server.requests).toHaveLength(1);
    } finally {
      await io.close();
      await server.close();
    }
  });

  it('makes secrets that its own schema accepts', () => {
    const made = newSigningSecret(systemRandom);
    expect(webhook.schema.safeParse({ kind: 'webhook', url: 'https://example.com/', secret: made }).success).toBe(true);
    for (const bad of [
      '',
      'whsec_',
      'secret',
      made.slice(0, -1),
      `${made}AAAA`,
      made.replace('whsec_', ''),
      'whsec_dG9vc2hvcnQ=',
    ]) {
      expect(webhook.schema.safeParse({ kind: 'webhook', url: 'https://example.com/', secret: bad }).success).toBe(
        false,
      );
    }
  });
});
