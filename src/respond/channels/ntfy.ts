import { z } from 'zod';
import type { Severity } from '../../domain/words.ts';
import { cutBytes, cutText } from '../../platform/cut-text.ts';
import { refusedByStatus } from './channel-http.ts';
import { defineChannel, type PageMessage, type Receipt, secret, token, webUrl } from './channel.ts';
import { pageText } from './page-text.ts';

// Source: https://docs.ntfy.sh/publish/ (publish as JSON, priority, tags, action buttons, access tokens, limitations)

const schema = z
  .strictObject({
    kind: z.literal('ntfy'),
    server: webUrl().default('https://ntfy.sh'),
    /** Without access control a topic is as good as a password, so it is kept like one. */
    topic: secret(z.string().regex(/^[-_A-Za-z0-9]{1,64}$/, { error: 'expected 1 to 64 letters, digits, - or _' })),
    token: secret(token()).optional(),
    user: z
      .string()
      .regex(/^[^:\p{Cc}]{1,100}$/u, { error: 'expected a user name without a colon' })
      .optional(),
    password: secret(z.string().min(1).max(200)).optional(),
  })
  .refine((config) => (config.user === undefined) === (config.password === undefined), {
    error: 'expected both user and password, or neither',
  })
  .refine((config) => config.token === undefined || config.user === undefined, {
    error: 'expected a token, or user and password, not both',
  });

type NtfyConfig = z.output<typeof schema>;

/** A page as a push notification through an ntfy server. From ntfy 2.16 on, a page sent again replaces the first notification. */
export const ntfy = defineChannel({
  kind: 'ntfy',
  label: 'ntfy',
  about:
    'Choose a topic that is hard to guess, and subscribe to it in the app; with access control, add a token, ' +
    'or user and password. A page that is sent again replaces the first notification (ntfy 2.16 or later). ' +
    'Critical pages have the highest priority, which breaks through “do not disturb” where the phone allows ' +
    'it.',
  schema,
  describe: ({ server }) => `ntfy topic on ${new URL(server).host}`,
  async send(message, config, io): Promise<Receipt> {
    const reply = await io.http({
      method: 'POST',
      // JSON goes to the root of the server; the topic is in the body.
      url: `${config.server.replace(/\/+$/, '')}/`,
      headers: { 'content-type': 'application/json', ...authorization(config) },
      body: toNtfy(message, config.topic),
    });
    if (!reply.answered || reply.status < 200 || reply.status >= 300) {
      return refusedByStatus(reply, io.now(), 'the ntfy server', reply.answered ? errorText(reply.body) : '');
    }
    const { id } = readJson(reply.body, publishedSchema) ?? {};
    return id === undefined ? { ok: true } : { ok: true, providerRef: id };
  },
});

function authorization(config: NtfyConfig): Record<string, string> {
  if (config.token !== undefined) return { authorization: `Bearer ${config.token}` };
  if (config.user === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${config.user}:${config.password}`).toString('base64')}` };
}

// 5 breaks through "do not disturb" where the phone allows it; a backlog may hold anything, so it counts as critical.
const priorities: Record<Severity, number> = { critical: 5, major: 4, minor: 3 };
const tags: Record<Severity, string> = { critical: 'rotating_light', major: 'warning', minor: 'information_source' };

// A longer message would become an attachment (4,096 bytes), and the whole JSON may take twice that.
const maxMessageBytes = 3500;
const maxJsonBytes = 8192;

function toNtfy(message: PageMessage, topic: string): string {
  const page = pageText(message);
  const severity = message.incident?.severity;
  const compose = (messageBytes: number): string =>
    JSON.stringify({
      topic,
      title: cutBytes(page.title, 250),
      message: cutBytes(
        [...page.facts.map(([label, value]) => `${label}: ${cutText(value, 200)}`), ...page.lines, ...page.notes].join(
          '\n',
        ),
        messageBytes,
      ),
      priority: severity ? priorities[severity] : message.kind === 'summary' ? 5 : 3,
      tags: [severity ? tags[severity] : message.kind === 'summary' ? 'rotating_light' : 'white_check_mark'],
      click: message.viewUrl,
      // `view` and not `http`: the link opens the page that asks, in the browser where the person is.
      actions: page.buttons.map(({ label, url }) => ({ action: 'view', label, url, clear: false })),
      sequence_id: message.id,
      markdown: false,
    });
  // Quotes and backslashes take two bytes in JSON, so hostile text needs a second cut.
  const whole = compose(maxMessageBytes);
  return Buffer.byteLength(whole) <= maxJsonBytes ? whole : compose(Math.floor(maxMessageBytes / 6));
}

const publishedSchema = z.object({ id: z.string().max(64) });
const refusalSchema = z.object({ error: z.string() });

/** The server's own words, as in "unauthorized". */
const errorText = (body: string): string => cutText(readJson(body, refusalSchema)?.error ?? '', 120);

function readJson<S extends z.ZodType>(body: string, expected: S): z.output<S> | undefined {
  try {
    return expected.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}
