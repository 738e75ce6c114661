import { z } from 'zod';
import { steadyMs } from '../domain/thanks.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';

const key = 'thanks';

/** What an installation says about thanks. */
export const thanksSettingsSchema = z
  .object({
    /** How long it must have been working before people are asked for thanks; five minutes when left out. */
    steadyMinutes: z.int().min(0).max(1_440).optional(),
    /** Where people with a question find help; a hug that is one is sent there. */
    supportUrl: z
      .url({ protocol: /^https?$/ })
      .max(500)
      .optional(),
  })
  .strict();
export type ThanksSettings = z.infer<typeof thanksSettingsSchema>;

export async function readThanksSettings(ctx: Ctx): Promise<ThanksSettings> {
  const row = await ctx.db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  return thanksSettingsSchema.catch({}).parse(row?.value ?? {});
}

/** In milliseconds. */
export const steadyForMs = ({ steadyMinutes }: ThanksSettings): number =>
  steadyMinutes === undefined ? steadyMs : steadyMinutes * 60_000;

export async function writeThanksSettings(ctx: Ctx, value: ThanksSettings, now: EpochMs): Promise<void> {
  const row = { key, value: JSON.stringify(value), updated_at: now };
  await ctx.db
    .insertInto('settings')
    .values(row)
    .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
    .execute();
}
