import type { Actor } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { type FieldError, ServiceError } from '../platform/errors.ts';
import { isTimeZone } from '../domain/wall-clock.ts';
import { cancelMaintenance, checkPlan, insertMaintenance, refusal } from './maintenance.ts';
import { nextOccurrence, ruleFault } from './recurrence.ts';

export interface SeriesPlan {
  title: string;
  body: string;
  /** From then on; the first occurrence is the first that the rule names. */
  firstAt: number;
  durationMs: number;
  timeZone: string;
  /** An RRULE of RFC 5545 without its name. */
  rule: string;
  serviceIds: readonly string[];
  announceBeforeMs: number;
}

interface By {
  actor: Actor;
  now: number;
}

const batch = 50;

/** Plans maintenance that comes again, and its first occurrence. Returns the id of the series. */
export async function planSeries(ctx: Ctx, input: SeriesPlan & By): Promise<string> {
  return transact(ctx, async (tx) => {
    await checkSeries(tx, input);
    const id = idFor(tx, 'mse');
    await tx.db
      .insertInto('maintenance_series')
      .values({
        id,
        title: input.title.trim(),
        body: input.body.trim(),
        first_at: input.firstAt,
        duration_ms: input.durationMs,
        time_zone: input.timeZone,
        rule: input.rule,
        announce_before_ms: input.announceBeforeMs,
        plan_at: input.now,
        created_by: input.actor.id ?? null,
        created_at: input.now,
      })
      .execute();
    const services = [...new Set(input.serviceIds)].map((service_id) => ({ series_id: id, service_id }));
    await tx.db.insertInto('maintenance_series_services').values(services).execute();
    await planMaintenances(tx, input.now);
    return id;
  });
}

/** Ends a series: what runs goes on to its end, what was planned is taken back. Doing it twice is harmless. */
export async function endSeries(ctx: Ctx, input: { id: string } & By): Promise<{ changed: boolean }> {
  return transact(ctx, async (tx) => {
    const series = await tx.db
      .selectFrom('maintenance_series')
      .select('ended_at')
      .where('id', '=', input.id)
      .forUpdate()
      .executeTakeFirst();
    if (series === undefined) throw new ServiceError('not-found', `There is no series ${input.id}.`);
    if (series.ended_at !== null) return { changed: false };
    const set = { ended_at: input.now, plan_at: null };
    await tx.db.updateTable('maintenance_series').set(set).where('id', '=', input.id).execute();
    const planned = await tx.db
      .selectFrom('maintenances')
      .select('id')
      .where('series_id', '=', input.id)
      .where('status', '=', 'scheduled')
      .execute();
    for (const { id } of planned) await cancelMaintenance(tx, { ...input, id });
    return { changed: true };
  });
}

/**
 * Plans the next occurrence of each series whose last one has begun or was taken back. One that would be over by now is not planned any more: nobody
 * could have been told. Returns how many series were looked at; call again while that is not 0.
 */
export async function planMaintenances(ctx: Ctx, now: number): Promise<number> {
  return transact(ctx, async (tx) => {
    const due = await tx.db
      .selectFrom('maintenance_series')
      .selectAll()
      .where('plan_at', '<=', now)
      .orderBy('plan_at')
      .limit(batch)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const series of due) {
      const recurrence = { firstAt: series.first_at, timeZone: series.time_zone, rule: series.rule };
      const after = Math.max(series.last_at ?? series.first_at - 1, now - series.duration_ms);
      const startsAt = nextOccurrence(recurrence, after);
      const set = { plan_at: startsAt ?? null, ...(startsAt === undefined ? {} : { last_at: startsAt }) };
      await tx.db.updateTable('maintenance_series').set(set).where('id', '=', series.id).execute();
      if (startsAt === undefined) continue;
      const services = await tx.db
        .selectFrom('maintenance_series_services')
        .select('service_id')
        .where('series_id', '=', series.id)
        .execute();
      await insertMaintenance(tx, {
        title: series.title,
        body: series.body,
        startsAt,
        endsAt: startsAt + series.duration_ms,
        serviceIds: services.map((service) => service.service_id),
        announceBeforeMs: series.announce_before_ms,
        seriesId: series.id,
        actor: { kind: 'system' },
        now,
      });
    }
    return due.length;
  });
}

async function checkSeries(ctx: Ctx, input: SeriesPlan & By): Promise<void> {
  const fields: FieldError[] = [];
  if (!isTimeZone(input.timeZone)) fields.push({ path: 'timeZone', message: 'expected a zone such as Europe/Berlin' });
  else {
    const fault = ruleFault(input);
    if (fault !== undefined) fields.push({ path: 'rule', message: fault });
    else if (nextOccurrence(input, input.now - input.durationMs) === undefined) {
      fields.push({ path: 'rule', message: 'all of it is in the past' });
    }
  }
  if (fields.length > 0) throw refusal(fields);
  // The rest as for a single one that begins now.
  await checkPlan(ctx, { ...input, startsAt: input.now, endsAt: input.now + input.durationMs }, input.now);
}
