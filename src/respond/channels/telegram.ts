import { isIP } from 'node:net';
import { z } from 'zod';
import { cutText } from '../../platform/cut-text.ts';
import { type ChannelReply, readJson, refusedByStatus, waitingAsTold } from './channel-http.ts';
import { type ChannelIo, defineChannel, type PageMessage, type Receipt, secret, webUrl } from './channel.ts';
import { withoutMentions } from './markdown.ts';
import { pageText, plainText } from './page-text.ts';

// Sources: https://core.telegram.org/bots/api#sendmessage, #responseparameters, #inlinekeyboardbutton, #making-requests,
// https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this

const schema = z.strictObject({
  kind: z.literal('telegram'),
  token: secret(z.string().regex(/^\d{3,20}:[\w-]{20,100}$/, { error: 'expected the token of a bot, as 123456:ABC…' })),
  chatId: z
    .string()
    .regex(/^(-?\d{1,20}|@[A-Za-z]\w{3,31})$/, { error: 'expected the id of a chat in quotes, or @channelname' })
    .describe('A person’s, group’s or channel’s id. A person has to write to the bot first.'),
  topicId: z.int().min(1).optional().describe('The topic of a group with topics (message_thread_id).'),
  apiUrl: webUrl().default('https://api.telegram.org').describe('For a Bot API server of one’s own.'),
});

/** A page by a Telegram bot. There is no idempotency key: a page sent again stands there twice, and the second one says so. */
export const telegram = defineChannel({
  kind: 'telegram',
  label: 'Telegram',
  about:
    "Make a bot with @BotFather, write to it once (a bot cannot begin a conversation), and take the chat's id " +
    "from the bot's updates. The buttons open HugOps. Where HugOps has an address without a dot, as " +
    '`http://hugops:8080`, Telegram refuses buttons, and the links stand in the text instead.',
  schema,
  describe: ({ chatId }) => `Telegram chat ${chatId}`,
  async send(message, config, io) {
    const reply = await io.http({
      method: 'POST',
      url: `${config.apiUrl.replace(/\/+$/, '')}/bot${config.token}/sendMessage`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        chat_id: config.chatId,
        ...(config.topicId === undefined ? {} : { message_thread_id: config.topicId }),
        ...toTelegram(message),
      }),
    });
    return readReply(reply, io);
  },
});

const answerSchema = z.object({
  ok: z.boolean(),
  description: z.string().optional(),
  result: z.object({ message_id: z.int(), chat: z.object({ id: z.number() }) }).optional(),
  parameters: z.object({ retry_after: z.number().optional(), migrate_to_chat_id: z.number().optional() }).optional(),
});

function readReply(reply: ChannelReply, io: ChannelIo): Receipt {
  if (!reply.answered) return refusedByStatus(reply, io.now(), 'Telegram');
  const answer = readJson(reply.body, answerSchema);
  if (reply.status === 200) {
    if (answer?.ok === true && answer.result) {
      return { ok: true, providerRef: `${answer.result.chat.id}:${answer.result.message_id}` };
    }
    return { ok: false, retryable: true, reason: 'Telegram gave an answer that cannot be read' };
  }
  const moved = answer?.parameters?.migrate_to_chat_id;
  if (moved !== undefined) {
    return {
      ok: false,
      retryable: false,
      reason: `the Telegram group has become a supergroup: its chatId is now ${moved}`,
    };
  }
  const seconds = answer?.parameters?.retry_after;
  const refusal = refusedByStatus(reply, io.now(), 'Telegram', cutText(answer?.description ?? '', 120));
  return waitingAsTold(refusal, seconds === undefined ? undefined : seconds * 1000);
}

// A message has at most 4,096 characters. No parse_mode: text from outside stays text.
const maxText = 4000;

function toTelegram(message: PageMessage): object {
  const page = pageText(message);
  const canButton = page.buttons.every(({ url }) => isButtonUrl(url));
  return {
    text: withoutMentions(plainText(page, maxText, { links: false })) + (canButton ? '' : linkLines(page.buttons)),
    link_preview_options: { is_disabled: true },
    ...(canButton && {
      reply_markup: { inline_keyboard: page.buttons.map(({ label, url }) => [{ text: label, url }]) },
    }),
  };
}

const linkLines = (buttons: readonly { label: string; url: string }[]): string =>
  buttons.map(({ label, url }) => `\n${label}: ${url}`).join('');

/** Telegram refuses the whole message for a button to a bare host name (“Wrong HTTP URL”), as a HugOps in the house has it. */
function isButtonUrl(url: string): boolean {
  const { hostname } = new URL(url);
  return isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || hostname.includes('.');
}
