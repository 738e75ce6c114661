import { z } from 'zod';
import { cutText } from '../../platform/cut-text.ts';
import { type ChannelReply, refusedByStatus, retryAfterMs } from './channel-http.ts';
import { type ChannelIo, defineChannel, type PageMessage, type Receipt, secret, token, webUrl } from './channel.ts';
import { pageText } from './page-text.ts';

// Sources: https://docs.slack.dev/reference/methods/chat.postMessage, https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks,
// https://docs.slack.dev/apis/web-api/rate-limits, https://docs.slack.dev/reference/block-kit

const schema = z
  .strictObject({
    kind: z.literal('slack'),
    webhookUrl: secret(webUrl()).optional(),
    token: secret(token()).optional(),
    /** A channel's or person's id (C…, U…) or #name. */
    channel: z
      .string()
      .regex(/^[#@]?[^\s#@<>]{1,80}$/u, { error: 'expected a channel id or #name' })
      .optional(),
    /** For GovSlack and for tests. */
    apiUrl: webUrl().default('https://slack.com/api'),
  })
  .refine(
    (config) => (config.webhookUrl === undefined) === (config.token !== undefined && config.channel !== undefined),
    {
      error: 'expected either webhookUrl, or token and channel',
    },
  )
  .refine((config) => config.webhookUrl === undefined || (config.token === undefined && config.channel === undefined), {
    error: 'expected either webhookUrl, or token and channel, not both',
  });

/**
 * A page to a Slack channel or person. Slack has no idempotency key: a page sent again after a lost receipt stands there twice, and the second
 * one says so; with a bot token the page's id travels as message metadata.
 */
export const slack = defineChannel({
  kind: 'slack',
  label: 'Slack',
  about:
    "Either an incoming webhook of a Slack app, or the token of a bot (`chat:write`) and a channel's or " +
    "person's id. The buttons open HugOps. A page that is sent again stands there twice, and the second one " +
    'says so.',
  schema,
  describe: ({ webhookUrl, channel }) => (webhookUrl === undefined ? `Slack ${channel}` : 'Slack webhook'),
  async send(message, config, io) {
    if (config.webhookUrl !== undefined) return sendToWebhook(message, config.webhookUrl, io);
    const reply = await io.http({
      method: 'POST',
      url: `${config.apiUrl.replace(/\/+$/, '')}/chat.postMessage`,
      headers: { 'content-type': 'application/json; charset=utf-8', authorization: `Bearer ${config.token}` },
      body: JSON.stringify({
        channel: config.channel,
        ...toSlack(message),
        metadata: { event_type: 'hugops_page', event_payload: { page_id: message.id } },
      }),
    });
    return readApiReply(reply, io);
  },
});

async function sendToWebhook(message: PageMessage, url: string, io: ChannelIo): Promise<Receipt> {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  const reply = await io.http({ method: 'POST', url, headers, body: JSON.stringify(toSlack(message)) });
  if (reply.answered && reply.status >= 200 && reply.status < 300) return { ok: true };
  return refusedByStatus(reply, io.now(), 'Slack', reply.answered ? errorWord(reply.body) : '');
}

// The API answers 200 with ok: false; these words mean that the same call may succeed later.
const passing = new Set([
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'team_added_to_org',
]);

function readApiReply(reply: ChannelReply, io: ChannelIo): Receipt {
  if (!reply.answered || reply.status < 200 || reply.status >= 300) {
    return refusedByStatus(reply, io.now(), 'Slack', reply.answered ? errorWord(reply.body) : '');
  }
  const answer = parseAnswer(reply.body);
  if (answer === undefined) return { ok: false, retryable: true, reason: 'Slack gave an answer that cannot be read' };
  if (answer.ok) return { ok: true, providerRef: [answer.channel, answer.ts].filter(Boolean).join(':') };
  const word = /^[a-z0-9_]{1,64}$/.test(answer.error ?? '') ? answer.error : 'unknown error';
  const wait = retryAfterMs(reply.retryAfter, io.now());
  const refusal = {
    ok: false,
    retryable: passing.has(word ?? ''),
    reason: `Slack refused the message: ${word}`,
  } as const;
  return wait === undefined ? refusal : { ...refusal, retryAfterMs: wait };
}

const answerSchema = z.object({
  ok: z.boolean(),
  error: z.string().optional(),
  channel: z.string().optional(),
  ts: z.string().optional(),
});

function parseAnswer(body: string): z.output<typeof answerSchema> | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

/** The error of an incoming webhook is one bare word (no_service, channel_is_archived); of the API, a field. Anything else is not quoted. */
function errorWord(body: string): string {
  const word = parseAnswer(body)?.error ?? body.trim();
  return /^[a-z0-9_]{1,64}$/.test(word) ? word : '';
}

/** The message in Block Kit. Whatever comes from outside stands in plain_text objects, where neither mentions nor formatting exist. */
function toSlack(message: PageMessage): object {
  const page = pageText(message);
  const facts = page.facts.map(([label, value]) => `${label}: ${value}`).join('\n');
  const plain = (text: string, max: number): object => ({ type: 'plain_text', text: cutText(text, max), emoji: false });
  return {
    // Read by screen readers and shown in notifications. Parsed as mrkdwn, so what would be a mention or a link is escaped.
    text: cutText(escapeMrkdwn(page.title), 2000),
    mrkdwn: false,
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [
      { type: 'header', text: plain(page.title, 150) },
      ...(facts === '' ? [] : [{ type: 'section', text: plain(facts, 3000) }]),
      ...(page.lines.length === 0 ? [] : [{ type: 'section', text: plain(page.lines.join('\n'), 3000) }]),
      {
        type: 'actions',
        elements: page.buttons.map(({ label, url }, index) => ({
          type: 'button',
          action_id: `open_${index}`,
          text: plain(label, 75),
          url,
          ...(index === 0 ? { style: 'primary' } : {}),
        })),
      },
      ...(page.notes.length === 0 ? [] : [{ type: 'context', elements: page.notes.map((note) => plain(note, 1000)) }]),
    ],
  };
}

// https://docs.slack.dev/messaging/formatting-message-text: these three and no others.
const escapeMrkdwn = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
