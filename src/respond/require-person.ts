import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';

/** Refuses a person that is not there or was archived, by the field `personId`. */
export async function requirePerson(ctx: Ctx, personId: string): Promise<void> {
  const person = await ctx.db
    .selectFrom('people')
    .select('id')
    .where('id', '=', personId)
    .where('archived_at', 'is', null)
    .executeTakeFirst();
  if (!person)
    throw new ServiceError('invalid', 'There is no such person.', {
      fields: [{ path: 'personId', message: 'no such person' }],
    });
}
