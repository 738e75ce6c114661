import { z } from 'zod';
import type { SourceKind } from './source.ts';

const schema = z.strictObject({
  kind: z.literal('webhook'),
  key: z
    .string()
    .regex(/^[A-Za-z0-9_-]{16,200}$/)
    .meta({ secret: true })
    .describe('What its address ends with, as a reference: POST /inbound/posts/KEY.'),
});

/** Posts that others send: a support desk, a community channel. Nothing is read; src/listen/inbound-routes.ts is its door. */
export const webhookSource: SourceKind<typeof schema> = {
  kind: 'webhook',
  label: 'Webhook',
  schema,
  // oxlint-disable-next-line require-yield
  async *read() {
    throw new Error('posts of a webhook are sent, not read');
  },
};
