import { computeCredit, thanksWindowMs } from '../domain/thanks.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { type Event, moveCursor, readEvents, toEvent } from '../platform/events.ts';

const reader = 'thank';
const batchSize = 200;
// What may still change who is credited after the end.
const creditKinds = new Set(['incident.resolved', 'note.added', 'update.posted', 'incident.reassigned']);

/** Follows the log: opens the thanks window of resolved incidents and computes credit. Returns how many events were read. */
export async function followIncidents(ctx: Ctx, now: EpochMs): Promise<number> {
  return transact(ctx, async (tx) => {
    const { events, next } = await readEvents(tx, reader, batchSize);
    if (events.length === 0) return 0;
    for (const event of events) if (event.kind === 'incident.resolved') await openThanksWindow(tx, event);
    const touched = new Set(
      events.flatMap((event) => (creditKinds.has(event.kind) && event.incidentId !== null ? [event.incidentId] : [])),
    );
    for (const incidentId of touched) await storeCredit(tx, incidentId, now);
    await moveCursor(tx, reader, next);
    return events.length;
  });
}

async function openThanksWindow(ctx: Ctx, event: Event): Promise<void> {
  if (event.incidentId === null) return;
  await ctx.db
    .insertInto('thanks_windows')
    .values({ incident_id: event.incidentId, opens_at: event.at, closes_at: event.at + thanksWindowMs })
    .onConflict((conflict) => conflict.column('incident_id').doNothing())
    .execute();
}

async function storeCredit(ctx: Ctx, incidentId: string, now: EpochMs): Promise<void> {
  const incident = await ctx.db
    .selectFrom('incidents')
    .select('status')
    .where('id', '=', incidentId)
    .executeTakeFirst();
  if (incident?.status !== 'resolved') return;
  const events = await ctx.db
    .selectFrom('events')
    .selectAll()
    .where('incident_id', '=', incidentId)
    .orderBy('seq')
    .limit(5_000)
    .execute();
  for (const [personId, reasons] of computeCredit(events.map(toEvent))) {
    const known = await ctx.db.selectFrom('people').select('id').where('id', '=', personId).executeTakeFirst();
    if (!known) continue;
    const row = { reasons: JSON.stringify(reasons), computed_at: now };
    await ctx.db
      .insertInto('credits')
      .values({ incident_id: incidentId, person_id: personId, ...row, declined_at: null })
      .onConflict((conflict) => conflict.columns(['incident_id', 'person_id']).doUpdateSet(row))
      .execute();
  }
}
