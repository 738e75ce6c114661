import { describe, expect, it } from 'vitest';
import { slack } from '../../../src/respond/channels/slack.ts';
import { closedPort, json, type StubBehaviour } from '../../harness/channel-servers/http-stub.ts';
import { type SlackMessage, startSlackServer } from '../../harness/channel-servers/slack.ts';
import {
  type ChannelWorld,
  contractIo,
  type Delivery,
  describeChannelContract,
  type Fault,
  incidentPage,
} from './contract.ts';

const token = 'xoxb-2147483647-1234567890-AbCdEfGhIjKlMnOpQrStUvWx';
const webhookPath = '/services/T01ABCDEF/B01ABCDEF/9pQrStUvWxYz0123456789aB';
const hookSecret = '9pQrStUvWxYz0123456789aB';

const faults: Record<Fault, StubBehaviour> = {
  none: 'accept',
  'rate-limit': { ...json(429, { ok: false, error: 'ratelimited' }), headers: { 'retry-after': '7' } },
  'server-error': { status: 503, body: '<html>upstream connect error</html>' },
  hang: 'hang',
  'lose-receipt': 'lose-receipt',
  echo: 'echo',
};

async function start(mode: 'token' | 'webhook'): Promise<ChannelWorld> {
  const server = await startSlackServer({ token, channels: ['C0PAGES'], webhookPath });
  const io = contractIo();
  const gone = `http://127.0.0.1:${await closedPort()}`;
  const byToken = { kind: 'slack', channel: 'C0PAGES', apiUrl: server.apiUrl };
  const isToken = mode === 'token';
  return {
    io,
    config: isToken ? { ...byToken, token } : { kind: 'slack', webhookUrl: server.webhookUrl },
    wrongCredentials: {
      io,
      config: isToken ? { ...byToken, token: `${token}x` } : { kind: 'slack', webhookUrl: `${server.webhookUrl}x` },
    },
    nobodyThere: {
      io,
      config: isToken
        ? { ...byToken, token, apiUrl: `${gone}/api` }
        : { kind: 'slack', webhookUrl: `${gone}${webhookPath}` },
    },
    secrets: isToken ? [token] : [hookSecret],
    deliveries: () => server.messages.map(toDelivery),
    requestCount: () => server.requests.length,
    fail: (fault) => server.behave(faults[fault]),
    async close() {
      await io.close();
      await server.close();
    },
  };
}

function toDelivery(message: SlackMessage): Delivery {
  const texts = message.blocks.flatMap((block) =>
    block.type === 'actions'
      ? []
      : block.type === 'context'
        ? block.elements.map((one) => one.text)
        : [block.text.text],
  );
  return {
    // Slack knows no key; the id travels as metadata, which is for reading and not for dropping repetitions.
    key: undefined,
    title: texts[0] ?? '',
    text: [message.text, ...texts].join('\n'),
    links: message.blocks.flatMap((block) => (block.type === 'actions' ? block.elements.map((one) => one.url) : [])),
  };
}

const traits = {
  channel: slack,
  hasKey: false,
  rateLimitWaitMs: 7000,
  invalidConfig: { kind: 'slack', token, webhookUrl: 'https://hooks.example.com/x' },
  // Blocks are plain_text only (the server's schema refuses mrkdwn); the fallback text is the one place that is parsed.
  expectHarmless: ({ text }: Delivery) => {
    const [fallback] = text.split('\n');
    expect(fallback).toContain('&lt;!channel&gt;');
    expect(fallback).not.toMatch(/[<>]/);
  },
};

describeChannelContract({ ...traits, name: 'slack with a bot token' }, () => start('token'));
describeChannelContract({ ...traits, name: 'slack with an incoming webhook' }, () => start('webhook'));

describe('slack', () => {
  it('says Slack’s own word for what is wrong, and retries only what passes', async () => {
    const server = await startSlackServer({ token, channels: ['C0PAGES'], webhookPath });
    const io = contractIo();
    const config = { kind: 'slack', token, channel: 'C0PAGES', apiUrl: server.apiUrl };
    try {
      expect(await slack.send(incidentPage(), { ...config, channel: 'C0GONE' }, io)).toEqual({
        ok: false,
        retryable: false,
        reason: 'Slack refused the message: channel_not_found',
      });
      for (const [error, retryable] of [
        ['invalid_auth', false],
        ['account_inactive', false],
        ['ratelimited', true],
        ['internal_error', true],
        ['fatal_error', true],
      ] as const) {
        server.behave(json(200, { ok: false, error }));
        const receipt = await slack.send(incidentPage(), config, io);
        expect(receipt).toEqual({ ok: false, retryable, reason: `Slack refused the message: ${error}` });
      }
      server.behave({ status: 200, body: '<html>welcome to the captive portal</html>' });
      expect(await slack.send(incidentPage(), config, io)).toMatchObject({ ok: false, retryable: true });
      server.behave({ status: 410, body: 'channel_is_archived' });
      const gone = await slack.send(incidentPage(), { kind: 'slack', webhookUrl: server.webhookUrl }, io);
      expect(gone).toEqual({ ok: false, retryable: false, reason: 'Slack answered 410: channel_is_archived' });
    } finally {
      await io.close();
      await server.close();
    }
  });

  it('names the message it left, carries the page’s id, and lets Slack open no link', async () => {
    const world = await startSlackServer({ token, channels: ['#ops'], webhookPath });
    const io = contractIo();
    try {
      const receipt = await slack.send(incidentPage(), { token, channel: '#ops', apiUrl: world.apiUrl }, io);
      expect(receipt).toEqual({ ok: true, providerRef: '#ops:1700000000.000001' });
      expect(world.messages[0]).toMatchObject({
        metadata: { event_type: 'hugops_page', event_payload: { page_id: incidentPage().id } },
        unfurl_links: false,
        unfurl_media: false,
        link_names: false,
        mrkdwn: false,
      });
    } finally {
      await io.close();
      await world.close();
    }
  });
});
