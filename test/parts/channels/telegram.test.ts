import { describe, expect, it } from 'vitest';
import { telegram } from '../../../src/respond/channels/telegram.ts';
import { json } from '../../harness/channel-servers/http-stub.ts';
import { startTelegramServer, type TelegramMessage } from '../../harness/channel-servers/telegram.ts';
import { type Delivery, describeChannelContract, incidentPage } from './contract.ts';
import { linksIn, openWorld, withProvider } from './world.ts';

const token = '123456789:AAFqL8nX0vYtR5uZ2wA7cE9gH3jK6mP1sD4';
const options = { token, chats: ['4711', '-100200300'], blocked: ['666'] };
const configFor = (url: string) => ({ kind: 'telegram', token, chatId: '4711', apiUrl: url });

const toDelivery = ({ text, reply_markup: markup }: TelegramMessage): Delivery => ({
  key: undefined,
  title: text.split('\n', 1)[0] ?? '',
  text: text.replaceAll('\u200b', ''),
  links: markup ? markup.inline_keyboard.flat().map(({ url }) => url) : linksIn(text),
});

describeChannelContract(
  {
    name: 'telegram',
    channel: telegram,
    hasKey: false,
    rateLimitWaitMs: 7000,
    invalidConfig: { kind: 'telegram', token: 'no token', chatId: '4711' },
    // No parse_mode (the server's schema refuses one), so only mentions would be more than text.
    expectHarmless: ({ text, title }) => {
      expect(text).toContain('<script>alert(1)</script>');
      expect(title).not.toMatch(/@[A-Za-z]/);
    },
  },
  async () => {
    const stub = await startTelegramServer(options);
    return openWorld({
      stub,
      configFor,
      wrongConfig: { ...configFor(stub.url), token: `${token}x` },
      secrets: [token],
      deliveries: () => stub.messages.map(toDelivery),
      rateLimit: json(429, {
        ok: false,
        error_code: 429,
        description: 'Too Many Requests: retry after 7',
        parameters: { retry_after: 7 },
      }),
      serverError: json(502, { ok: false, error_code: 502, description: 'Bad Gateway' }),
    });
  },
);

describe('telegram', () => {
  it('gives up on whoever has blocked the bot, and says where a group has gone', () =>
    withProvider(startTelegramServer(options), async (server, io) => {
      const config = configFor(server.url);
      expect(await telegram.send(incidentPage(), { ...config, chatId: '666' }, io)).toEqual({
        ok: false,
        retryable: false,
        reason: 'Telegram answered 403: Forbidden: bot was blocked by the user',
      });
      expect(await telegram.send(incidentPage(), { ...config, chatId: '1' }, io)).toEqual({
        ok: false,
        retryable: false,
        reason: 'Telegram answered 400: Bad Request: chat not found',
      });
      server.behave(
        json(400, {
          ok: false,
          error_code: 400,
          description: 'Bad Request: group chat was upgraded to a supergroup chat',
          parameters: { migrate_to_chat_id: -1_009_876_501_234 },
        }),
      );
      expect(await telegram.send(incidentPage(), config, io)).toEqual({
        ok: false,
        retryable: false,
        reason: 'the Telegram group has become a supergroup: its chatId is now -1009876501234',
      });
    }));

  it('puts the links into the text where Telegram would refuse them as buttons', () =>
    withProvider(startTelegramServer(options), async (server, io) => {
      const page = incidentPage({
        ackUrl: 'http://hugops:8080/a/x',
        viewUrl: 'http://hugops:8080/console/incidents/42',
      });
      const config = { ...configFor(server.url), chatId: '-100200300', topicId: 9 };
      expect(await telegram.send(page, config, io)).toEqual({ ok: true, providerRef: '-100200300:1' });
      const [message] = server.messages;
      expect(message?.reply_markup).toBe(undefined);
      expect(message?.message_thread_id).toBe(9);
      expect(linksIn(message?.text ?? '')).toEqual([page.ackUrl, page.viewUrl]);
      await telegram.send(
        incidentPage({ ackUrl: 'http://192.0.2.7/a/x', viewUrl: 'http://192.0.2.7/i/42' }),
        config,
        io,
      );
      expect(server.messages[1]?.reply_markup?.inline_keyboard).toHaveLength(2);
    }));
});
