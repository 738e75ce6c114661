import { z } from 'zod';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';

const clock = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'as 09:00');
const lastClock = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'as 17:30');
const date = z.iso.date();

/** How and when somebody wants to be thanked, beside their waking hours. Times are epoch milliseconds. */
export const thankPreferencesSchema = z
  .object({
    /** `archive`: nothing is sent; everything is in the console. */
    channel: z.enum(['email', 'archive']),
    /** In the person's zone; null: the waking hours are enough. */
    workingHours: z
      .object({ days: z.array(z.int().min(1).max(7)).min(1).max(7), from: clock, to: lastClock })
      .strict()
      .nullable(),
    holidays: z.array(date).max(400),
    timeOff: z
      .array(
        z
          .object({ fromAt: z.int().min(0), untilAt: z.int().min(0) })
          .strict()
          .refine(({ fromAt, untilAt }) => fromAt < untilAt, { path: ['untilAt'], message: 'must be after fromAt' }),
      )
      .max(100),
  })
  .strict()
  .meta({ id: 'ThankPreferences' });
export type ThankPreferences = z.infer<typeof thankPreferencesSchema>;

export async function readPreferences(ctx: Ctx, personId: string): Promise<ThankPreferences> {
  const row = await ctx.db
    .selectFrom('thank_preferences')
    .selectAll()
    .where('person_id', '=', personId)
    .executeTakeFirst();
  return {
    channel: row?.channel ?? 'email',
    workingHours: row?.working_hours ?? null,
    holidays: row?.holidays ?? [],
    timeOff: row?.time_off ?? [],
  };
}

/** Counts from now on, also for what waits: the hours are asked again when it is due. */
export async function writePreferences(
  ctx: Ctx,
  personId: string,
  wishes: ThankPreferences,
  now: EpochMs,
): Promise<void> {
  const row = {
    person_id: personId,
    channel: wishes.channel,
    working_hours: wishes.workingHours === null ? null : JSON.stringify(wishes.workingHours),
    holidays: JSON.stringify(wishes.holidays),
    time_off: JSON.stringify(wishes.timeOff),
    updated_at: now,
  };
  await ctx.db
    .insertInto('thank_preferences')
    .values(row)
    .onConflict((conflict) => conflict.column('person_id').doUpdateSet(row))
    .execute();
}
