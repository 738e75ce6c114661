import { isIP } from 'node:net';
import { z } from 'zod';
import { httpExpectation } from './http-expect.ts';
import { hasReference, secretText } from './secrets.ts';

const isHttpUrl = (text: string): boolean => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
};

// Values that are keys as a rule; the rest may be written out.
const secretHeaders = new Set(['authorization', 'proxy-authorization', 'cookie', 'x-api-key']);
const ownHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding']);

const headers = z
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

/** What an HTTP check asks and expects. */
export const httpSchema = z.strictObject({
  url: z
    .string()
    .max(4000)
    .refine(isHttpUrl, { error: 'write a URL that begins with http:// or https://, without a user name in it' })
    .meta({ title: 'URL', description: 'What is requested', examples: ['https://example.com/health'] }),
  method: z
    .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    .default('GET')
    .meta({ title: 'Method', description: 'The method of the request' }),
  headers: headers
    .default({})
    .meta({ title: 'Headers', description: 'Sent with the request; values may refer to secrets' }),
  body: z.string().max(100_000).optional().meta({ title: 'Body', description: 'Sent with the request' }),
  basic: z
    .strictObject({ username: z.string().max(200), password: secretText })
    .optional()
    .meta({ title: 'Basic authentication', description: 'A user name and a reference to the password' }),
  bearer: secretText.optional().meta({ title: 'Bearer token', description: 'A reference to the token' }),
  followRedirects: z.boolean().default(true).meta({
    title: 'Follow redirects',
    description: 'Whether the answer at the end of the redirects is judged, or the first',
  }),
  maxRedirects: z.int().min(0).max(20).default(5).meta({ title: 'Redirects', description: 'At most so many' }),
  addressFamily: z
    .enum(['any', '4', '6'])
    .default('any')
    .meta({ title: 'Address family', description: 'Connect over IPv4 or IPv6 only' }),
  resolveTo: z
    .string()
    .refine((text) => isIP(text) !== 0, { error: 'write an IP address' })
    .optional()
    .meta({ title: 'Resolve to', description: 'Connect to this address, whatever the name of the URL points to' }),
  verifyCertificate: z
    .boolean()
    .default(true)
    .meta({ title: 'Verify the certificate', description: 'Off only for a certificate that nobody can vouch for' }),
  caCertificate: z.string().max(100_000).optional().meta({
    title: 'CA certificate',
    description: 'Your own authority in PEM, or a reference to its file, trusted instead of the well-known ones',
  }),
  maxBodyBytes: z.int().min(0).max(4_194_304).default(1_048_576).meta({
    title: 'Body limit',
    description: 'Bytes of the body to read; what comes after is not looked at',
    unit: 'bytes',
  }),
  expect: z
    .array(httpExpectation)
    .max(50)
    .default([])
    .meta({ title: 'Expectations', description: 'What the answer must be like; all of them must hold' }),
});

export type HttpConfig = z.output<typeof httpSchema>;
