import { Hono } from 'hono';
import type { EpochMs } from '../../domain/words.ts';
import { type Ctx, idFor, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { rateLimit } from '../../platform/http/limits.ts';
import { signLink, verifyLink } from '../../platform/signed-link.ts';
import { shiftsAsCalendar } from './calendar.ts';
import type { CalendarLink } from './schemas.ts';

const purpose = 'calendar';
// A calendar is subscribed to for years; its row ends the link, not the clock. 9999-12-31.
const forever = 253_402_214_400_000;

const urlOf = (ctx: Ctx, id: string): string =>
  `${ctx.publicUrl}/calendar/${signLink(ctx.secret, purpose, id, forever)}.ics`;

/** The links of one person that work. */
export async function readCalendarLinks(ctx: Ctx, personId: string): Promise<CalendarLink[]> {
  const rows = await ctx.db
    .selectFrom('calendar_links')
    .selectAll()
    .where('person_id', '=', personId)
    .where('revoked_at', 'is', null)
    .orderBy('created_at')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    scheduleId: row.schedule_id,
    url: urlOf(ctx, row.id),
    createdAt: row.created_at,
    lastReadAt: row.last_read_at,
  }));
}

/** A secret link to one's own shifts, or to a schedule. The one that works already is given again. */
export async function makeCalendarLink(
  ctx: Ctx,
  input: { personId: string; scheduleId: string | null; now: EpochMs },
): Promise<{ id: string; url: string }> {
  return transact(ctx, async (tx) => {
    if (input.scheduleId !== null) {
      const schedule = await tx.db
        .selectFrom('schedules')
        .select('id')
        .where('id', '=', input.scheduleId)
        .where('archived_at', 'is', null)
        .executeTakeFirst();
      if (!schedule) throw new ServiceError('not-found', 'There is no such schedule.');
    }
    await tx.db
      .insertInto('calendar_links')
      .values({
        id: idFor(tx, 'cal'),
        person_id: input.personId,
        schedule_id: input.scheduleId,
        created_at: input.now,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    const { id } = await tx.db
      .selectFrom('calendar_links')
      .select('id')
      .where('person_id', '=', input.personId)
      .where('schedule_id', input.scheduleId === null ? 'is' : '=', input.scheduleId)
      .where('revoked_at', 'is', null)
      .executeTakeFirstOrThrow();
    return { id, url: urlOf(tx, id) };
  });
}

/** Ends a link at once; whoever has it gets nothing any more. */
export async function revokeCalendarLink(
  ctx: Ctx,
  input: { personId: string; linkId: string; now: EpochMs },
): Promise<void> {
  const row = await ctx.db
    .updateTable('calendar_links')
    .set({ revoked_at: input.now })
    .where('id', '=', input.linkId)
    .where('person_id', '=', input.personId)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (!row) throw new ServiceError('not-found', 'You have no such link.');
}

/** What calendar programs fetch. Anything but a working link is answered alike, so that nothing can be learned by trying. */
export function calendarRoutes(ctx: Ctx): Hono {
  const app = new Hono();
  app.use('/calendar/*', rateLimit({ clock: ctx.clock, burst: 60, perMs: 60_000 }));
  app.get('/calendar/:file', async (c) => {
    const now = ctx.clock.now();
    const gone = new ServiceError('not-found', 'This calendar link does not work. A new one is made in the console.');
    const file = c.req.param('file');
    if (!file.endsWith('.ics')) throw gone;
    const link = verifyLink(ctx.secret, purpose, file.slice(0, -4), now);
    if (!link.ok) throw gone;
    const row = await ctx.db
      .updateTable('calendar_links')
      .from('people')
      .set({ last_read_at: now })
      .whereRef('people.id', '=', 'calendar_links.person_id')
      .where('people.archived_at', 'is', null)
      .where('calendar_links.id', '=', link.payload)
      .where('revoked_at', 'is', null)
      .returning(['person_id', 'schedule_id'])
      .executeTakeFirst();
    if (!row) throw gone;
    const of = row.schedule_id === null ? { personId: row.person_id } : { scheduleId: row.schedule_id };
    return c.body(await shiftsAsCalendar(ctx, of, now), 200, {
      'content-type': 'text/calendar; charset=utf-8',
      'cache-control': 'private, max-age=300',
    });
  });
  return app;
}
