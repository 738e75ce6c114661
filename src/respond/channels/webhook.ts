import { Webhook } from 'standardwebhooks';
import { z } from 'zod';
import type { EpochMs } from '../../domain/words.ts';
import { cutText } from '../../platform/cut-text.ts';
import { oneLine } from '../../platform/one-line.ts';
import type { Random } from '../../platform/random.ts';
import { refusedByStatus } from './channel-http.ts';
import { defineChannel, type PageMessage, secret, webUrl } from './channel.ts';
import { pageText } from './page-text.ts';
import { fillTemplate, templateFault, templateValues } from './template.ts';

// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

const schema = z
  .strictObject({
    kind: z.literal('webhook'),
    /** Many a receiver carries its key in the path or the query. */
    url: secret(webUrl()),
    secret: secret(
      z.string().refine(isSigningSecret, { error: 'expected whsec_ and the base64 of 24 to 64 random bytes' }),
    ),
    template: z
      .string()
      .min(1)
      .max(8000)
      .optional()
      .describe('JSON with placeholders as "{{title}}", instead of the body that HugOps sends by itself.'),
  })
  .check(({ value, issues }) => {
    const fault = value.template === undefined ? undefined : templateFault(value.template, 'json');
    if (fault !== undefined) issues.push({ code: 'custom', message: fault, path: ['template'], input: '' });
  });

/** A page as a signed HTTP request for a program. The page's id is the webhook-id, which the receiver uses to drop repetitions. */
export const webhook = defineChannel({
  kind: 'webhook',
  label: 'Webhook',
  about:
    'For a program: JSON, signed as [Standard Webhooks](https://www.standardwebhooks.com) describes, with the ' +
    "page's id as `webhook-id` to drop repetitions by. With `template` the body is your own JSON with the " +
    'placeholders below; it is signed, too.',
  schema,
  describe: ({ url }) => `webhook on ${new URL(url).host}`,
  async send(message, config, io) {
    const body =
      config.template === undefined
        ? JSON.stringify(toPayload(message))
        : fillTemplate(config.template, 'json', templateValues(message, maxTemplateText));
    const at = new Date(io.now());
    const reply = await io.http({
      method: 'POST',
      url: config.url,
      headers: {
        'content-type': 'application/json',
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(config.secret).sign(message.id, at, body),
      },
      body,
    });
    if (reply.answered && reply.status >= 200 && reply.status < 300) return { ok: true };
    // The receiver's text is not quoted: it may echo anything.
    return refusedByStatus(
      reply,
      io.now(),
      'the receiver',
      reply.answered && reply.status === 410 ? 'it wants no more' : '',
    );
  },
});

/** A new signing secret: 32 random bytes in the form the receiver's library expects. */
export const newSigningSecret = (random: Random): string => `whsec_${Buffer.from(random.bytes(32)).toString('base64')}`;

function isSigningSecret(text: string): boolean {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)) return false;
  const key = Buffer.from(text.slice('whsec_'.length), 'base64');
  const isExact = key.toString('base64').replace(/=+$/, '') === text.slice('whsec_'.length).replace(/=+$/, '');
  return isExact && text.length % 4 === 'whsec_'.length % 4 && key.length >= 24 && key.length <= 64;
}

const iso = (at: EpochMs): string => new Date(at).toISOString();

// The specification asks for less than 20 kB.
const maxTemplateText = 2000;
const maxLines = 20;
const maxLine = 300;

function toPayload(message: PageMessage): object {
  const page = pageText(message);
  const { incident, summary } = message;
  const lines = page.lines.slice(0, maxLines).map((line) => cutText(line, maxLine));
  return {
    type: `page.${message.kind}`,
    timestamp: iso(incident?.openedAt ?? message.now),
    data: {
      pageId: message.id,
      person: cutText(oneLine(message.personName), 200),
      isResend: message.isResend,
      text: cutText(page.title, 500),
      url: summary?.viewUrl ?? message.viewUrl,
      ...(message.ackUrl === undefined ? {} : { acknowledgeUrl: message.ackUrl }),
      ...(summary && { summary: { count: summary.count, lines } }),
      ...(incident && {
        incident: {
          id: incident.id,
          number: incident.number,
          title: cutText(oneLine(incident.title), 500),
          service: incident.serviceName === null ? null : cutText(oneLine(incident.serviceName), 200),
          severity: incident.severity,
          status: incident.status,
          openedAt: iso(incident.openedAt),
          evidence: lines,
        },
      }),
    },
  };
}
