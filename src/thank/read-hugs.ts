import type { HugStatus } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import type { Hug, MyThanks } from './schemas.ts';

/** Hugs of one status, the oldest held first, others newest first. */
export async function readHugs(ctx: Ctx, status: HugStatus, limit: number): Promise<Hug[]> {
  const rows = await ctx.db
    .selectFrom('hugs')
    .innerJoin('incidents', 'incidents.id', 'hugs.incident_id')
    .select([
      'hugs.id',
      'hugs.kind',
      'hugs.message',
      'hugs.status',
      'hugs.created_at',
      'hugs.source',
      'hugs.held_reason',
    ])
    .select(['incidents.id as incident_id', 'incidents.number', 'incidents.public_title'])
    .where('hugs.status', '=', status)
    .orderBy('hugs.created_at', status === 'held' ? 'asc' : 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    message: row.message,
    status: row.status,
    createdAt: row.created_at,
    source: row.source,
    heldReason: row.held_reason,
    incident: { id: row.incident_id, number: row.number, title: row.public_title },
  }));
}

/** What the person is credited for and thanked for, newest first. For that person's eyes only. */
export async function readMyThanks(ctx: Ctx, personId: string): Promise<MyThanks> {
  const credits = await ctx.db
    .selectFrom('credits')
    .innerJoin('incidents', 'incidents.id', 'credits.incident_id')
    .select([
      'incidents.id',
      'incidents.number',
      'incidents.public_title',
      'incidents.opened_at',
      'incidents.resolved_at',
      'credits.reasons',
    ])
    .where('credits.person_id', '=', personId)
    .where('credits.declined_at', 'is', null)
    .orderBy('incidents.opened_at', 'desc')
    .limit(100)
    .execute();
  if (credits.length === 0) return { incidents: [] };
  const hugs = await ctx.db
    .selectFrom('hug_deliveries')
    .innerJoin('hugs', 'hugs.id', 'hug_deliveries.hug_id')
    .select([
      'hugs.id',
      'hugs.kind',
      'hugs.message',
      'hugs.created_at',
      'hugs.incident_id',
      'hug_deliveries.bundled_at',
    ])
    .where('hug_deliveries.person_id', '=', personId)
    .where('hugs.status', '=', 'approved')
    .where(
      'hugs.incident_id',
      'in',
      credits.map((credit) => credit.id),
    )
    .orderBy('hugs.created_at')
    .limit(10_000)
    .execute();
  const gifts = await ctx.db
    .selectFrom('gifts')
    .select(['incident_id', 'what', 'url', 'minutes'])
    .where('person_id', '=', personId)
    .where('status', '=', 'given')
    .orderBy('asked_at')
    .execute();
  const giftsByIncident = Map.groupBy(gifts, (gift) => gift.incident_id);
  const byIncident = Map.groupBy(hugs, (hug) => hug.incident_id);
  return {
    incidents: credits.map((credit) => ({
      id: credit.id,
      number: credit.number,
      title: credit.public_title,
      openedAt: credit.opened_at,
      resolvedAt: credit.resolved_at,
      reasons: credit.reasons,
      gifts: (giftsByIncident.get(credit.id) ?? []).map(({ what, url, minutes }) => ({ what, url, minutes })),
      hugs: (byIncident.get(credit.id) ?? []).map((hug) => ({
        id: hug.id,
        kind: hug.kind,
        message: hug.message,
        createdAt: hug.created_at,
        deliveredAt: hug.bundled_at,
      })),
    })),
  };
}
