import { describe, expect, it } from 'vitest';
import { mattermost } from '../../../src/respond/channels/mattermost.ts';
import { type MattermostPost, startMattermostServer } from '../../harness/channel-servers/mattermost.ts';
import { renderMarkdown } from '../../harness/channel-servers/rendered-markdown.ts';
import { type Delivery, describeChannelContract, incidentPage } from './contract.ts';
import { openWorld, withProvider } from './world.ts';

const key = 'xuqz8t5hkprabyyk9m3ws7e4do';
const path = `/hooks/${key}`;
const options = { path, channels: ['@alice', 'ops'] };
const configFor = (url: string) => ({ kind: 'mattermost', webhookUrl: `${url}${path}`, channel: '@alice' });

const partsOf = ({ text, attachments }: MattermostPost): string[] => [
  text,
  ...attachments.flatMap((attachment) => [...attachment.fields.map(({ value }) => value), attachment.text]),
];

function toDelivery(post: MattermostPost): Delivery {
  const rendered = partsOf(post).map(renderMarkdown);
  return {
    key: undefined,
    title: rendered[0]?.text ?? '',
    text: [...rendered.map(({ text }) => text), post.attachments[0]?.fallback].join('\n'),
    links: rendered.flatMap(({ links }) => links.map(({ url }) => url)),
  };
}

let seen: MattermostPost[] = [];

describeChannelContract(
  {
    name: 'mattermost',
    channel: mattermost,
    hasKey: false,
    rateLimitWaitMs: 7000,
    invalidConfig: { kind: 'mattermost', webhookUrl: 'https://mattermost.example.com/hooks/x', channel: 'Town Square' },
    expectHarmless: ({ text }) => {
      expect(text).toContain('<script>alert(1)</script>');
      const [post] = seen;
      expect(partsOf(post as MattermostPost).flatMap((part) => renderMarkdown(part).active)).toEqual([]);
      expect(post?.attachments[0]?.fallback).not.toMatch(/@[a-z]/);
    },
  },
  async () => {
    const stub = await startMattermostServer(options);
    seen = stub.posts;
    return openWorld({
      stub,
      configFor,
      wrongConfig: { kind: 'mattermost', webhookUrl: `${stub.url}${path}x` },
      secrets: [key],
      deliveries: () => stub.posts.map(toDelivery),
      rateLimit: { status: 429, headers: { 'retry-after': '7' }, body: 'limit exceeded' },
      serverError: { status: 503, body: '<html>maintenance</html>' },
    });
  },
);

describe('mattermost', () => {
  it('says Mattermost’s own id of an error, and takes only its own “ok” for success', () =>
    withProvider(startMattermostServer(options), async (server, io) => {
      const config = configFor(server.url);
      expect(await mattermost.send(incidentPage(), { ...config, channel: 'gone' }, io)).toEqual({
        ok: false,
        retryable: false,
        reason: 'Mattermost answered 404: web.incoming_webhook.channel.app_error',
      });
      expect(await mattermost.send(incidentPage(), config, io)).toEqual({ ok: true });
      expect(server.posts[0]?.channel).toBe('@alice');
      server.behave({ status: 200, body: '<html>sign in</html>' });
      expect(await mattermost.send(incidentPage(), config, io)).toMatchObject({ ok: false, retryable: true });
      expect(mattermost.describe(config)).toBe(`Mattermost @alice on ${new URL(server.url).host}`);
    }));
});
