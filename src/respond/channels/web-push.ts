import { createHash } from 'node:crypto';
import webPushLibrary from 'web-push';
import { z } from 'zod';
import { cutBytes, cutText } from '../../platform/cut-text.ts';
import { refusedByStatus } from './channel-http.ts';
import { defineChannel, type PageMessage, secret, webUrl } from './channel.ts';
import { pageText, plainText } from './page-text.ts';

// Sources: RFC 8030 (push: TTL, Urgency, Topic, statuses), RFC 8291 (encryption), RFC 8292 (VAPID),
// https://blog.pushpad.xyz/2022/04/web-push-errors-explained-with-http-status-codes/ (what the services answer in practice)

const base64url = (bytes: (count: number) => boolean, error: string): z.ZodString =>
  z
    .string()
    .regex(/^[\w-]{1,200}$/, { error })
    .refine((text) => bytes(Buffer.from(text, 'base64url').length), { error });

const schema = z.strictObject({
  kind: z.literal('web-push'),
  endpoint: secret(webUrl()).describe('Of the browser’s subscription, as its two keys.'),
  p256dh: base64url((count) => count === 65, 'expected the browser’s key p256dh'),
  auth: secret(base64url((count) => count >= 16, 'expected the browser’s secret auth')),
  device: z
    .string()
    .regex(/^[^\p{Cc}]{1,60}$/u, { error: 'expected a name of at most 60 characters' })
    .optional()
    .describe('A name for the browser, to tell one from another.'),
});

// A page that waits for a telephone longer than this would be news of yesterday; the escalation has moved on.
const ttlSeconds = 1800;

/** A page as a notification of a browser, encrypted for it. A page sent again replaces the first one, also while it waits at the push service. */
export const webPush = defineChannel({
  kind: 'web-push',
  label: 'Browser notification',
  about:
    'The three fields are what a browser gives when it subscribes with the public key of this installation (`PushManager.subscribe`). The content ' +
    'is encrypted for that browser, and a page that is sent again replaces the first. A subscription that the browser has given up is reported as gone for ' +
    'good. On iPhones and iPads a site can notify only from the home screen.',
  schema,
  describe: ({ device, endpoint }) => `notification in ${device ?? `a browser (${new URL(endpoint).host})`}`,
  async send(message, config, io) {
    const { publicKey, privateKey, subject } = io.vapid;
    const { origin } = new URL(config.endpoint);
    const { Authorization } = webPushLibrary.getVapidHeaders(origin, subject, publicKey, privateKey, 'aes128gcm');
    const { cipherText } = webPushLibrary.encrypt(config.p256dh, config.auth, toPayload(message), 'aes128gcm');
    const reply = await io.http({
      method: 'POST',
      url: config.endpoint,
      headers: {
        authorization: Authorization,
        'content-type': 'application/octet-stream',
        'content-encoding': 'aes128gcm',
        ttl: String(ttlSeconds),
        urgency: message.kind === 'test' || message.incident?.severity === 'minor' ? 'normal' : 'high',
        topic: topicOf(message.id),
      },
      body: cipherText,
    });
    if (reply.answered && reply.status >= 200 && reply.status < 300) return { ok: true };
    if (reply.answered && (reply.status === 404 || reply.status === 410)) {
      const reason = `the browser has given up its subscription (${reply.status}): turn notifications on there again`;
      return { ok: false, retryable: false, reason };
    }
    // The service's text is not quoted: it repeats endpoints.
    return refusedByStatus(reply, io.now(), 'the push service');
  },
});

/** At most 32 characters of base64url (RFC 8030, section 5.4). */
const topicOf = (id: string): string =>
  /^[\w-]{1,32}$/.test(id) ? id : createHash('sha256').update(id).digest('base64url').slice(0, 32);

// Services must take 4,096 bytes, of which encryption takes 103; some take only about 3 kB.
const maxBytes = 2800;

/** What the service worker of the console reads. `tag` makes a repetition replace the first notification. */
function toPayload(message: PageMessage): string {
  const page = pageText(message);
  const compose = (bodyBytes: number): string =>
    JSON.stringify({
      version: 1,
      kind: message.kind,
      tag: message.id,
      title: cutText(page.title, 150),
      body: cutBytes(plainText(page, 1500, { title: false, links: false }), bodyBytes),
      severity: message.incident?.severity ?? null,
      at: message.incident?.openedAt ?? message.now,
      actions: page.buttons,
    });
  const whole = compose(1200);
  return Buffer.byteLength(whole) <= maxBytes ? whole : compose(300);
}
