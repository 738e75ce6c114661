import { z } from 'zod';
import type { Ctx } from '../../platform/context.ts';
import catalogueFile from './catalogue.json' with { type: 'json' };
import { feedKinds } from './formats.ts';

const slug = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/);
const name = z.string().trim().min(1).max(100);
const named = z.strictObject({ id: slug, names: z.array(name) });

export const providerSchema = z.strictObject({
  /** The first part of what a service depends on: `aws` in `aws/us-east-1/dynamodb`. */
  id: slug,
  name,
  pageUrl: z.url({ protocol: /^https$/ }),
  feed: z.strictObject({ kind: z.enum(feedKinds), url: z.url({ protocol: /^https?$/ }) }),
  /** What people call it in posts and reports. */
  names: z.array(name),
  /** Accounts on social networks, without the @. */
  handles: z.array(name),
  /** Without the #. */
  hashtags: z.array(name),
  /** A name of it is a common word or somebody else's name as well: alone it proves nothing. */
  ambiguous: z.boolean(),
  regions: z.array(named),
  products: z.array(named),
});
export type Provider = z.output<typeof providerSchema>;

export const catalogueSchema = z.strictObject({ providers: z.array(providerSchema) });

// The file is part of the program, and the tests hold it against the schema: it is not checked again at each start.
const catalogue = catalogueFile.providers as Provider[];

/** Finds providers by id: those that people have added, then the catalogue. */
export type Providers = ReadonlyMap<string, Provider>;

export const knownProviders: Providers = new Map(catalogue.map((provider) => [provider.id, provider]));

/** Every provider that services may depend on; an added one takes the place of the catalogue's of the same id, and keeps what the catalogue knows of it. */
export async function readProviders(ctx: Ctx): Promise<Providers> {
  const added = await ctx.db.selectFrom('upstream_providers').selectAll().execute();
  if (added.length === 0) return knownProviders;
  const all = new Map(knownProviders);
  for (const row of added) {
    const kind = feedKinds.find((one) => one === row.feed_kind);
    if (kind === undefined) continue;
    const known = knownProviders.get(row.id);
    all.set(row.id, {
      id: row.id,
      name: row.name,
      pageUrl: row.page_url,
      feed: { kind, url: row.feed_url },
      names: known?.names ?? [row.name],
      handles: known?.handles ?? [],
      hashtags: known?.hashtags ?? [],
      ambiguous: known?.ambiguous ?? true,
      regions: known?.regions ?? [],
      products: known?.products ?? [],
    });
  }
  return all;
}
