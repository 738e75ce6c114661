import { z } from 'zod';
import { httpExpectation } from './http-expect.ts';
import { hasReference, secretText } from './secrets.ts';
import { routeFields, tlsFields } from './target-fields.ts';

export const isHttpUrl = (text: string): boolean => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
};

// Values that are keys as a rule; the rest may be written out.
const secretHeaders = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key']);
const ownHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);

export const headersField = z
  .record(
    z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/, { error: 'that is no name of a header' }),
    z
      .string()
      .max(8000)
      .regex(/^[^\r\n\0]*$/, { error: 'a header may not contain a line break' }),
  )
  .superRefine((given, ctx) => {
    for (const [name, value] of Object.entries(given)) {
      const key = name.toLowerCase();
      if (ownHeaders.has(key))
        ctx.addIssue({ code: 'custom', path: [name], message: 'HugOps sets this header itself' });
      if (secretHeaders.has(key) && !hasReference(value)) {
        const message =
          'refer to the secret as ${env:NAME} or ${file:/path}, so that it stays out of the configuration';
        ctx.addIssue({ code: 'custom', path: [name], message });
      }
    }
  });

export const urlField = z
  .string()
  .max(4000)
  .refine(isHttpUrl, { error: 'write a URL that begins with http:// or https://, without a user name in it' });

const proxyUrl = z
  .string()
  .max(500)
  .refine((text) => isHttpUrl(text) && /^http:\/\/[^/?#]+\/?$/.test(text), {
    error: 'write the proxy as http://host:port',
  });

/** How to reach a web server. */
export const httpRouteFields = {
  ...routeFields,
  ...tlsFields,
  proxy: z
    .strictObject({
      url: proxyUrl.describe('As in http://proxy.example.com:3128; names are then looked up by the proxy'),
      username: z.string().min(1).max(200).optional().describe('Its user name, where it wants one'),
      password: secretText.optional().describe('A reference to the password'),
    })
    .refine(({ username, password }) => password === undefined || username !== undefined, {
      error: 'write the user name that the password is for',
      path: ['username'],
    })
    .optional()
    .meta({ title: 'Proxy', description: 'An HTTP proxy to go through; https goes through a tunnel (CONNECT)' }),
  http2: z.boolean().default(false).meta({
    title: 'HTTP/2',
    description: 'Speak HTTP/2 only; without https, with prior knowledge',
  }),
  maxBodyBytes: z.int().min(0).max(4_194_304).default(1_048_576).meta({
    title: 'Body limit',
    description: 'Bytes of the body to read; what comes after is not looked at',
    unit: 'bytes',
  }),
};

/** Who asks. */
export const httpLoginFields = {
  basic: z
    .strictObject({
      username: z.string().max(200).describe('The user name'),
      password: secretText.describe('A reference to the password'),
    })
    .optional()
    .meta({ title: 'Basic authentication', description: 'A user name and a reference to the password' }),
  bearer: secretText.optional().meta({ title: 'Bearer token', description: 'A reference to the token' }),
  oauth2: z
    .strictObject({
      tokenUrl: urlField.describe('Where tokens are given out'),
      clientId: z.string().min(1).max(500).describe('The client'),
      clientSecret: secretText.describe("A reference to the client's secret"),
      scope: z.string().max(1000).optional().describe('The scopes to ask for, separated by spaces'),
      audience: z.string().max(1000).optional().describe('The audience to ask for, where the server wants one'),
      sendAs: z.enum(['basic', 'body']).default('basic').describe('How the token server wants the client to sign in'),
    })
    .optional()
    .meta({
      title: 'OAuth 2.0',
      description: 'Client credentials; the token is kept until shortly before it expires, and sent as a bearer token',
    }),
};

/** One request, and what its answer must be like. */
export const httpRequestFields = {
  url: urlField.meta({ title: 'URL', description: 'What is requested', examples: ['https://example.com/health'] }),
  method: z
    .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    .default('GET')
    .meta({ title: 'Method', description: 'The method of the request' }),
  headers: headersField
    .default({})
    .meta({ title: 'Headers', description: 'Sent with the request; values may refer to secrets' }),
  body: z.string().max(100_000).optional().meta({ title: 'Body', description: 'Sent with the request' }),
};

export const redirectFields = {
  followRedirects: z.boolean().default(true).meta({
    title: 'Follow redirects',
    description: 'Whether the answer at the end of the redirects is judged, or the first',
  }),
  maxRedirects: z.int().min(0).max(20).default(5).meta({ title: 'Redirects', description: 'At most so many' }),
};

/** What an HTTP check asks and expects. */
export const httpSchema = z.strictObject({
  ...httpRequestFields,
  ...httpLoginFields,
  ...redirectFields,
  ...httpRouteFields,
  expect: z
    .array(httpExpectation)
    .max(50)
    .default([])
    .meta({ title: 'Expectations', description: 'What the answer must be like; all of them must hold' }),
});

export type HttpConfig = z.output<typeof httpSchema>;
