import type { EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { acknowledgeIncident, processSignals } from '../../respond/index.ts';
import type { Integration } from './integration-keys.ts';

// Each places a batch of signals. Who is further back than this in a backlog is asked to come again.
const maxRounds = 40;

/**
 * Acknowledges the incident of the alert that fires with this key. Signals that wait for their place are placed first, because the alert may
 * be among them. Nothing that fires with it, or an incident that is over: the acknowledgement is dropped, as PagerDuty does. Throws
 * `unavailable` when the queue could not be worked off.
 */
export async function acknowledgeByKey(
  ctx: Ctx,
  input: { integration: Integration; dedupKey: string; now: EpochMs },
): Promise<{ acknowledged: boolean }> {
  const { integration, now } = input;
  const dedupKey = integration.config.groupBy === undefined ? input.dedupKey : await groupOf(ctx, input);
  await placeWaiting(ctx, integration, dedupKey, now);
  const alert = await ctx.db
    .selectFrom('alerts')
    .select('incident_id')
    .where('source_kind', '=', integration.kind)
    .where('source_id', '=', integration.id)
    .where('dedup_key', '=', dedupKey)
    .where('status', '=', 'firing')
    .executeTakeFirst();
  if (alert === undefined) return { acknowledged: false };
  try {
    const actor = { kind: 'api', id: integration.id } as const;
    await acknowledgeIncident(ctx, { incidentId: alert.incident_id, actor, now, via: integration.kind });
    return { acknowledged: true };
  } catch (error) {
    // Resolved or merged while this was on its way.
    if (error instanceof ServiceError && (error.code === 'conflict' || error.code === 'not-found')) {
      return { acknowledged: false };
    }
    throw error;
  }
}

/** The key of the alert that stands for the group which this member is in. */
async function groupOf(ctx: Ctx, input: { integration: Integration; dedupKey: string }): Promise<string> {
  const member = await ctx.db
    .selectFrom('alert_members')
    .select('group_key')
    .where('integration_id', '=', input.integration.id)
    .where('member_key', '=', input.dedupKey)
    .executeTakeFirst();
  return member?.group_key ?? input.dedupKey;
}

async function placeWaiting(ctx: Ctx, integration: Integration, dedupKey: string, now: EpochMs): Promise<void> {
  for (let round = 0; round < maxRounds; round++) {
    const waiting = await ctx.db
      .selectFrom('signals')
      .select('id')
      .where('outcome', 'is', null)
      .where('source_kind', '=', integration.kind)
      .where('source_id', '=', integration.id)
      .where('dedup_key', '=', dedupKey)
      .limit(1)
      .executeTakeFirst();
    if (waiting === undefined) return;
    const placed = await processSignals(ctx, now);
    // Another process is placing it: wait for the lock that it holds on the service.
    if (placed === 0) await passServiceLock(ctx, integration.serviceId);
  }
  throw new ServiceError('unavailable', 'The alert that this acknowledges is still waiting to be placed.', {
    retryAfterMs: 1_000,
  });
}

// FOR NO KEY UPDATE waits for whoever places, but holds up no insert of a row that refers to the service.
const passServiceLock = (ctx: Ctx, serviceId: string): Promise<unknown> =>
  transact(ctx, (tx) =>
    tx.db.selectFrom('services').select('id').where('id', '=', serviceId).forNoKeyUpdate().execute(),
  );
