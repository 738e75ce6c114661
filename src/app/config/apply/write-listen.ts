import { isDeepStrictEqual } from 'node:util';
import { keepTextFor, keptForMs, usualKeepMs, webhookKeyHash } from '../../../listen/index.ts';
import type { EpochMs } from '../../../domain/words.ts';
import type { Ctx } from '../../../platform/context.ts';
import type { Config } from '../config-schema.ts';

/** Brings sources, watch words and the time that texts are kept to what the file says. Returns what changed, for the summary. */
export async function writeListen(ctx: Ctx, config: Config, now: EpochMs): Promise<Set<string>> {
  const changed = new Set<string>();
  const keepMs = config.listen?.keepText ?? usualKeepMs;
  if ((await keptForMs(ctx)) !== keepMs) {
    await keepTextFor(ctx, keepMs, now);
    changed.add('keepText');
  }
  for (const id of await writeSources(ctx, config.listen?.sources ?? {}, now)) changed.add(id);
  for (const id of await writeTerms(ctx, config.services, now)) changed.add(id);
  return changed;
}

type Sources = NonNullable<Config['listen']>['sources'];

async function writeSources(ctx: Ctx, wanted: Sources, now: EpochMs): Promise<string[]> {
  const rows = await ctx.db.selectFrom('listen_sources').selectAll().execute();
  const known = new Map(rows.map((row) => [row.id, row]));
  const changed: string[] = [];
  for (const row of rows) {
    if (row.owned_by !== 'file' || row.archived_at !== null || Object.hasOwn(wanted, row.id)) continue;
    // Its key must be free for whoever comes after it.
    const gone = { archived_at: now, key_hash: null, lease_owner: null, lease_until: null };
    await ctx.db.updateTable('listen_sources').set(gone).where('id', '=', row.id).execute();
    changed.push(row.id);
  }
  for (const [id, source] of Object.entries(wanted)) {
    const keyHash = source.kind === 'webhook' ? webhookKeyHash(source.key) : null;
    // The key itself is stored nowhere.
    const config = source.kind === 'webhook' ? { kind: source.kind } : source;
    const before = known.get(id);
    const isSame = before !== undefined && isDeepStrictEqual(before.config, JSON.parse(JSON.stringify(config)));
    if (isSame && before.archived_at === null && before.key_hash === keyHash) continue;
    const row = {
      kind: source.kind,
      name: id,
      config: JSON.stringify(config),
      key_hash: keyHash,
      owned_by: 'file' as const,
      archived_at: null,
    };
    // What another address had said last says nothing about this one; and whoever still reads that one must not write its position here.
    const unheld = { position: null, lease_owner: null, lease_until: null };
    const afresh = { ...unheld, health: 'waiting' as const, health_since: now, failures: 0, last_error: null };
    await ctx.db
      .insertInto('listen_sources')
      .values({ id, ...row, ...afresh, created_at: now, ...unread })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(isSame ? row : { ...row, ...afresh }))
      .execute();
    changed.push(id);
  }
  return changed;
}

const unread = { last_seen_at: null, last_post_at: null, last_error_at: null };

async function writeTerms(ctx: Ctx, services: Config['services'], now: EpochMs): Promise<string[]> {
  const rows = await ctx.db
    .selectFrom('listen_terms')
    .innerJoin('services', 'services.id', 'listen_terms.service_id')
    .select(['service_id', 'terms'])
    .where('services.owned_by', '=', 'file')
    .execute();
  const known = new Map(rows.map((row) => [row.service_id, row.terms]));
  const changed: string[] = [];
  for (const [id, { listen }] of Object.entries(services)) {
    const before = known.get(id);
    known.delete(id);
    if (listen === undefined && before === undefined) continue;
    if (listen === undefined) {
      await ctx.db.deleteFrom('listen_terms').where('service_id', '=', id).execute();
    } else {
      if (isDeepStrictEqual(before, listen)) continue;
      const row = { service_id: id, terms: JSON.stringify(listen), updated_at: now };
      await ctx.db
        .insertInto('listen_terms')
        .values(row)
        .onConflict((conflict) => conflict.column('service_id').doUpdateSet(row))
        .execute();
    }
    changed.push(id);
  }
  // Services that left the file are archived; their words go with them.
  for (const id of known.keys()) await ctx.db.deleteFrom('listen_terms').where('service_id', '=', id).execute();
  return changed;
}
