import type { Actor, JsonObject } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { type FieldError, ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';

export interface MaintenancePlan {
  title: string;
  body: string;
  startsAt: number;
  endsAt: number;
  serviceIds: readonly string[];
  /** How long before its start subscribers are told; three days when left out. */
  announceBeforeMs?: number | undefined;
}

interface By {
  actor: Actor;
  now: number;
}

const batch = 50;
/** Long enough for readers to arrange their work around it. */
const announceBeforeMs = 3 * 86_400_000;
const longestTitle = 200;
const longestBody = 10_000;

/** Plans maintenance; it starts and ends by itself. Returns its id. */
export async function scheduleMaintenance(ctx: Ctx, input: MaintenancePlan & By): Promise<string> {
  return transact(ctx, async (tx) => {
    await checkPlan(tx, input, input.now);
    return insertMaintenance(tx, input);
  });
}

/** The row of a plan that was checked, within the caller's transaction. Returns its id. */
export async function insertMaintenance(tx: Ctx, input: MaintenancePlan & By & { seriesId?: string }): Promise<string> {
  const id = idFor(tx, 'mnt');
  await tx.db
    .insertInto('maintenances')
    .values({
      id,
      title: input.title.trim(),
      body: input.body.trim(),
      starts_at: input.startsAt,
      ends_at: input.endsAt,
      status: 'scheduled',
      created_by: input.actor.id ?? null,
      created_at: input.now,
      updated_at: input.now,
      series_id: input.seriesId ?? null,
      announce_before_ms: input.announceBeforeMs ?? announceBeforeMs,
    })
    .execute();
  await setServices(tx, id, input.serviceIds);
  await tell(tx, 'maintenance.scheduled', id, input);
  await announceDue(tx, input.now);
  return id;
}

/** Changes a plan that is not over: its words, services and times. One that runs keeps its start; a later end extends it. */
export async function updateMaintenance(
  ctx: Ctx,
  input: { id: string; change: Partial<MaintenancePlan> } & By,
): Promise<void> {
  await transact(ctx, async (tx) => {
    const row = await lock(tx, input.id);
    if (row.status === 'completed' || row.status === 'cancelled') {
      throw over(row.status);
    }
    const services = await tx.db
      .selectFrom('maintenance_services')
      .select('service_id')
      .where('maintenance_id', '=', input.id)
      .execute();
    const plan: MaintenancePlan = {
      title: input.change.title ?? row.title,
      body: input.change.body ?? row.body,
      startsAt: input.change.startsAt ?? row.starts_at,
      endsAt: input.change.endsAt ?? row.ends_at,
      serviceIds: input.change.serviceIds ?? services.map((service) => service.service_id),
    };
    if (row.status === 'in_progress' && plan.startsAt !== row.starts_at) {
      throw refusal([{ path: 'startsAt', message: 'it has begun already' }]);
    }
    await checkPlan(tx, plan, input.now);
    await tx.db
      .updateTable('maintenances')
      .set({
        title: plan.title.trim(),
        body: plan.body.trim(),
        starts_at: plan.startsAt,
        ends_at: plan.endsAt,
        updated_at: input.now,
        announce_before_ms: input.change.announceBeforeMs ?? row.announce_before_ms,
      })
      .where('id', '=', input.id)
      .execute();
    if (input.change.serviceIds !== undefined) await setServices(tx, input.id, plan.serviceIds);
    const isMoved = plan.startsAt !== row.starts_at || plan.endsAt !== row.ends_at;
    // Who was told of the old times must hear of the new ones.
    await tell(tx, 'maintenance.updated', input.id, input, { isMoved: isMoved && row.announced_at !== null });
    await announceDue(tx, input.now);
  });
}

/** Takes a plan back, or breaks off what runs. Doing it twice is harmless; what is completed stays so. */
export async function cancelMaintenance(ctx: Ctx, input: { id: string } & By): Promise<{ changed: boolean }> {
  return transact(ctx, async (tx) => {
    const row = await lock(tx, input.id);
    if (row.status === 'cancelled') return { changed: false };
    if (row.status === 'completed') throw new ServiceError('conflict', 'This maintenance is completed already.');
    await setStatus(tx, input.id, 'cancelled', input.now);
    await tell(tx, 'maintenance.cancelled', input.id, input, { wasAnnounced: row.announced_at !== null });
    if (row.series_id !== null) await planNext(tx, row.series_id, input.now);
    return { changed: true };
  });
}

/** Starts what is planned before its time; it lasts as long as planned. What runs already is left as it is. */
export async function startMaintenance(ctx: Ctx, input: { id: string } & By): Promise<{ changed: boolean }> {
  return transact(ctx, async (tx) => {
    const row = await lock(tx, input.id);
    if (row.status === 'in_progress') return { changed: false };
    if (row.status !== 'scheduled') throw over(row.status);
    const times = { starts_at: input.now, ends_at: input.now + (row.ends_at - row.starts_at) };
    const announced_at = row.announced_at ?? input.now;
    await tx.db
      .updateTable('maintenances')
      .set({ ...times, announced_at })
      .where('id', '=', input.id)
      .execute();
    await setStatus(tx, input.id, 'in_progress', input.now);
    if (row.announced_at === null) await tell(tx, 'maintenance.announced', input.id, input);
    await tell(tx, 'maintenance.started', input.id, input);
    if (row.series_id !== null) await planNext(tx, row.series_id, input.now);
    return { changed: true };
  });
}

/** Ends what runs, sooner than planned. Doing it twice is harmless. */
export async function completeMaintenance(ctx: Ctx, input: { id: string } & By): Promise<{ changed: boolean }> {
  return transact(ctx, async (tx) => {
    const row = await lock(tx, input.id);
    if (row.status === 'completed') return { changed: false };
    if (row.status === 'cancelled') throw over(row.status);
    if (row.status === 'scheduled') throw new ServiceError('conflict', 'This maintenance has not begun yet.');
    const ends_at = Math.min(row.ends_at, Math.max(input.now, row.starts_at + 1));
    await tx.db.updateTable('maintenances').set({ ends_at }).where('id', '=', input.id).execute();
    await setStatus(tx, input.id, 'completed', input.now);
    await tell(tx, 'maintenance.completed', input.id, input);
    return { changed: true };
  });
}

/** Announces what comes soon enough, once. Returns how many. */
export async function announceDue(ctx: Ctx, now: number): Promise<number> {
  return transact(ctx, async (tx) => {
    const due = await tx.db
      .selectFrom('maintenances')
      .select('id')
      .where('status', '=', 'scheduled')
      .where('announced_at', 'is', null)
      .where((eb) => eb('starts_at', '<=', eb(eb.val(now), '+', eb.ref('announce_before_ms'))))
      .orderBy('starts_at')
      .limit(batch)
      .forUpdate()
      .skipLocked()
      .execute();
    for (const { id } of due) {
      await tx.db.updateTable('maintenances').set({ announced_at: now }).where('id', '=', id).execute();
      await tell(tx, 'maintenance.announced', id, { actor: { kind: 'system' }, now });
    }
    return due.length;
  });
}

const over = (status: string): ServiceError =>
  new ServiceError('conflict', `This maintenance is ${status}; plan a new one.`);

/** The next occurrence is planned as soon as this one has begun or is taken back, not when it was to begin. */
async function planNext(tx: Ctx, seriesId: string, now: number): Promise<void> {
  await tx.db
    .updateTable('maintenance_series')
    .set({ plan_at: now })
    .where('id', '=', seriesId)
    .where('ended_at', 'is', null)
    .where('plan_at', 'is not', null)
    .execute();
}

/** Announces, starts and completes what is due. Returns how many changed; call again while that is not 0. */
export async function tickMaintenances(ctx: Ctx, now: number): Promise<number> {
  const announced = await announceDue(ctx, now);
  return transact(ctx, async (tx) => {
    const due = await tx.db
      .selectFrom('maintenances')
      .select(['id', 'status', 'ends_at'])
      .where((eb) =>
        eb.or([
          eb.and([eb('status', '=', 'scheduled'), eb('starts_at', '<=', now)]),
          eb.and([eb('status', '=', 'in_progress'), eb('ends_at', '<=', now)]),
        ]),
      )
      .orderBy('starts_at')
      .limit(batch)
      .forUpdate()
      .skipLocked()
      .execute();
    const by: By = { actor: { kind: 'system' }, now };
    for (const row of due) {
      if (row.status === 'scheduled') await tell(tx, 'maintenance.started', row.id, by);
      // Slept through, or over by now: both are told, so that the record has no hole.
      const isOver = row.ends_at <= now;
      if (isOver) await tell(tx, 'maintenance.completed', row.id, by);
      await setStatus(tx, row.id, isOver ? 'completed' : 'in_progress', now);
    }
    return announced + due.length;
  });
}

async function lock(ctx: Ctx, id: string) {
  const row = await ctx.db.selectFrom('maintenances').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  if (row === undefined) throw new ServiceError('not-found', `There is no maintenance ${id}.`);
  return row;
}

async function setStatus(
  ctx: Ctx,
  id: string,
  status: 'in_progress' | 'completed' | 'cancelled',
  now: number,
): Promise<void> {
  await ctx.db.updateTable('maintenances').set({ status, updated_at: now }).where('id', '=', id).execute();
}

async function setServices(ctx: Ctx, id: string, serviceIds: readonly string[]): Promise<void> {
  await ctx.db.deleteFrom('maintenance_services').where('maintenance_id', '=', id).execute();
  const rows = [...new Set(serviceIds)].map((service_id) => ({ maintenance_id: id, service_id }));
  if (rows.length > 0) await ctx.db.insertInto('maintenance_services').values(rows).execute();
}

const tell = (ctx: Ctx, kind: string, maintenanceId: string, by: By, more: JsonObject = {}): Promise<void> =>
  appendEvents(ctx, [{ kind, at: by.now, actor: by.actor, data: { maintenanceId, ...more } }]);

/** Refuses a plan that cannot be carried out, field by field. */
export async function checkPlan(ctx: Ctx, plan: MaintenancePlan, now: number): Promise<void> {
  const fields: FieldError[] = [];
  if (plan.title.trim() === '') fields.push({ path: 'title', message: 'say what is going to be done' });
  if (plan.title.length > longestTitle) fields.push({ path: 'title', message: `at most ${longestTitle} characters` });
  if (plan.body.length > longestBody) fields.push({ path: 'body', message: `at most ${longestBody} characters` });
  if (!Number.isSafeInteger(plan.startsAt)) fields.push({ path: 'startsAt', message: 'expected epoch milliseconds' });
  if (!Number.isSafeInteger(plan.endsAt) || plan.endsAt <= plan.startsAt) {
    fields.push({ path: 'endsAt', message: 'it ends after it starts' });
  } else if (plan.endsAt <= now) fields.push({ path: 'endsAt', message: 'this is in the past' });
  if (plan.serviceIds.length > 0) {
    const known = await ctx.db
      .selectFrom('services')
      .select('id')
      .where('id', 'in', [...plan.serviceIds])
      .execute();
    const missing = plan.serviceIds.find((id) => !known.some((row) => row.id === id));
    if (missing !== undefined) fields.push({ path: 'serviceIds', message: `there is no service ${missing}` });
  }
  if (fields.length > 0) throw refusal(fields);
}

export const refusal = (fields: FieldError[]): ServiceError =>
  new ServiceError('invalid', fields.map((field) => `${field.path}: ${field.message}`).join('; '), { fields });
