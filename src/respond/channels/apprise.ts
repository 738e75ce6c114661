import { z } from 'zod';
import type { Severity } from '../../domain/words.ts';
import { cutText } from '../../platform/cut-text.ts';
import { basicAuthorization, refusedByStatus } from './channel-http.ts';
import { defineChannel, type PageMessage, secret, webUrl } from './channel.ts';
import { pageText, plainText } from './page-text.ts';

// Source: https://github.com/caronc/apprise-api (README: stateless and persistent notifications, fields, statuses 200, 204, 400, 424)

const schema = z
  .strictObject({
    kind: z.literal('apprise'),
    server: webUrl().describe('The address of the Apprise API server.'),
    urls: secret(z.string().regex(/^[^\p{Cc}]{3,2000}$/u, { error: 'expected Apprise URLs, separated by commas' }))
      .optional()
      .describe('Apprise URLs to notify, as pover://user@token. They hold the credentials.'),
    configKey: secret(z.string().regex(/^[\w-]{1,128}$/, { error: 'expected the key of a stored configuration' }))
      .optional()
      .describe('A configuration that is stored on the server, instead of urls.'),
    tag: z
      .string()
      .regex(/^[\w ,-]{1,200}$/, { error: 'expected tags of letters and digits' })
      .optional()
      .describe('Which of the stored addresses; all of them when left out.'),
    user: z
      .string()
      .regex(/^[^:\p{Cc}]{1,100}$/u, { error: 'expected a user name without a colon' })
      .optional(),
    password: secret(z.string().min(1).max(200)).optional(),
  })
  .refine((config) => (config.urls === undefined) !== (config.configKey === undefined), {
    error: 'expected either urls or configKey',
  })
  .refine((config) => config.tag === undefined || config.configKey !== undefined, {
    error: 'expected a tag only with configKey',
  })
  .refine((config) => (config.user === undefined) === (config.password === undefined), {
    error: 'expected both user and password, or neither',
  });

/** A page through an Apprise API server, to whatever that reaches. It knows no idempotency key. */
export const apprise = defineChannel({
  kind: 'apprise',
  label: 'Apprise',
  about:
    'An [Apprise API](https://github.com/caronc/apprise-api) server reaches a hundred other services. Give it ' +
    'the addresses (`urls`), or the key of a configuration that is stored there. HugOps cannot tell which of ' +
    'several addresses failed: it tries all of them again.',
  schema,
  describe: ({ server, tag }) => `Apprise on ${new URL(server).host}${tag === undefined ? '' : ` (${tag})`}`,
  async send(message, config, io) {
    const { user, password, configKey } = config;
    const reply = await io.http({
      method: 'POST',
      url: `${config.server.replace(/\/+$/, '')}/notify${configKey === undefined ? '' : `/${configKey}`}`,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(user === undefined ? {} : { authorization: basicAuthorization(user, password ?? '') }),
      },
      body: JSON.stringify({
        ...(config.urls === undefined ? {} : { urls: config.urls }),
        ...(config.tag === undefined ? {} : { tag: config.tag }),
        ...toApprise(message),
      }),
    });
    if (!reply.answered) return refusedByStatus(reply, io.now(), 'Apprise');
    if (reply.status === 200) return { ok: true };
    // A success to HTTP, and yet nobody was told.
    if (reply.status === 204) {
      return { ok: false, retryable: false, reason: 'Apprise answered 204: it has no address to notify' };
    }
    if (reply.status === 424) {
      // Which one failed and why is only in the server's log; some may have been told.
      return { ok: false, retryable: true, reason: 'Apprise answered 424: it could not notify every address' };
    }
    return refusedByStatus(reply, io.now(), 'Apprise');
  },
});

const types: Record<Severity, string> = { critical: 'failure', major: 'warning', minor: 'info' };

// Apprise cuts or splits for each service by itself; this is about what a person reads at night.
const maxBody = 2000;

function toApprise(message: PageMessage): object {
  const page = pageText(message);
  const severity = message.incident?.severity;
  return {
    title: cutText(page.title, 250),
    body: plainText(page, maxBody, { title: false }),
    type: severity ? types[severity] : message.kind === 'summary' ? 'failure' : 'info',
    // Says that the text holds no markup; Apprise escapes it for the services that would read some.
    format: 'text',
  };
}
