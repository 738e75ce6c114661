import { z } from 'zod';
import { type HttpStub, json, parseJson, startHttpStub, type StubAnswer, type StubRequest } from './http-stub.ts';

// Written from Slack's public documentation: https://docs.slack.dev/reference/methods/chat.postMessage (arguments, errors),
// https://docs.slack.dev/reference/block-kit (limits of blocks), https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and
// https://docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks (their statuses and words).

const plainText = (max: number) =>
  z.object({ type: z.literal('plain_text'), text: z.string().min(1).max(max), emoji: z.boolean() });
const button = z.object({
  type: z.literal('button'),
  text: plainText(75),
  url: z.url().max(3000),
  action_id: z.string().max(255),
  style: z.enum(['primary', 'danger']).optional(),
});
const block = z.discriminatedUnion('type', [
  z.object({ type: z.literal('header'), text: plainText(150) }),
  z.object({ type: z.literal('section'), text: plainText(3000) }),
  z.object({ type: z.literal('context'), elements: z.array(plainText(3000)).min(1).max(10) }),
  z.object({ type: z.literal('actions'), elements: z.array(button).min(1).max(25) }),
]);
const message = z.object({
  channel: z.string().optional(),
  text: z.string().min(1).max(40_000),
  mrkdwn: z.boolean().default(true),
  link_names: z.boolean().optional(),
  unfurl_links: z.boolean().optional(),
  unfurl_media: z.boolean().optional(),
  metadata: z.object({ event_type: z.string(), event_payload: z.record(z.string(), z.string()) }).optional(),
  blocks: z.array(block).max(50),
});

export type SlackMessage = z.output<typeof message>;

export interface SlackServer extends HttpStub {
  apiUrl: string;
  webhookUrl: string;
  messages: SlackMessage[];
}

export interface SlackServerOptions {
  token: string;
  channels: readonly string[];
  /** The secret path of the incoming webhook: /services/T…/B…/… */
  webhookPath: string;
}

export async function startSlackServer(options: SlackServerOptions): Promise<SlackServer> {
  const messages: SlackMessage[] = [];
  const stub = await startHttpStub((request) => {
    if (request.path === '/api/chat.postMessage') return postMessage(request, options, messages);
    if (request.path.startsWith('/services/')) return incomingWebhook(request, options, messages);
    return { status: 404, body: 'not_found' };
  });
  return Object.assign(stub, {
    apiUrl: `${stub.url}/api`,
    webhookUrl: `${stub.url}${options.webhookPath}`,
    messages,
  });
}

function postMessage(request: StubRequest, options: SlackServerOptions, messages: SlackMessage[]): StubAnswer {
  const refuse = (error: string): StubAnswer => json(200, { ok: false, error });
  const authorization = request.headers['authorization'];
  if (authorization === undefined) return refuse('not_authed');
  if (authorization !== `Bearer ${options.token}`) return refuse('invalid_auth');
  const body = parseJson(request.body);
  if (body === undefined) return refuse('invalid_json');
  const parsed = message.safeParse(body);
  if (!parsed.success) return refuse(parsed.error.issues[0]?.path[0] === 'blocks' ? 'invalid_blocks' : 'no_text');
  if (!options.channels.includes(parsed.data.channel ?? '')) return refuse('channel_not_found');
  messages.push(parsed.data);
  return json(200, {
    ok: true,
    channel: parsed.data.channel,
    ts: `1700000000.${String(messages.length).padStart(6, '0')}`,
  });
}

function incomingWebhook(request: StubRequest, options: SlackServerOptions, messages: SlackMessage[]): StubAnswer {
  if (request.path !== options.webhookPath) return { status: 404, body: 'no_service' };
  const body = parseJson(request.body);
  const parsed = message.safeParse(body);
  if (body === undefined) return { status: 400, body: 'invalid_payload' };
  if (!parsed.success) return { status: 400, body: 'invalid_blocks' };
  messages.push(parsed.data);
  return { status: 200, body: 'ok' };
}
