import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { channelConfigSchema, channels, withoutSecrets } from '../../../src/respond/channels/index.ts';
import { since } from '../../../src/respond/channels/page-text.ts';

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

describe('channels', () => {
  it('are known by their kind, and none is in only one of the two lists', () => {
    expect([...channels.keys()]).toEqual(['email', 'slack', 'ntfy', 'webhook']);
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
