import { describe, expect, it } from 'vitest';
import { discord } from '../../../src/respond/channels/discord.ts';
import { type DiscordMessage, startDiscordServer } from '../../harness/channel-servers/discord.ts';
import { json } from '../../harness/channel-servers/http-stub.ts';
import { renderMarkdown } from '../../harness/channel-servers/rendered-markdown.ts';
import { type Delivery, describeChannelContract, incidentPage } from './contract.ts';
import { openWorld, withProvider } from './world.ts';

const token = 'kQ93hfnA2lBvT7uZ0wR5cE9gH3jK6mP1sD4xY8nV2bN5aM0fG7hJ3kL6qW9eR1tZ4uI';
const path = `/api/webhooks/123456789012345678/${token}`;
const configFor = (url: string) => ({ kind: 'discord', webhookUrl: `${url}${path}` });

const partsOf = ({ content, embeds }: DiscordMessage): string[] => [
  content,
  ...embeds.flatMap(({ description, fields }) => [description, ...fields.map(({ value }) => value)]),
];

function toDelivery(message: DiscordMessage): Delivery {
  const rendered = partsOf(message).map(renderMarkdown);
  return {
    key: undefined,
    title: rendered[0]?.text ?? '',
    text: [...rendered.map(({ text }) => text), message.embeds[0]?.title].join('\n'),
    links: rendered.flatMap(({ links }) => links.map(({ url }) => url)),
  };
}

let seen: DiscordMessage[] = [];

describeChannelContract(
  {
    name: 'discord',
    channel: discord,
    hasKey: false,
    // Discord's wait is in its JSON, in seconds with a fraction.
    rateLimitWaitMs: 7250,
    invalidConfig: { kind: 'discord', webhookUrl: 'https://discord.com/api/webhooks/1/x', threadId: 'general' },
    expectHarmless: ({ text }) => {
      expect(text).toContain('<script>alert(1)</script>');
      const [message] = seen;
      expect(message?.allowed_mentions.parse).toEqual([]);
      expect(partsOf(message as DiscordMessage).flatMap((part) => renderMarkdown(part).active)).toEqual([]);
    },
  },
  async () => {
    const stub = await startDiscordServer(path);
    seen = stub.messages;
    return openWorld({
      stub,
      configFor,
      wrongConfig: { kind: 'discord', webhookUrl: `${stub.url}${path}x` },
      secrets: [token],
      deliveries: () => stub.messages.map(toDelivery),
      rateLimit: json(429, { message: 'You are being rate limited.', retry_after: 7.25, global: false }),
      serverError: { status: 503, body: 'upstream connect error' },
    });
  },
);

describe('discord', () => {
  it('says what Discord’s numbers mean, writes into a thread, and names the message it left', () =>
    withProvider(startDiscordServer(path), async (server, io) => {
      const gone = { webhookUrl: `${server.url}/api/webhooks/999999999999999999/${token}` };
      expect(await discord.send(incidentPage(), gone, io)).toEqual({
        ok: false,
        retryable: false,
        reason: 'Discord answered 404: error 10015, the webhook is gone',
      });
      const config = { ...configFor(server.url), threadId: '876543210987654321' };
      expect(await discord.send(incidentPage(), config, io)).toEqual({ ok: true, providerRef: '998877665544332211' });
      expect(server.messages[0]?.threadId).toBe('876543210987654321');
      server.behave({ status: 200, body: '<html>captive portal</html>' });
      expect(await discord.send(incidentPage(), config, io)).toMatchObject({ ok: false, retryable: true });
    }));

  it('lets no text out of its code block', () =>
    withProvider(startDiscordServer(path), async (server, io) => {
      const evidence = ['```', '@everyone ``` <@123456789012345678>', '\\```'];
      await discord.send(incidentPage({}, { evidence }), configFor(server.url), io);
      const { description = '' } = server.messages[0]?.embeds[0] ?? {};
      expect(description.match(/```/g)).toHaveLength(2);
      expect(renderMarkdown(description).text).toContain('``` <@123456789012345678>');
    }));

  it('waits no longer than an hour, whatever it is told', () =>
    withProvider(startDiscordServer(path), async (server, io) => {
      server.behave(json(429, { retry_after: 64_500_000 }));
      expect(await discord.send(incidentPage(), configFor(server.url), io)).toMatchObject({ retryAfterMs: 3_600_000 });
      server.behave(json(429, { retry_after: -1 }));
      expect(await discord.send(incidentPage(), configFor(server.url), io)).toMatchObject({ retryAfterMs: 0 });
    }));
});
