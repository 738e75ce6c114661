import { z } from 'zod';
import { noticeStates } from '../../domain/upstream.ts';
import { impacts } from '../../domain/words.ts';
import { feedKinds } from './formats.ts';

const at = z.int();
const impact = z.enum([...impacts, 'unknown']);

const noticeSchema = z
  .object({
    id: z.string(),
    kind: z.enum(['incident', 'maintenance']),
    title: z.string(),
    url: z.string().nullable(),
    state: z.enum(noticeStates),
    impact,
    startedAt: at,
    updatedAt: at,
    /** Null while it goes on. */
    endedAt: at.nullable(),
    /** The provider's first public word. */
    publicAt: at,
    /** When HugOps first read it. */
    seenAt: at,
    parts: z.array(z.string()),
    regions: z.array(z.string()),
    /** Newest first. */
    updates: z.array(z.object({ at, state: z.enum(noticeStates), text: z.string() })),
  })
  .meta({ id: 'UpstreamNotice' });
export type NoticeView = z.infer<typeof noticeSchema>;

const feedSchema = z
  .object({
    kind: z.string(),
    url: z.string(),
    /** `changed-format`: it answers, but not in the format that is known of it. */
    health: z.enum(['waiting', 'ok', 'failing', 'changed-format']),
    lastOkAt: at.nullable(),
    lastErrorAt: at.nullable(),
    lastError: z.string().nullable(),
    nextFetchAt: at.nullable(),
  })
  .meta({ id: 'UpstreamFeed' });

export const upstreamSchema = z
  .object({
    id: z.string(),
    provider: z.object({ id: z.string(), name: z.string(), pageUrl: z.string() }).nullable(),
    region: z.string().nullable(),
    product: z.string().nullable(),
    /** Why nothing can be known of it: nobody knows the provider, or the provider has no such region. */
    problem: z.enum(['unknown-provider', 'unknown-region']).nullable(),
    state: impact,
    stateReason: z.string(),
    stateSince: at,
    feed: feedSchema.nullable(),
    dependents: z.array(z.object({ serviceId: z.string(), name: z.string(), hardness: z.enum(['hard', 'soft']) })),
    /** What concerns it: what goes on, then the latest that are over. */
    notices: z.array(noticeSchema),
  })
  .meta({ id: 'Upstream' });
export type UpstreamView = z.infer<typeof upstreamSchema>;

export const providerViewSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    pageUrl: z.string(),
    feed: z.object({ kind: z.string(), url: z.string() }),
    regions: z.array(z.string()),
    products: z.array(z.string()),
    /** Added here, not from the catalogue. */
    isAdded: z.boolean(),
  })
  .meta({ id: 'UpstreamProvider' });
export type ProviderView = z.infer<typeof providerViewSchema>;

const webUrl = z
  .url({ protocol: /^https?$/, error: 'expected an address as in https://status.example.com' })
  .max(2_000)
  .refine((url) => new URL(url).username === '' && new URL(url).password === '', {
    error: 'write the address without a user name and password',
  });

export const newProviderSchema = z
  .object({
    id: z
      .string()
      .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'small letters, digits, dots and dashes, at most 64')
      .describe('The first part of what services depend on, as in acme/eu/api'),
    name: z.string().trim().min(1, 'Please give it a name').max(100),
    pageUrl: webUrl,
    feed: z.object({ kind: z.enum(feedKinds), url: webUrl }).strict(),
  })
  .strict();
