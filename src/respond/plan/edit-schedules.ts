import type { Schedule } from '../../domain/schedule.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { readSchedules } from '../on-call.ts';
import { judgeSchedule, readKnownPeople, toLayers } from './judge-schedule.ts';
import { type By, noteChange, refuseInUse, requireOwn, takeId } from './own-rows.ts';
import { policiesCalling } from './read-use.ts';
import type { PlanFinding, ScheduleBody } from './schemas.ts';

interface Saved {
  id: string;
  /** Standing warnings: it is saved all the same. */
  findings: PlanFinding[];
}

/** Adds a schedule. Throws `invalid` with the fields when it cannot be computed. */
export async function addSchedule(ctx: Ctx, input: ScheduleBody & { id?: string | undefined }, by: By): Promise<Saved> {
  return transact(ctx, async (tx) => {
    const id = await takeId(tx, 'schedules', input.id);
    const { schedule, findings } = await judged(tx, id, input, by);
    await tx.db
      .insertInto('schedules')
      .values({
        id,
        name: schedule.name,
        time_zone: schedule.timeZone,
        layers: JSON.stringify(schedule.layers),
        owned_by: 'console',
        created_at: by.now,
      })
      .execute();
    await noteChange(tx, 'schedules', 'added', schedule, by);
    return { id, findings };
  });
}

/** Changes a schedule of the console. Its overrides stay. */
export async function changeSchedule(ctx: Ctx, id: string, input: ScheduleBody, by: By): Promise<Saved> {
  return transact(ctx, async (tx) => {
    await requireOwn(tx, 'schedules', id);
    const { schedule, findings } = await judged(tx, id, input, by);
    await tx.db
      .updateTable('schedules')
      .set({ name: schedule.name, time_zone: schedule.timeZone, layers: JSON.stringify(schedule.layers) })
      .where('id', '=', id)
      .execute();
    await noteChange(tx, 'schedules', 'changed', schedule, by);
    return { id, findings };
  });
}

/** Takes a schedule out of use. Throws `conflict` while a policy calls it. */
export async function archiveSchedule(ctx: Ctx, id: string, by: By): Promise<void> {
  await transact(ctx, async (tx) => {
    const { name } = await requireOwn(tx, 'schedules', id);
    refuseInUse(
      name,
      (await policiesCalling(tx, ['schedule'], id)).map((policy) => policy.name),
    );
    await tx.db.updateTable('schedules').set({ archived_at: by.now }).where('id', '=', id).execute();
    await noteChange(tx, 'schedules', 'archived', { id, name }, by);
  });
}

async function judged(ctx: Ctx, id: string, input: ScheduleBody, by: By) {
  const [current] = await readSchedules(ctx, by.now, [id]);
  const schedule: Schedule = {
    ...current,
    id,
    name: input.name,
    timeZone: input.timeZone,
    layers: toLayers(ctx, input.layers),
  };
  const findings = judgeSchedule(schedule, await readKnownPeople(ctx), by.now);
  const refused = findings.filter(({ severity }) => severity === 'refuse');
  const [first] = refused;
  if (first)
    throw new ServiceError('invalid', first.message, {
      fields: refused.map(({ path, message }) => ({ path, message })),
    });
  return { schedule, findings };
}
