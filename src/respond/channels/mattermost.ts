import { z } from 'zod';
import type { Severity } from '../../domain/words.ts';
import { cutText } from '../../platform/cut-text.ts';
import { readJson, refusedByStatus } from './channel-http.ts';
import { defineChannel, type PageMessage, secret, webUrl } from './channel.ts';
import { codeBlock, escapeMarkdown, markdownLink, withoutMentions } from './markdown.ts';
import { pageText } from './page-text.ts';

// Sources: https://developers.mattermost.com/integrate/webhooks/incoming/, https://developers.mattermost.com/integrate/reference/message-attachments/,
// https://docs.mattermost.com/configure/rate-limiting-configuration-settings.html

const schema = z.strictObject({
  kind: z.literal('mattermost'),
  webhookUrl: secret(webUrl()).describe('An incoming webhook: https://mattermost.example.com/hooks/…'),
  channel: z
    .string()
    .regex(/^@?[a-z0-9][a-z0-9._-]{0,63}$/, { error: 'expected a channel as in its address, or @name' })
    .optional()
    .describe('Another channel than the webhook’s own, or @name for a direct message, where the webhook may do that.'),
});

/** A page to a Mattermost channel or person. There is no idempotency key: a page sent again stands there twice, and the second one says so. */
export const mattermost = defineChannel({
  kind: 'mattermost',
  label: 'Mattermost',
  about:
    "Make an incoming webhook under Integrations. With `channel: '@alice'` it writes a direct message, unless " +
    'the webhook is locked to its channel. Mentions in the texts of alerts notify nobody.',
  schema,
  describe: ({ webhookUrl, channel }) =>
    `Mattermost ${channel === undefined ? 'webhook' : channel} on ${new URL(webhookUrl).host}`,
  async send(message, { webhookUrl, channel }, io) {
    const reply = await io.http({
      method: 'POST',
      url: webhookUrl,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...toMattermost(message), ...(channel === undefined ? {} : { channel }) }),
    });
    // Anything else with 200 is not Mattermost's answer, but that of something before it.
    if (reply.answered && reply.status === 200 && reply.body.trim() === 'ok') return { ok: true };
    if (reply.answered && reply.status === 200) {
      return { ok: false, retryable: true, reason: 'Mattermost gave an answer that cannot be read' };
    }
    return refusedByStatus(reply, io.now(), 'Mattermost', reply.answered ? errorId(reply.body) : '');
  },
});

const errorSchema = z.object({ id: z.string().regex(/^[a-z0-9_.]{1,100}$/) });

/** Mattermost's own id of the error, as web.incoming_webhook.invalid.app_error. */
const errorId = (body: string): string => readJson(body, errorSchema)?.id ?? '';

const colors: Record<Severity, string> = { critical: '#b3261e', major: '#b26a00', minor: '#3f6fb5' };

function toMattermost(message: PageMessage): object {
  const page = pageText(message);
  const severity = message.incident?.severity;
  const title = cutText(page.title, 300);
  const text = [
    // Longer posts are split into several; one page is one post (16,383 characters).
    ...(page.lines.length === 0 ? [] : [codeBlock(cutText(page.lines.join('\n'), 3000))]),
    page.buttons.map(({ label, url }) => `**${markdownLink(label, url)}**`).join('  ·  '),
    ...page.notes.map(escapeMarkdown),
  ].join('\n\n');
  return {
    text: escapeMarkdown(title),
    attachments: [
      {
        // Plain text, shown in notifications.
        fallback: withoutMentions(title),
        color: severity ? colors[severity] : '#6b7280',
        fields: page.facts.map(([name, value]) => ({
          short: true,
          title: name,
          value: escapeMarkdown(cutText(value, 200)),
        })),
        text,
      },
    ],
  };
}
