import { z } from 'zod';
import type { Severity } from '../../domain/words.ts';
import { cutText } from '../../platform/cut-text.ts';
import { type ChannelReply, readJson, refusedByStatus } from './channel-http.ts';
import { type ChannelIo, defineChannel, type PageMessage, type Receipt, secret, webUrl } from './channel.ts';
import { pageText, plainText } from './page-text.ts';

// Sources: https://pushover.net/api (messages, priorities, limits, being friendly to our API), https://pushover.net/api/receipts

const key = (what: string) =>
  secret(z.string().regex(/^[A-Za-z0-9]{30}$/, { error: `expected ${what}, 30 letters and digits` }));

const schema = z
  .strictObject({
    kind: z.literal('pushover'),
    token: key('the token of an application'),
    user: key('the key of a user or group'),
    device: z
      .string()
      .regex(/^[\w-]{1,25}$/, { error: 'expected the name of a device' })
      .optional()
      .describe('One device only; all of them when left out.'),
    emergency: z
      .boolean()
      .default(false)
      .describe('Pages for critical incidents sound again and again until they are confirmed in the app.'),
    retrySeconds: z.int().min(30).max(3600).default(60).describe('How often an emergency sounds again.'),
    expireSeconds: z.int().min(60).max(10_800).default(600).describe('When an emergency falls silent by itself.'),
    apiUrl: webUrl().default('https://api.pushover.net').describe('For tests.'),
  })
  .refine((config) => config.retrySeconds <= config.expireSeconds, {
    error: 'expected retrySeconds to be at most expireSeconds',
    path: ['retrySeconds'],
  });

type PushoverConfig = z.output<typeof schema>;

/** A page as a push notification by Pushover. There is no idempotency key: a page sent again arrives twice, and the second one says so. */
export const pushover = defineChannel({
  kind: 'pushover',
  label: 'Pushover',
  about:
    'Make an application at pushover.net for the token; the user key is on its first page. With `emergency`, a critical page sounds every `retrySeconds` until ' +
    'somebody confirms it in the app or `expireSeconds` have passed. Confirming there silences the phone and does not acknowledge the incident; the link does, and does ' +
    'not silence the phone. An application has a quota of messages a month; when it is used up, HugOps takes the next contact method.',
  schema,
  describe: ({ device }) => (device === undefined ? 'Pushover' : `Pushover on ${device}`),
  async send(message, config, io) {
    const body = new URLSearchParams(toPushover(message, config)).toString();
    return readReply(await post(config, io, '/1/messages.json', body), io);
  },
  /** An emergency goes on after somebody else has taken the incident, unless it is called off. */
  async cancel(providerRef, config, io) {
    // Only an emergency has a receipt; nothing else repeats.
    if (!receiptPattern.test(providerRef)) return { ok: true };
    const body = new URLSearchParams({ token: config.token }).toString();
    return readReply(await post(config, io, `/1/receipts/${providerRef}/cancel.json`, body), io);
  },
});

const receiptPattern = /^[A-Za-z0-9]{30}$/;

const post = (config: PushoverConfig, io: ChannelIo, path: string, body: string): Promise<ChannelReply> =>
  io.http({
    method: 'POST',
    url: `${config.apiUrl.replace(/\/+$/, '')}${path}`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  });

const answerSchema = z.object({
  status: z.int(),
  request: z.string().max(64).optional(),
  receipt: z.string().regex(receiptPattern).optional(),
  errors: z.array(z.string()).optional(),
});

// "No sooner than 5 seconds."
const minRetryMs = 5000;

function readReply(reply: ChannelReply, io: ChannelIo): Receipt {
  if (!reply.answered) return refusedByStatus(reply, io.now(), 'Pushover');
  const answer = readJson(reply.body, answerSchema);
  const said = cutText(answer?.errors?.[0] ?? '', 120);
  if (reply.status === 200 && answer?.status === 1) {
    const ref = answer.receipt ?? answer.request;
    return ref === undefined ? { ok: true } : { ok: true, providerRef: ref };
  }
  if (reply.status === 200) {
    const isRefused = answer !== undefined;
    const reason = isRefused ? `Pushover refused the message: ${said}` : 'Pushover gave an answer that cannot be read';
    return { ok: false, retryable: !isRefused, reason };
  }
  if (reply.status === 429) {
    // Not a pace but a month's quota, which is filled again on the first of the next.
    return {
      ok: false,
      retryable: false,
      reason: 'Pushover answered 429: the application has used up its messages of this month',
    };
  }
  const refusal = refusedByStatus(reply, io.now(), 'Pushover', said);
  if (refusal.retryable && reply.status >= 500)
    return { ...refusal, retryAfterMs: Math.max(refusal.retryAfterMs ?? 0, minRetryMs) };
  // "Do not repeat" is said of every 4xx.
  return reply.status < 500 ? { ok: false, retryable: false, reason: refusal.reason } : refusal;
}

const priorities: Record<Severity, number> = { critical: 1, major: 1, minor: 0 };

// Title 250, message 1,024, URL 512, its title 100 characters.
const maxMessage = 1000;
const maxUrl = 512;

function toPushover(message: PageMessage, config: PushoverConfig): Record<string, string> {
  const page = pageText(message);
  const severity = message.incident?.severity;
  const isEmergency = config.emergency && severity === 'critical';
  const [first, ...others] = page.buttons;
  // One address has a place of its own; the others are in the text, which the app makes links of.
  const hasPlace = first !== undefined && first.url.length <= maxUrl;
  const inText = hasPlace ? others : page.buttons;
  const priority = isEmergency ? 2 : severity ? priorities[severity] : message.kind === 'summary' ? 1 : 0;
  return {
    token: config.token,
    user: config.user,
    title: cutText(page.title, 250),
    message: plainText({ ...page, buttons: inText }, maxMessage, { title: false }),
    priority: String(priority),
    timestamp: String(Math.floor((message.incident?.openedAt ?? message.now) / 1000)),
    ...(config.device === undefined ? {} : { device: config.device }),
    ...(hasPlace ? { url: first.url, url_title: cutText(first.label, 100) } : {}),
    ...(isEmergency ? { retry: String(config.retrySeconds), expire: String(config.expireSeconds) } : {}),
  };
}
