import { sql } from 'kysely';
import { type AddedReason, belongsTo, computeCredit } from '../domain/credit.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { toEvent } from '../platform/events.ts';

const maxEvents = 10_000;

interface Family {
  /** The incident that goes on; credit is counted there. */
  rootId: string;
  /** It and those merged into it. */
  ids: string[];
  openedAt: EpochMs;
  resolvedAt: EpochMs;
}

/** Computes and stores who is credited in the incident, or in the one it was merged into. Nothing happens before it is resolved. */
export async function storeCredit(ctx: Ctx, incidentId: string, now: EpochMs): Promise<void> {
  const family = await readFamily(ctx, incidentId);
  if (family === undefined) return;
  const credit = computeCredit({ ...(await readFacts(ctx, family)), endedAt: family.resolvedAt });
  const known = new Set(await existing(ctx, [...credit.keys()]));
  const before = await ctx.db
    .selectFrom('credits')
    .select('person_id')
    .where('incident_id', '=', family.rootId)
    .execute();
  const had = new Set(before.map((row) => row.person_id));
  for (const [personId, reasons] of credit) {
    if (!known.has(personId)) continue;
    const row = { reasons: JSON.stringify(reasons), computed_at: now };
    await ctx.db
      .insertInto('credits')
      .values({ incident_id: family.rootId, person_id: personId, ...row })
      .onConflict((conflict) => conflict.columns(['incident_id', 'person_id']).doUpdateSet(row))
      .execute();
  }
  await forgetOthers(ctx, family, [...known]);
  // Somebody was forgotten until now: what came before reaches them, too.
  if ([...known].some((personId) => !had.has(personId))) await queueAgain(ctx, family.ids);
}

/** Hugs that are on their way already are looked at anew; nobody gets one twice, because a delivery is a row by hug and person. */
export async function queueAgain(ctx: Ctx, incidentIds: readonly string[]): Promise<void> {
  await ctx.db
    .updateTable('hugs')
    .set({ queued_at: null })
    .where('incident_id', 'in', incidentIds)
    .where('status', '=', 'approved')
    .execute();
  ctx.wake('thanks');
}

/** Who is not credited any more; a decision of their own stays, so that they are not asked twice. */
async function forgetOthers(ctx: Ctx, family: Family, personIds: readonly string[]): Promise<void> {
  await ctx.db
    .deleteFrom('credits')
    .where('incident_id', 'in', family.ids)
    .where((where) =>
      where.or([
        where('incident_id', '!=', family.rootId),
        ...(personIds.length === 0 ? [where.val(true)] : [where('person_id', 'not in', personIds)]),
      ]),
    )
    .where('declined_at', 'is', null)
    .where('hidden_at', 'is', null)
    .execute();
}

async function readFamily(ctx: Ctx, incidentId: string): Promise<Family | undefined> {
  const { rows } = await sql<{
    id: string;
    merged_into_id: string | null;
    status: string;
    opened_at: number;
    resolved_at: number | null;
  }>`
    with recursive up as (
      select id, merged_into_id, 0 as depth from incidents where id = ${incidentId}
      union all select i.id, i.merged_into_id, depth + 1 from incidents i join up on i.id = up.merged_into_id where depth < 20
    ), family as (
      select id, 0 as depth from up where merged_into_id is null
      union all select i.id, depth + 1 from incidents i join family on i.merged_into_id = family.id where depth < 20
    )
    select id, merged_into_id, status, opened_at, resolved_at from incidents where id in (select id from family)`.execute(
    ctx.db,
  );
  const root = rows.find((row) => row.merged_into_id === null);
  if (root === undefined || root.status !== 'resolved' || root.resolved_at === null) return undefined;
  return {
    rootId: root.id,
    ids: rows.map((row) => row.id),
    openedAt: Math.min(...rows.map((row) => Number(row.opened_at))),
    resolvedAt: Number(root.resolved_at),
  };
}

async function readFacts(ctx: Ctx, family: Family) {
  const events = await ctx.db
    .selectFrom('events')
    .selectAll()
    .where('incident_id', 'in', family.ids)
    .where('kind', 'not like', 'hug%')
    .orderBy('seq')
    .limit(maxEvents)
    .execute();
  const people = await ctx.db.selectFrom('people').select(['id', 'time_zone']).execute();
  return {
    events: events.map((row) => ({ ...toEvent(row), incidentId: row.incident_id ?? undefined })),
    zones: new Map(people.map((person) => [person.id, person.time_zone])),
    changes: await readChanges(ctx, family),
    overrides: (await readOverrides(ctx, family)).map((row) => ({ personId: row.person_id })),
    additions: (await readAdditions(ctx, family)).map((row) => ({ personId: row.person_id, reason: row.reason })),
  };
}

async function readChanges(ctx: Ctx, family: Family): Promise<{ personId: string }[]> {
  const services = await ctx.db
    .selectFrom('incident_services')
    .select('service_id')
    .distinct()
    .where('incident_id', 'in', family.ids)
    .execute();
  const serviceIds = services.map((row) => row.service_id);
  const rows = await ctx.db
    .selectFrom('changes')
    .select(['person_id', 'service_id', 'incident_id', 'at'])
    .where('person_id', 'is not', null)
    .where((where) =>
      where.or([
        where('incident_id', 'in', family.ids),
        where.and([where('at', '>=', family.openedAt), where('at', '<=', family.resolvedAt)]),
      ]),
    )
    .orderBy('at')
    .limit(maxEvents)
    .execute();
  return rows.flatMap((row) => {
    const change = { at: row.at, serviceId: row.service_id, incidentId: row.incident_id };
    return row.person_id !== null && belongsTo(change, { ...family, serviceIds }) ? { personId: row.person_id } : [];
  });
}

const readOverrides = (ctx: Ctx, family: Family) =>
  ctx.db
    .selectFrom('schedule_overrides')
    .select('person_id')
    .where('from_at', '<=', family.resolvedAt)
    .where('until_at', '>', family.openedAt)
    .execute();

const readAdditions = (ctx: Ctx, family: Family): Promise<{ person_id: string; reason: AddedReason }[]> =>
  ctx.db
    .selectFrom('credit_additions')
    .select(['person_id', 'reason'])
    .where('incident_id', 'in', family.ids)
    .orderBy('added_at')
    .orderBy('person_id')
    .execute();

async function existing(ctx: Ctx, personIds: readonly string[]): Promise<string[]> {
  if (personIds.length === 0) return [];
  const rows = await ctx.db.selectFrom('people').select('id').where('id', 'in', personIds).execute();
  return rows.map((row) => row.id);
}
