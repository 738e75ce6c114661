import { findStragglers } from '../../domain/stragglers.ts';
import type { EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { splitOut } from '../incidents/split-out.ts';
import { lockPlacing } from '../lock-placing.ts';
import { resolveWhenClear } from '../resolve-when-clear.ts';
import { readSituation, type Situation } from './read-situation.ts';
import { settleSituation } from './settle-situation.ts';

/**
 * Looks again at what is open: time alone says more, because what still works a minute later speaks for or against a cause. Then takes out what is
 * left broken after the rest has recovered. Returns how many services were taken out.
 */
export async function reconsiderCauses(ctx: Ctx, now: EpochMs): Promise<number> {
  const open = await ctx.db.selectFrom('incidents').select('id').where('status', '!=', 'resolved').limit(1).execute();
  if (open.length === 0) return 0;
  return transact(ctx, async (tx) => {
    await lockPlacing(tx);
    const situation = await readSituation(tx, now, []);
    if (situation === undefined) return 0;
    await settleSituation(tx, situation, now);
    return takeOutStragglers(tx, situation, now);
  });
}

async function takeOutStragglers(ctx: Ctx, { scene, incidents }: Situation, now: EpochMs): Promise<number> {
  const causes = await ctx.db
    .selectFrom('incident_causes')
    .innerJoin('incidents', 'incidents.id', 'incident_causes.incident_id')
    .select(['incident_id', 'cause_id'])
    .where('rank', '=', 1)
    .where('status', '!=', 'resolved')
    .execute();
  const causeOf = new Map(causes.map((row) => [row.incident_id, row.cause_id]));
  let taken = 0;
  for (const incident of incidents) {
    if (incident.openedBy === 'person' || incident.services.length < 2) continue;
    const members = incident.services.map((serviceId) => ({ serviceId, clearAt: scene.nodes.get(serviceId)?.until }));
    const causeId = causeOf.get(incident.id);
    const view = causeId === undefined ? undefined : scene.nodes.get(causeId);
    const health = view?.until === undefined ? (view?.health ?? 'unknown') : 'fine';
    const stragglers = findStragglers(members, causeId === undefined ? undefined : { id: causeId, health }, now);
    for (const serviceId of stragglers) {
      await splitOut(ctx, {
        incidentId: incident.id,
        serviceId,
        actor: { kind: 'system' },
        now,
        reason: 'still-broken',
      });
      taken++;
    }
    if (stragglers.length > 0) await resolveWhenClear(ctx, incident.id, now);
  }
  return taken;
}
