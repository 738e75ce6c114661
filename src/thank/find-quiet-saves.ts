import { sql } from 'kysely';
import { judgeQuiet, quietBeforeMs, type QuietFacts, quietWatchMs } from '../domain/quiet-save.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';

const atOnce = 50;
/** What only passes on what somebody else says, and is no sign that the service itself broke. */
const notOwn = ['upstream', 'posts', 'reports'];

/** An incident is over: whether it was quiet is asked when there was time to notice. Resolved again, it is asked anew. */
export async function planQuietWatch(ctx: Ctx, incidentId: string, resolvedAt: EpochMs): Promise<void> {
  const due_at = resolvedAt + quietWatchMs;
  await ctx.db
    .insertInto('quiet_watches')
    .values({ incident_id: incidentId, due_at })
    .onConflict((conflict) => conflict.column('incident_id').doUpdateSet({ due_at }))
    .execute();
}

/** Judges incidents that have been over for long enough, service by service. Returns how many. */
export async function findQuietSaves(ctx: Ctx, now: EpochMs): Promise<number> {
  return transact(ctx, async (tx) => {
    const due = await tx.db
      .deleteFrom('quiet_watches')
      .where('incident_id', 'in', (from) =>
        from
          .selectFrom('quiet_watches')
          .select('incident_id')
          .where('due_at', '<=', now)
          .orderBy('due_at')
          .limit(atOnce)
          .forUpdate()
          .skipLocked(),
      )
      .returning('incident_id')
      .execute();
    for (const { incident_id } of due) await judgeIncident(tx, incident_id, now);
    return due.length;
  });
}

async function judgeIncident(ctx: Ctx, incidentId: string, now: EpochMs): Promise<void> {
  for (const { serviceId, facts } of await readFacts(ctx, incidentId)) {
    const verdict = judgeQuiet(facts);
    if (!verdict.quiet) {
      // It came back, and this time it was noticed.
      await ctx.db
        .deleteFrom('quiet_saves')
        .where('incident_id', '=', incidentId)
        .where('service_id', '=', serviceId)
        .execute();
      continue;
    }
    const found = { kind: verdict.kind, at: facts.resolvedAt, days_left: verdict.daysLeft ?? null };
    const made = await ctx.db
      .insertInto('quiet_saves')
      .values({ id: idFor(ctx, 'qs'), incident_id: incidentId, service_id: serviceId, ...found })
      .onConflict((conflict) => conflict.columns(['incident_id', 'service_id']).doUpdateSet(found))
      .returning('id')
      .executeTakeFirstOrThrow();
    await appendEvents(ctx, [
      {
        kind: 'quiet-save.found',
        at: now,
        actor: { kind: 'system' },
        incidentId,
        serviceId,
        data: { quietSaveId: made.id, quietKind: verdict.kind },
      },
    ]);
  }
}

interface FactRow {
  service_id: string;
  severity: QuietFacts['severity'];
  resolved_at: number;
  opened_by: QuietFacts['openedBy'];
  had_person: boolean;
  told_public: boolean;
  reports: number;
  bursts: number;
  is_upstream: boolean;
  own_alerts: string[];
}

/** Nothing for an incident that was merged, is open again, or is no more. Alerts of those that were merged into it count to it. */
async function readFacts(ctx: Ctx, incidentId: string): Promise<{ serviceId: string; facts: QuietFacts }[]> {
  const { rows } = await sql<FactRow>`
    with family as (select id from incidents where id = ${incidentId} or merged_into_id = ${incidentId}),
      own as (select service_id, source_kind, summary from alerts where incident_id in (select id from family)),
      said as (select kind, actor_kind, data from events where incident_id in (select id from family)
        and kind in ('incident.acknowledged', 'incident.resolved', 'update.posted'))
    select s.service_id, i.severity, i.resolved_at, i.opened_by,
      exists (select from said where kind <> 'update.posted' and actor_kind = 'person') as had_person,
      exists (select from said where kind = 'update.posted' and data ->> 'auto' is distinct from 'true') as told_public,
      (select count(*)::int from reports r where r.service_id = s.service_id
        and r.at >= i.opened_at - ${quietBeforeMs}::bigint and r.at <= i.resolved_at + ${quietWatchMs}::bigint) as reports,
      (select count(*)::int from bursts b where b.target_kind = 'service' and b.target_id = s.service_id and not b.suspect
        and coalesce(b.ended_at, i.resolved_at) >= i.opened_at - ${quietBeforeMs}::bigint
        and b.since <= i.resolved_at + ${quietWatchMs}::bigint) as bursts,
      exists (select from incident_causes c where c.incident_id = i.id and c.rank = 1 and c.kind = 'upstream')
        or exists (select from own where own.service_id = s.service_id and source_kind = 'upstream') as is_upstream,
      array(select summary from own where own.service_id = s.service_id
        and source_kind <> all (${notOwn}::text[])) as own_alerts
    from incidents i join incident_services s on s.incident_id = i.id
    where i.id = ${incidentId} and i.status = 'resolved' and i.resolved_at is not null and i.merged_into_id is null
      and exists (select from own where own.service_id = s.service_id)
    order by s.service_id`.execute(ctx.db);
  return rows.map((row) => ({
    serviceId: row.service_id,
    facts: {
      severity: row.severity,
      resolvedAt: Number(row.resolved_at),
      openedBy: row.opened_by,
      hadPerson: row.had_person,
      toldPublic: row.told_public,
      reports: row.reports,
      bursts: row.bursts,
      isUpstream: row.is_upstream,
      ownAlerts: row.own_alerts,
    },
  }));
}
