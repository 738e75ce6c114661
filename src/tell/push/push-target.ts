import { z } from 'zod';
import { secretText } from '../../platform/secret-reference.ts';
import type { Publication } from '../publication-store.ts';

const webAddress = z
  .url({ protocol: /^https?$/, error: 'expected an address such as https://storage.example.com' })
  .max(2_000)
  .refine((text) => URL.parse(text)?.username === '', { error: 'expected an address without user name and password' });

const line = (what: string, longest: number): z.ZodString =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\s]+$/u, { error: `expected ${what} without spaces` });

export const directorySchema = z.strictObject({
  kind: z.literal('directory'),
  path: z
    .string()
    .max(1_000)
    .regex(/^\/[^\0]+$/, { error: 'expected an absolute path such as /srv/status' })
    .describe('An absolute path. Let the web server serve `current` in it.'),
});

export const s3Schema = z.strictObject({
  kind: z.literal('s3'),
  endpoint: webAddress.describe('As in https://s3.eu-central-1.amazonaws.com; of any storage that speaks S3.'),
  region: line('a region such as eu-central-1', 60).default('us-east-1').describe('The region; us-east-1 by default.'),
  bucket: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, { error: 'expected the name of a bucket' })
    .describe('The name of the bucket.'),
  prefix: z
    .string()
    .max(500)
    .regex(/^(?:[\w-][\w.-]*\/)*$/, { error: 'expected folders such as status/, each with a slash at its end' })
    .default('')
    .describe('Put before every name, as in status/.'),
  accessKeyId: line('the id of an access key', 200).describe('The id of the access key.'),
  secretAccessKey: secretText.describe('A reference to its secret.'),
  compress: z
    .boolean()
    .default(false)
    .describe('Store gzip, for a bucket that readers ask directly; a CDN compresses by itself.'),
});

export const purgeSchema = z.strictObject({
  kind: z.literal('purge'),
  url: webAddress.describe('Told by a signed POST which addresses changed, after every other target has them.'),
  secret: secretText.describe('A reference to the signing secret, whsec_ and base64, as Standard Webhooks has it.'),
});

/** A place that the page is pushed to, as hugops.yaml and the API write it. */
export const publishTargetSchema = z.discriminatedUnion('kind', [directorySchema, s3Schema, purgeSchema]);
export type PublishTarget = z.output<typeof publishTargetSchema>;

/** Not taken. It is tried again in any case, after `retryAfterMs` where the place says so. */
export class PushError extends Error {
  override readonly name = 'PushError';
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

export interface Push {
  publication: Publication;
  /** Path to content hash of what the place holds. The pusher of a kind keeps it true as it goes, so that an attempt that failed half-way is resumed. */
  files: Map<string, string>;
  /** The place cannot be trusted to hold what `files` says (the first push of a process): put everything. */
  isWhole: boolean;
  /** For signatures; epoch milliseconds. */
  now: number;
}

/** Brings one place up to date. Throws PushError with one line for people, without secrets. */
export type PushTo = (push: Push) => Promise<void>;

/** How a target is named for people, without its secrets. */
export function describeTarget(target: PublishTarget): string {
  if (target.kind === 'directory') return target.path;
  if (target.kind === 's3')
    return `${target.bucket}${target.prefix === '' ? '' : `/${target.prefix}`} at ${hostOf(target.endpoint)}`;
  return hostOf(target.url);
}

const hostOf = (url: string): string => URL.parse(url)?.host ?? '';
