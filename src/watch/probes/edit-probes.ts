import { sql } from 'kysely';
import type { z } from 'zod';
import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import { newSecret } from '../../platform/random.ts';
import { hashKey, keyHint } from '../inbound/index.ts';
import type { newProbeSchema, ProbeView } from './schemas.ts';

interface By {
  actor: Actor;
  now: EpochMs;
}

/** Adds a place to look from. Returns its token, which is shown this once: only its hash is kept. Throws `conflict` when the name is taken. */
export async function addProbe(
  ctx: Ctx,
  input: z.output<typeof newProbeSchema>,
  by: By,
): Promise<{ id: string; token: string }> {
  const token = `hgp_${newSecret(ctx.random, 32)}`;
  const key = { token_hash: hashKey(token), token_hint: keyHint(token) };
  await transact(ctx, async (tx) => {
    const known = await tx.db
      .selectFrom('probes')
      .select(['archived_at'])
      .where('id', '=', input.id)
      .forUpdate()
      .executeTakeFirst();
    if (known?.archived_at === null)
      throw new ServiceError('conflict', `There is a probe ${input.id} already.`, {
        fields: [{ path: 'id', message: 'is taken' }],
      });
    const fresh = {
      ...key,
      name: input.name ?? input.id,
      version: null,
      last_seen_at: null,
      gone_since: null,
      owned_by: 'console' as const,
      created_at: by.now,
      archived_at: null,
    };
    await tx.db
      .insertInto('probes')
      .values({ id: input.id, ...fresh })
      .onConflict((conflict) => conflict.column('id').doUpdateSet(fresh))
      .execute();
    await appendEvents(tx, [{ kind: 'probe.added', at: by.now, actor: by.actor, data: { probeId: input.id } }]);
  });
  return { id: input.id, token };
}

/** Takes a probe out of use: its token is worth nothing any more. Throws `conflict` while checks are run from there. */
export async function archiveProbe(ctx: Ctx, probeId: string, by: By): Promise<void> {
  await transact(ctx, async (tx) => {
    const probe = await tx.db
      .selectFrom('probes')
      .select(['id', 'name', 'owned_by'])
      .where('id', '=', probeId)
      .where('archived_at', 'is', null)
      .forUpdate()
      .executeTakeFirst();
    if (!probe) throw new ServiceError('not-found', 'There is no such probe.');
    if (probe.owned_by === 'file')
      throw new ServiceError('owned-by-file', `${probe.name} is described in hugops.yaml. Please change it there.`);
    const [using] = await checksFrom(tx, probeId).limit(1).execute();
    if (using)
      throw new ServiceError(
        'conflict',
        `The check ${using.name} (${using.id}) is run from there. Please change that first.`,
      );
    await tx.db.updateTable('probes').set({ archived_at: by.now }).where('id', '=', probeId).execute();
    await appendEvents(tx, [{ kind: 'probe.archived', at: by.now, actor: by.actor, data: { probeId } }]);
  });
}

/** The checks in use that are run from a location. */
export const checksFrom = (ctx: Ctx, location: string) =>
  ctx.db
    .selectFrom('checks')
    .innerJoin('services', 'services.id', 'checks.service_id')
    .select(['checks.id', 'checks.name', 'checks.kind', 'checks.config', 'checks.interval_ms', 'checks.timeout_ms'])
    .where('checks.archived_at', 'is', null)
    .where('checks.paused', '=', false)
    .where('services.archived_at', 'is', null)
    .where('checks.kind', '!=', 'heartbeat')
    .where(sql<boolean>`checks.locations @> ${JSON.stringify([location])}::jsonb`)
    .orderBy('checks.id');

/** Throws `invalid` unless every location is `local` or a probe in use. */
export async function requireLocations(ctx: Ctx, locations: readonly string[]): Promise<void> {
  const wanted = locations.filter((name) => name !== 'local');
  if (wanted.length === 0) return;
  const rows = await ctx.db
    .selectFrom('probes')
    .select('id')
    .where('id', 'in', wanted)
    .where('archived_at', 'is', null)
    .execute();
  const known = new Set(rows.map((row) => row.id));
  const missing = wanted.find((name) => !known.has(name));
  if (missing !== undefined)
    throw new ServiceError('invalid', `There is no probe ${missing}.`, {
      fields: [{ path: 'locations', message: `there is no probe ${missing}` }],
    });
}

/** Every probe in use, by name. */
export async function readProbes(ctx: Ctx): Promise<ProbeView[]> {
  const rows = await ctx.db
    .selectFrom('probes')
    .selectAll()
    .select((select) => [
      select
        .selectFrom('checks')
        .innerJoin('services', 'services.id', 'checks.service_id')
        .select((s) => s.fn.countAll<number>().as('count'))
        .where('checks.archived_at', 'is', null)
        .where('services.archived_at', 'is', null)
        .where(sql<boolean>`checks.locations @> to_jsonb(probes.id)`)
        .as('checks'),
      select
        .selectFrom('probe_logs')
        .whereRef('probe_logs.probe_id', '=', 'probes.id')
        .select((s) => s.fn.sum<number>('dropped').as('dropped'))
        .as('dropped'),
    ])
    .where('archived_at', 'is', null)
    .orderBy('name')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    tokenHint: row.token_hint,
    version: row.version,
    lastSeenAt: row.last_seen_at,
    goneSince: row.gone_since,
    checks: Number(row.checks ?? 0),
    dropped: Number(row.dropped ?? 0),
    ownedBy: row.owned_by,
  }));
}
