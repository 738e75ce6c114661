import { sql } from 'kysely';
import type { Actor, EpochMs } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { storeCredit } from './store-credit.ts';

export interface NewChange {
  kind: 'commit' | 'deploy' | 'runbook';
  /** The tool's own id: a commit's hash, a run's number. With the source it is taken once. */
  id: string;
  title: string;
  /** E-mail address of the author; kept only as the person it belongs to. */
  author?: string | undefined;
  url?: string | undefined;
  at?: EpochMs | undefined;
  serviceId?: string | undefined;
  /** An incident's id or number, when the change names it. */
  incident?: string | number | undefined;
}

export interface TakeChanges {
  /** Whose message it is: a key's id, or `api`. */
  source: string;
  /** What its changes are about when they do not say. */
  serviceId: string | null;
  changes: readonly NewChange[];
  actor: Actor;
  now: EpochMs;
}

/** Stores what changed and by whom. Known ones are skipped. Returns how many were new. */
export async function takeChanges(ctx: Ctx, input: TakeChanges): Promise<{ taken: number }> {
  return transact(ctx, async (tx) => {
    let taken = 0;
    const touched = new Set<string>();
    for (const change of input.changes) {
      const at = Math.min(change.at ?? input.now, input.now);
      const incidentId = await findIncident(tx, change.incident);
      const serviceId = await findService(tx, change.serviceId ?? input.serviceId);
      const row = await tx.db
        .insertInto('changes')
        .values({
          id: idFor(tx, 'chg'),
          source: input.source,
          kind: change.kind,
          external_id: change.id,
          service_id: serviceId,
          incident_id: incidentId,
          person_id: await findAuthor(tx, change.author),
          title: change.title,
          url: change.url ?? null,
          at,
          created_at: input.now,
        })
        .onConflict((conflict) => conflict.columns(['source', 'kind', 'external_id']).doNothing())
        .returning('id')
        .executeTakeFirst();
      if (row === undefined) continue;
      taken++;
      for (const id of await incidentsOf(tx, { incidentId, serviceId, at })) {
        touched.add(id);
        const data = { changeId: row.id, kind: change.kind, title: change.title };
        await appendEvents(tx, [{ kind: 'change.linked', at: input.now, actor: input.actor, incidentId: id, data }]);
      }
    }
    for (const id of touched) await storeCredit(tx, id, input.now);
    return { taken };
  });
}

/** By the address of their account or of an e-mail contact method. */
async function findAuthor(ctx: Ctx, address: string | undefined): Promise<string | null> {
  if (address === undefined) return null;
  const { rows } = await sql<{ id: string }>`select id from people where archived_at is null and (
      lower(email) = lower(${address}) or exists (select from contact_methods where person_id = people.id
        and archived_at is null and kind = 'email' and lower(config ->> 'address') = lower(${address}))
    ) order by id limit 2`.execute(ctx.db);
  // An address of several people is nobody's.
  return rows.length === 1 ? (rows[0]?.id ?? null) : null;
}

async function findService(ctx: Ctx, serviceId: string | null): Promise<string | null> {
  if (serviceId === null) return null;
  const row = await ctx.db.selectFrom('services').select('id').where('id', '=', serviceId).executeTakeFirst();
  return row?.id ?? null;
}

async function findIncident(ctx: Ctx, named: string | number | undefined): Promise<string | null> {
  if (named === undefined) return null;
  const row = await ctx.db
    .selectFrom('incidents')
    .select('id')
    .where(typeof named === 'number' ? 'number' : 'id', '=', named)
    .executeTakeFirst();
  return row?.id ?? null;
}

async function incidentsOf(
  ctx: Ctx,
  { incidentId, serviceId, at }: { incidentId: string | null; serviceId: string | null; at: EpochMs },
): Promise<string[]> {
  if (incidentId !== null) return [incidentId];
  if (serviceId === null) return [];
  const rows = await ctx.db
    .selectFrom('incidents')
    .innerJoin('incident_services', 'incident_services.incident_id', 'incidents.id')
    .select('incidents.id')
    .distinct()
    .where('incident_services.service_id', '=', serviceId)
    .where('incidents.opened_at', '<=', at)
    .where((where) => where.or([where('incidents.resolved_at', 'is', null), where('incidents.resolved_at', '>=', at)]))
    .limit(20)
    .execute();
  return rows.map((row) => row.id);
}
