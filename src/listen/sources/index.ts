import { z } from 'zod';
import { blueskySource } from './bluesky.ts';
import { fileSource } from './file.ts';
import { hackerNewsSource } from './hacker-news.ts';
import { mastodonSource } from './mastodon.ts';
import { redditSource } from './reddit.ts';
import type { SourceKind } from './source.ts';
import { webhookSource } from './webhook.ts';

/** Every kind of source, in the order in which people are shown them. Add yours here. */
const all = [blueskySource, mastodonSource, redditSource, hackerNewsSource, webhookSource, fileSource] as const;

export const sourceKinds: ReadonlyMap<string, SourceKind> = new Map(
  all.map((source) => [source.kind, source as SourceKind]),
);

/** The sources of hugops.yaml: each kind's own fields, no other. */
export const sourceConfigSchema = z.discriminatedUnion(
  'kind',
  [
    blueskySource.schema,
    mastodonSource.schema,
    redditSource.schema,
    hackerNewsSource.schema,
    webhookSource.schema,
    fileSource.schema,
  ],
  { error: `expected a mapping with a kind: ${all.map(({ kind }) => kind).join(', ')}` },
);
