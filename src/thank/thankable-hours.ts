import type { ThankableHours } from '../domain/hug-delivery.ts';
import type { Ctx } from '../platform/context.ts';

export interface ThankPerson {
  id: string;
  name: string;
  email: string;
  channel: 'email' | 'archive';
  hours: ThankableHours;
}

/** When and how a person may be thanked. `lock` keeps another process from bundling for them meanwhile. */
export async function readThankPerson(ctx: Ctx, personId: string, lock: 'lock' | 'read'): Promise<ThankPerson> {
  const person = await ctx.db
    .selectFrom('people')
    .select(['id', 'name', 'email', 'time_zone', 'waking_hours'])
    .where('id', '=', personId)
    .$if(lock === 'lock', (query) => query.forUpdate())
    .executeTakeFirstOrThrow();
  const wishes = await ctx.db
    .selectFrom('thank_preferences')
    .selectAll()
    .where('person_id', '=', personId)
    .executeTakeFirst();
  return {
    id: person.id,
    name: person.name,
    email: person.email,
    channel: wishes?.channel ?? 'email',
    hours: {
      waking: { timeZone: person.time_zone, ...person.waking_hours, holidays: wishes?.holidays ?? [] },
      working: wishes?.working_hours ?? null,
      timeOff: wishes?.time_off ?? [],
    },
  };
}
