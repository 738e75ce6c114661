import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import { lockPlacing } from '../lock-placing.ts';
import { lockIncident } from '../incidents/lock.ts';
import { readNames } from './read-names.ts';
import { readSituation } from './read-situation.ts';
import { settleSituation } from './settle-situation.ts';

/** A person knows better: this is the cause, or it is not. It holds for this incident until it ends, whatever the figures say. */
export async function ruleCause(
  ctx: Ctx,
  input: { incidentId: string; causeId: string; ruling: 'is-cause' | 'not-cause'; actor: Actor; now: EpochMs },
): Promise<void> {
  const { incidentId, causeId, ruling, actor, now } = input;
  await transact(ctx, async (tx) => {
    await lockPlacing(tx);
    const incident = await lockIncident(tx, incidentId);
    if (incident.status === 'resolved') throw new ServiceError('conflict', 'This incident is over already.');
    await requireKnown(tx, causeId);
    // Only one thing can be the cause, and what is ruled anew is not what was ruled before.
    await tx.db
      .deleteFrom('incident_rulings')
      .where('incident_id', '=', incidentId)
      .where((where) =>
        ruling === 'is-cause'
          ? where.or([where('ruling', '=', 'is-cause'), where('cause_id', '=', causeId)])
          : where('cause_id', '=', causeId),
      )
      .execute();
    await tx.db
      .insertInto('incident_rulings')
      .values({
        incident_id: incidentId,
        ruling,
        cause_id: causeId,
        person_id: actor.kind === 'person' ? (actor.id ?? null) : null,
        at: now,
      })
      .execute();
    const nameOf = await readNames(tx);
    await appendEvents(tx, [
      { kind: 'cause.ruled', at: now, actor, incidentId, data: { causeId, causeName: nameOf(causeId), ruling } },
    ]);
    const situation = await readSituation(tx, now, []);
    if (situation) await settleSituation(tx, situation, now);
  });
}

async function requireKnown(ctx: Ctx, causeId: string): Promise<void> {
  const service = await ctx.db
    .selectFrom('services')
    .select('id')
    .where('id', '=', causeId)
    .where('archived_at', 'is', null)
    .executeTakeFirst();
  const upstream = await ctx.db
    .selectFrom('service_dependencies')
    .select('depends_on')
    .where('depends_on', '=', causeId)
    .limit(1)
    .executeTakeFirst();
  const stated = await ctx.db
    .selectFrom('incident_causes')
    .select('cause_id')
    .where('cause_id', '=', causeId)
    .limit(1)
    .executeTakeFirst();
  if (!service && !upstream && !stated)
    throw new ServiceError('invalid', 'There is no such service, and nothing depends on such an upstream.', {
      fields: [{ path: 'causeId', message: 'no such service or upstream' }],
    });
}
