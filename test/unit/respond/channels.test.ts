import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { channelConfigSchema, channels, withoutSecrets } from '../../../src/respond/channels/index.ts';
import { since } from '../../../src/respond/channels/page-text.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

const twilio = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'a'.repeat(32), to: '+4915112345678' };

describe('channels', () => {
  it('are known by their kind, and none is in only one of the two lists', () => {
    expect([...channels.keys()]).toEqual([
      'email',
      'slack',
      'teams',
      'discord',
      'mattermost',
      'telegram',
      'matrix',
      'ntfy',
      'pushover',
      'web-push',
      'twilio-voice',
      'twilio-sms',
      'http-gateway',
      'apprise',
      'webhook',
    ]);
    for (const [kind, channel] of channels) expect(channel.kind).toBe(kind);
    const inSchema = channelConfigSchema.options.map((option) => option.shape.kind.value);
    expect(inSchema).toEqual([...channels.keys()]);
  });

  it('read the configuration as hugops.yaml has it', () => {
    const good = [
      { kind: 'email', address: 'alice@example.com' },
      { kind: 'slack', webhookUrl: 'https://hooks.slack.com/services/T0/B0/x' },
      { kind: 'slack', token: 'xoxb-1', channel: 'C0PAGES' },
      { kind: 'ntfy', server: 'https://ntfy.example.com', topic: 'alice' },
      { kind: 'ntfy', topic: 'alice', token: 'tk_1' },
      { kind: 'ntfy', topic: 'alice', user: 'alice', password: 'p' },
      { kind: 'webhook', url: 'https://hooks.example.com/x', secret },
      { kind: 'webhook', url: 'https://hooks.example.com/x', secret, template: '{"text": "{{text}}"}' },
      { kind: 'teams', webhookUrl: 'https://prod-1.example.com/workflows/x?sig=y' },
      { kind: 'discord', webhookUrl: 'https://discord.com/api/webhooks/1/x', threadId: '123456789012345678' },
      { kind: 'mattermost', webhookUrl: 'https://mattermost.example.com/hooks/x', channel: '@alice' },
      { kind: 'telegram', token: `123456:${'a'.repeat(35)}`, chatId: '-1001234567890', topicId: 3 },
      { kind: 'matrix', homeserver: 'https://matrix.example.com', token: 'syt_1', roomId: '!room:example.com' },
      // From room version 12 on, the id of a room has no server in it.
      { kind: 'matrix', homeserver: 'https://matrix.example.com', token: 'syt_1', roomId: `!${'a'.repeat(43)}` },
      { kind: 'pushover', token: 'a'.repeat(30), user: 'u'.repeat(30), retrySeconds: 30, expireSeconds: 10_800 },
      { kind: 'web-push', endpoint: 'https://push.example.com/x', p256dh: 'B'.repeat(87), auth: 'a'.repeat(22) },
      { kind: 'twilio-voice', ...twilio, from: '+15005550006' },
      { kind: 'twilio-sms', ...twilio, from: 'HugOps' },
      {
        kind: 'http-gateway',
        url: 'https://sms.example.com/?to={{to}}&text={{text}}',
        method: 'GET',
        to: '+14155550100',
      },
      { kind: 'apprise', server: 'http://apprise:8000', urls: 'pover://user@token' },
      { kind: 'apprise', server: 'http://apprise:8000', configKey: 'shop', tag: 'oncall' },
    ];
    for (const config of good)
      expect({ config, ...channelConfigSchema.safeParse(config) }).toMatchObject({ success: true });
  });

  it('say what was expected', () => {
    const bad: [object, string][] = [
      [{ kind: 'pigeon' }, 'kind'],
      [{ kind: 'email' }, 'address'],
      [{ kind: 'email', address: 'alice' }, 'address'],
      [{ kind: 'email', address: 'alice@example.com', adress: 'x' }, ''],
      [{ kind: 'slack' }, ''],
      [{ kind: 'slack', token: 'xoxb-1' }, ''],
      [{ kind: 'slack', webhookUrl: 'https://example.com', channel: 'C0' }, ''],
      [{ kind: 'slack', webhookUrl: 'https://example.com', token: 'x', channel: 'C0' }, ''],
      [{ kind: 'slack', webhookUrl: 'ftp://example.com' }, 'webhookUrl'],
      [{ kind: 'slack', token: 'a\r\nb', channel: 'C0' }, 'token'],
      [{ kind: 'ntfy', topic: 'a/b' }, 'topic'],
      [{ kind: 'ntfy', topic: 'a', server: 'https://bob:secret@ntfy.example.com' }, 'server'],
      [{ kind: 'ntfy', topic: 'a', user: 'alice' }, ''],
      [{ kind: 'ntfy', topic: 'a', user: 'alice', password: 'p', token: 't' }, ''],
      [{ kind: 'webhook', url: 'https://example.com' }, 'secret'],
      [{ kind: 'webhook', url: 'https://example.com', secret: 'guess' }, 'secret'],
      [{ kind: 'webhook', url: 'https://example.com', secret, template: '{{text}}' }, 'template'],
      [{ kind: 'teams' }, 'webhookUrl'],
      [{ kind: 'discord', webhookUrl: 'https://example.com', threadId: '1' }, 'threadId'],
      [{ kind: 'mattermost', webhookUrl: 'https://example.com', channel: 'Town Square' }, 'channel'],
      [{ kind: 'telegram', token: 'x', chatId: '1' }, 'token'],
      [{ kind: 'telegram', token: `123456:${'a'.repeat(35)}`, chatId: 'alice' }, 'chatId'],
      [{ kind: 'matrix', homeserver: 'https://example.com', token: 'x', roomId: '#room:example.com' }, 'roomId'],
      [{ kind: 'matrix', homeserver: 'https://example.com', token: 'x', roomId: '!../../x' }, 'roomId'],
      [{ kind: 'pushover', token: 'a'.repeat(30), user: 'u'.repeat(30), retrySeconds: 10 }, 'retrySeconds'],
      [{ kind: 'pushover', token: 'a'.repeat(30), user: 'u'.repeat(30), retrySeconds: 900 }, 'retrySeconds'],
      [{ kind: 'web-push', endpoint: 'https://example.com', p256dh: 'B', auth: 'a'.repeat(22) }, 'p256dh'],
      [{ kind: 'web-push', endpoint: 'https://example.com', p256dh: 'B'.repeat(87), auth: 'a' }, 'auth'],
      [{ kind: 'twilio-voice', ...twilio, from: 'HugOps' }, 'from'],
      [{ kind: 'twilio-sms', ...twilio, from: '+15005550006', to: '0151 123' }, 'to'],
      [{ kind: 'twilio-sms', ...twilio, from: '+15005550006', accountSid: 'AC1' }, 'accountSid'],
      [{ kind: 'http-gateway', url: 'https://sms.example.com' }, 'body'],
      [{ kind: 'apprise', server: 'http://apprise:8000' }, ''],
      [{ kind: 'apprise', server: 'http://apprise:8000', urls: 'pover://x', tag: 'oncall' }, ''],
    ];
    for (const [config, field] of bad) {
      const parsed = channelConfigSchema.safeParse(config);
      expect({ config, success: parsed.success, at: parsed.error?.issues[0]?.path.join('.') }).toEqual({
        config,
        success: false,
        at: field,
      });
    }
  });

  it('mark their secrets, in the code and in the JSON Schema', () => {
    const marked = Object.fromEntries([...channels].map(([kind, { secretFields }]) => [kind, secretFields]));
    expect(marked).toEqual({
      email: [],
      slack: ['webhookUrl', 'token'],
      ntfy: ['topic', 'token', 'password'],
      teams: ['webhookUrl'],
      discord: ['webhookUrl'],
      mattermost: ['webhookUrl'],
      telegram: ['token'],
      matrix: ['token'],
      pushover: ['token', 'user'],
      'web-push': ['endpoint', 'auth'],
      'twilio-voice': ['authToken'],
      'twilio-sms': ['authToken'],
      'http-gateway': ['url', 'headers', 'password', 'body'],
      apprise: ['urls', 'configKey', 'password'],
      webhook: ['url', 'secret'],
    });
    const slack = channels.get('slack');
    if (slack === undefined) throw new Error('no slack');
    const { properties } = z.toJSONSchema(slack.schema, { io: 'input' }) as {
      properties: Record<string, { writeOnly?: boolean }>;
    };
    expect(properties['token']?.writeOnly).toBe(true);
    expect(properties['channel']?.writeOnly).toBe(undefined);
    expect(withoutSecrets(slack, { kind: 'slack', token: 'xoxb-1', channel: 'C0' })).toEqual({
      shown: { kind: 'slack', channel: 'C0' },
      hidden: ['token'],
    });
  });
});

describe('since', () => {
  const at = Date.UTC(2026, 2, 28, 23, 30);
  const minute = 60_000;

  it('shows the person’s own clock, across midnight and across the change of clocks', () => {
    expect(since(at, at + 59_999)).toBe('23:30 UTC, just now');
    expect(since(at, at + minute)).toBe('23:30 UTC, 1 minute ago');
    expect(since(at, at + 40 * minute)).toBe('2026-03-28 23:30 UTC, 40 minutes ago');
    expect(since(at, at + 40 * minute, 'Europe/Berlin')).toBe('00:30 Europe/Berlin, 40 minutes ago');
    // Berlin goes from +1 to +2 at 01:00 UTC.
    expect(since(at, at + 180 * minute, 'Europe/Berlin')).toBe('00:30 Europe/Berlin, 3 hours ago');
    expect(since(at, at + 72 * 60 * minute, 'America/New_York')).toBe('2026-03-28 19:30 America/New_York, 3 days ago');
  });

  it('survives a zone that does not exist and a clock that runs ahead', () => {
    expect(since(at, at - minute, 'Mars/Olympus')).toBe('23:30 UTC, just now');
  });
});
