import { z } from 'zod';
import type { Severity } from '../../domain/words.ts';
import { cutText } from '../../platform/cut-text.ts';
import { type ChannelReply, readJson, refusedByStatus, waitingAsTold } from './channel-http.ts';
import { type ChannelIo, defineChannel, type PageMessage, type Receipt, secret, webUrl } from './channel.ts';
import { codeBlock, escapeMarkdown, markdownLink } from './markdown.ts';
import { pageText } from './page-text.ts';

// Sources: https://discord.com/developers/docs/resources/webhook#execute-webhook, https://discord.com/developers/docs/resources/message#embed-object
// (limits), https://discord.com/developers/docs/topics/rate-limits#exceeding-a-rate-limit, https://discord.com/developers/docs/topics/opcodes-and-status-codes

const schema = z.strictObject({
  kind: z.literal('discord'),
  webhookUrl: secret(webUrl()).describe('From the settings of a channel, under Integrations, Webhooks.'),
  threadId: z
    .string()
    .regex(/^\d{15,22}$/, { error: 'expected the id of a thread, a number of 15 to 22 digits in quotes' })
    .optional()
    .describe('A thread of the channel; the channel itself when left out.'),
});

/** A page to a Discord channel. A webhook has no idempotency key: a page sent again stands there twice, and the second one says so. */
export const discord = defineChannel({
  kind: 'discord',
  label: 'Discord',
  about:
    'In the settings of a channel, under Integrations, make a webhook and copy its address. Mentions in the ' +
    'texts of alerts notify nobody.',
  schema,
  describe: ({ webhookUrl }) => `Discord webhook on ${new URL(webhookUrl).host}`,
  async send(message, { webhookUrl, threadId }, io) {
    const url = new URL(webhookUrl);
    // Without it Discord answers before it knows whether the message could be stored.
    url.searchParams.set('wait', 'true');
    if (threadId !== undefined) url.searchParams.set('thread_id', threadId);
    const reply = await io.http({
      method: 'POST',
      url: url.href,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(toDiscord(message)),
    });
    return readReply(reply, io);
  },
});

const createdSchema = z.object({ id: z.string().regex(/^\d{1,22}$/) });
const errorSchema = z.object({ code: z.int().optional(), retry_after: z.number().optional() });

const meanings: Record<number, string> = {
  10_003: 'the channel is gone',
  10_015: 'the webhook is gone',
  50_027: 'the token of the webhook is not valid',
};

function readReply(reply: ChannelReply, io: ChannelIo): Receipt {
  if (!reply.answered) return refusedByStatus(reply, io.now(), 'Discord');
  if (reply.status === 204) return { ok: true };
  if (reply.status === 200) {
    const created = readJson(reply.body, createdSchema);
    if (created) return { ok: true, providerRef: created.id };
    return { ok: false, retryable: true, reason: 'Discord gave an answer that cannot be read' };
  }
  const { code, retry_after: seconds } = readJson(reply.body, errorSchema) ?? {};
  const detail = code ? [`error ${code}`, meanings[code]].filter(Boolean).join(', ') : '';
  const refusal = refusedByStatus(reply, io.now(), 'Discord', detail);
  return waitingAsTold(refusal, seconds === undefined ? undefined : seconds * 1000);
}

const colors: Record<Severity, number> = { critical: 0xb3261e, major: 0xb26a00, minor: 0x3f6fb5 };

// Of an embed: title 256, description 4,096, field name 256 and value 1,024, all texts together 6,000. Escaping may double a text.
function toDiscord(message: PageMessage): object {
  const page = pageText(message);
  const { severity, openedAt } = message.incident ?? {};
  const notes = page.notes.map(escapeMarkdown).join('\n');
  const links = page.buttons.map(({ label, url }) => `**${markdownLink(label, url)}**`).join('  ·  ');
  return {
    // What a phone shows in its notification, which leaves embeds out.
    content: escapeMarkdown(cutText(page.title, 200)),
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: cutText(page.title, 100).replaceAll('@', '@\u200b'),
        description: page.lines.length === 0 ? '' : codeBlock(cutText(page.lines.join('\n'), 1500)),
        color: severity ? colors[severity] : 0x6b7280,
        fields: [
          ...page.facts.map(([name, value]) => ({ name, value: escapeMarkdown(cutText(value, 200)), inline: true })),
          { name: '\u200b', value: links, inline: false },
          ...(notes === '' ? [] : [{ name: '\u200b', value: notes, inline: false }]),
        ],
        ...(openedAt === undefined ? {} : { timestamp: new Date(openedAt).toISOString() }),
      },
    ],
  };
}
