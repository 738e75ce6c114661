import { z } from 'zod';
import { type HttpStub, json, parseJson, startHttpStub } from './http-stub.ts';

// Written from Telegram's public documentation: https://core.telegram.org/bots/api (sendMessage, InlineKeyboardButton, ResponseParameters, making requests:
// ok, error_code, description). The words of the errors are as bots report them, for example in https://github.com/TelegramBots/Telegram.Bot/issues.

const request = z.strictObject({
  chat_id: z.string(),
  message_thread_id: z.int().optional(),
  text: z.string().min(1).max(4096),
  link_preview_options: z.strictObject({ is_disabled: z.boolean() }),
  reply_markup: z
    .strictObject({
      inline_keyboard: z.array(z.array(z.strictObject({ text: z.string().min(1), url: z.string() })).max(8)).max(100),
    })
    .optional(),
});

export type TelegramMessage = z.output<typeof request>;

export interface TelegramServer extends HttpStub {
  messages: TelegramMessage[];
}

export interface TelegramServerOptions {
  token: string;
  chats: readonly string[];
  /** Who has blocked the bot. */
  blocked?: readonly string[];
}

export async function startTelegramServer(options: TelegramServerOptions): Promise<TelegramServer> {
  const messages: TelegramMessage[] = [];
  const refuse = (status: number, description: string) => json(status, { ok: false, error_code: status, description });
  const stub = await startHttpStub(({ path, body }) => {
    const [, token, method] = /^\/bot([^/]+)\/(\w+)$/.exec(path) ?? [];
    if (token === undefined || method !== 'sendMessage') return refuse(404, 'Not Found');
    if (token !== options.token) return refuse(401, 'Unauthorized');
    const parsed = request.safeParse(parseJson(body));
    if (!parsed.success) {
      const isLong = parsed.error.issues.some((issue) => issue.code === 'too_big' && issue.path[0] === 'text');
      return refuse(400, isLong ? 'Bad Request: message is too long' : 'Bad Request: message text is empty');
    }
    const { chat_id: chatId, reply_markup: markup } = parsed.data;
    if (options.blocked?.includes(chatId) === true) return refuse(403, 'Forbidden: bot was blocked by the user');
    if (!options.chats.includes(chatId)) return refuse(400, 'Bad Request: chat not found');
    const bad = markup?.inline_keyboard.flat().find(({ url }) => !new URL(url).hostname.includes('.'));
    if (bad) return refuse(400, `Bad Request: inline keyboard button URL '${bad.url}' is invalid: Wrong HTTP URL`);
    messages.push(parsed.data);
    return json(200, {
      ok: true,
      result: { message_id: messages.length, date: 0, chat: { id: Number(chatId), type: 'private' } },
    });
  });
  return Object.assign(stub, { messages });
}
