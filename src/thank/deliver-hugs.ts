import { isWaking, nextWakingInstant } from '../domain/waking-hours.ts';
import type { EpochMs, HugKind, WakingHours } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { enqueueMail } from '../platform/mail/queue.ts';
import { type HugInMail, hugMail } from './hug-mail.ts';

const peopleAtOnce = 20;
// While a person has an open incident, thanks can wait; we look again after this.
const postponeMs = 30 * 60_000;

/** Sends the hugs that are due, one mail a person. Returns how many people were looked at. */
export async function deliverHugs(ctx: Ctx, now: EpochMs): Promise<number> {
  const due = await ctx.db
    .selectFrom('hug_deliveries')
    .select('person_id')
    .distinct()
    .where('bundled_at', 'is', null)
    .where('due_at', '<=', now)
    .orderBy('person_id')
    .limit(peopleAtOnce)
    .execute();
  for (const { person_id } of due) await transact(ctx, (tx) => deliverTo(tx, person_id, now));
  return due.length;
}

async function deliverTo(ctx: Ctx, personId: string, now: EpochMs): Promise<void> {
  // The lock keeps a second node from bundling the same hugs.
  const person = await ctx.db
    .selectFrom('people')
    .selectAll()
    .where('id', '=', personId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const waiting = ctx.db
    .updateTable('hug_deliveries')
    .where('person_id', '=', personId)
    .where('bundled_at', 'is', null);
  const postponedTo = await notBefore(
    ctx,
    { id: personId, timeZone: person.time_zone, hours: person.waking_hours },
    now,
  );
  if (postponedTo !== undefined) {
    await waiting.set({ due_at: postponedTo }).execute();
    return;
  }
  const rows = await readWaiting(ctx, personId);
  if (rows.length === 0) return;
  const mail = hugMail({ personName: person.name, publicUrl: ctx.publicUrl, timeZone: person.time_zone, hugs: rows });
  const dedupKey = `hugs:${personId}:${rows[0]?.hugId}`;
  const mailId = await enqueueMail(ctx, { purpose: 'thanks', dedupKey, to: person.email, ...mail });
  const ids = rows.map((row) => row.hugId);
  await waiting
    .where('hug_id', 'in', ids)
    .set({ bundled_at: now, mail_id: mailId ?? null })
    .execute();
  await appendEvents(
    ctx,
    [...new Set(rows.map((row) => row.incidentId))].map((incidentId) => ({
      kind: 'hugs.delivered',
      at: now,
      actor: { kind: 'system' as const },
      incidentId,
      data: { personId, count: rows.filter((row) => row.incidentId === incidentId).length },
    })),
  );
}

/** When delivery must wait: outside the person's hours, or while an incident of theirs is open. Undefined when it may go now. */
async function notBefore(
  ctx: Ctx,
  person: { id: string; timeZone: string; hours: WakingHours },
  now: EpochMs,
): Promise<EpochMs | undefined> {
  const hours = { timeZone: person.timeZone, ...person.hours };
  if (!isWaking(hours, now)) return nextWakingInstant(hours, now) ?? Number.MAX_SAFE_INTEGER;
  const busy = await ctx.db
    .selectFrom('incidents')
    .select('id')
    .where('status', '!=', 'resolved')
    .where((where) => where.or([where('owner_id', '=', person.id), where('acknowledged_by', '=', person.id)]))
    .limit(1)
    .executeTakeFirst();
  return busy ? (nextWakingInstant(hours, now + postponeMs) ?? Number.MAX_SAFE_INTEGER) : undefined;
}

async function readWaiting(ctx: Ctx, personId: string): Promise<HugInMail[]> {
  const rows = await ctx.db
    .selectFrom('hug_deliveries')
    .innerJoin('hugs', 'hugs.id', 'hug_deliveries.hug_id')
    .innerJoin('incidents', 'incidents.id', 'hugs.incident_id')
    .select(['hugs.id as hugId', 'hugs.kind', 'hugs.message', 'hugs.incident_id as incidentId'])
    .select([
      'incidents.public_title',
      'incidents.opened_at',
      'incidents.acknowledged_at',
      'incidents.resolved_at',
      'incidents.number',
    ])
    .where('hug_deliveries.person_id', '=', personId)
    .where('hug_deliveries.bundled_at', 'is', null)
    .where('hugs.status', '=', 'approved')
    .orderBy('hugs.created_at')
    .orderBy('hugs.id')
    .limit(5_000)
    .execute();
  return rows.map((row) => ({
    hugId: row.hugId,
    kind: row.kind as HugKind,
    message: row.message,
    incidentId: row.incidentId,
    title: row.public_title,
    openedAt: row.opened_at,
    acknowledgedAt: row.acknowledged_at,
    resolvedAt: row.resolved_at,
  }));
}
