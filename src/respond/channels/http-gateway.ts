import { z } from 'zod';
import { oneLine } from '../../platform/one-line.ts';
import { basicAuthorization, refusedByStatus } from './channel-http.ts';
import { defineChannel, secret, webUrl } from './channel.ts';
import { contentTypes, fillTemplate, templateFault, templateValues } from './template.ts';
import { maskNumber, phoneNumber } from './twilio-rest.ts';

// The gateways differ in everything but HTTP. Header names are tokens (RFC 9110, section 5.1), values visible ASCII.

const headerName = z.string().regex(/^[A-Za-z0-9-]{1,60}$/, { error: 'expected the name of a header' });
const headerValue = z.string().regex(/^[ -~]{0,1000}$/, { error: 'expected visible ASCII characters' });
// They belong to the connection, and to the fields format, user and password.
const ownHeaders =
  /^(host|content-length|content-type|transfer-encoding|connection|upgrade|te|trailer|expect|keep-alive|proxy-.*)$/i;

const schema = z
  .strictObject({
    kind: z.literal('http-gateway'),
    method: z.enum(['POST', 'PUT', 'PATCH', 'GET']).default('POST'),
    url: secret(webUrl()).describe('May hold placeholders behind the host; values are percent-encoded.'),
    headers: secret(z.record(headerName, headerValue)).default({}).describe('{{id}} is filled in, nothing else.'),
    user: z
      .string()
      .regex(/^[^:\p{Cc}]{1,100}$/u, { error: 'expected a user name without a colon' })
      .optional(),
    password: secret(z.string().min(1).max(200)).optional(),
    format: z
      .enum(['json', 'form', 'xml', 'text'])
      .default('json')
      .describe('What the body is. It decides the content type and how values are written.'),
    body: secret(z.string().min(1).max(8000))
      .optional()
      .describe('With placeholders, as {"to": "{{to}}", "text": "{{text}}"}.'),
    to: phoneNumber().optional().describe('For {{to}}.'),
    maxLength: z.int().min(160).max(4000).default(459).describe('Of {{text}}, in characters; links are never cut.'),
    successText: z
      .string()
      .min(1)
      .max(200)
      .optional()
      .describe('Must stand in the answer, for gateways that answer 200 to everything.'),
  })
  .check(({ value, issues }) => {
    const complain = (field: string, message: string) =>
      issues.push({ code: 'custom', message, path: [field], input: '' });
    const url = templateFault(value.url, 'url');
    if (url !== undefined) complain('url', url);
    const body = value.body === undefined ? undefined : templateFault(value.body, value.format);
    if (body !== undefined) complain('body', body);
    if ((value.method === 'GET') === (value.body !== undefined)) {
      complain('body', value.method === 'GET' ? 'expected none with GET' : 'expected one');
    }
    if ((value.user === undefined) !== (value.password === undefined))
      complain('user', 'expected both user and password, or neither');
    if (Object.keys(value.headers).some((name) => ownHeaders.test(name)))
      complain('headers', 'expected none of the connection’s own headers');
  });

/** A page as any HTTP request, for providers of text messages and whatever else speaks HTTP. */
export const httpGateway = defineChannel({
  kind: 'http-gateway',
  label: 'HTTP gateway (text messages)',
  about:
    'For any provider of text messages with an HTTP interface. `url` and `body` may hold the placeholders ' +
    'below; each value is written so that it cannot leave its place, in the manner of `format`. In JSON, ' +
    "placeholders stand within quotes. Put the provider's key into `headers`, into `user` and `password`, or " +
    'into the body: all of them are kept as secrets. If the provider answers 200 to everything, name with ' +
    '`successText` what its answer must hold.',
  schema,
  describe: ({ url, to }) => `gateway on ${new URL(url).host}${to === undefined ? '' : ` to ${maskNumber(to)}`}`,
  async send(message, config, io) {
    const values = templateValues(message, config.maxLength, config.to);
    const headers = Object.entries(config.headers).map(([name, value]) => [
      name.toLowerCase(),
      value.replace(/\{\{ *id *\}\}/g, oneLine(message.id)),
    ]);
    const reply = await io.http({
      method: config.method,
      url: fillTemplate(config.url, 'url', values),
      headers: {
        ...(config.user === undefined ? {} : { authorization: basicAuthorization(config.user, config.password ?? '') }),
        ...(config.body === undefined ? {} : { 'content-type': contentTypes[config.format] }),
        ...Object.fromEntries(headers),
      },
      ...(config.body === undefined ? {} : { body: fillTemplate(config.body, config.format, values) }),
    });
    // The gateway's text is not quoted: it may echo anything.
    if (!reply.answered || reply.status < 200 || reply.status >= 300)
      return refusedByStatus(reply, io.now(), 'the gateway');
    if (config.successText === undefined || reply.body.includes(config.successText)) return { ok: true };
    return {
      ok: false,
      retryable: true,
      reason: `the gateway answered ${reply.status}, but not with the text of success`,
    };
  },
});
