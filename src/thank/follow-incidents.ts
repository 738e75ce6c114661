import { thanksWindowMs } from '../domain/thanks.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { type Event, moveCursor, readEvents } from '../platform/events.ts';
import { planQuietWatch } from './find-quiet-saves.ts';
import { readThanksSettings, steadyForMs } from './settings.ts';
import { storeCredit } from './store-credit.ts';
import { withdrawPostHugs } from './withdraw-post-hugs.ts';

const reader = 'thank';
const batchSize = 500;
/** What may change who is credited, beside everything that happens to an incident itself. */
const creditKinds = new Set(['note.added', 'update.posted', 'page.sent', 'change.linked', 'postmortem.reviewed']);

const touchesCredit = (kind: string): boolean =>
  creditKinds.has(kind) || kind.startsWith('incident.') || kind.startsWith('credit.');

/** Follows the log: plans the thanks window of resolved incidents, computes credit, and lets go of hugs whose post was taken back. Returns how many events were read. */
export async function followIncidents(ctx: Ctx, now: EpochMs): Promise<number> {
  return transact(ctx, async (tx) => {
    const { events, next } = await readEvents(tx, reader, batchSize);
    if (events.length === 0) return 0;
    for (const event of events) if (event.kind === 'incident.resolved') await planWindow(tx, event);
    const withdrawn = events.flatMap(({ kind, data }) => (kind === 'post.withdrawn' ? String(data['postId']) : []));
    await withdrawPostHugs(tx, withdrawn);
    const touched = new Set(
      events.flatMap((event) => (touchesCredit(event.kind) && event.incidentId !== null ? [event.incidentId] : [])),
    );
    for (const incidentId of touched) await storeCredit(tx, incidentId, now);
    await moveCursor(tx, reader, next);
    return events.length;
  });
}

/** Due when it will have been steady. An incident that was opened again and resolved again starts its wait anew, unless people thanked already. */
async function planWindow(ctx: Ctx, event: Event): Promise<void> {
  if (event.incidentId === null) return;
  await planQuietWatch(ctx, event.incidentId, event.at);
  const opens_at = event.at + steadyForMs(await readThanksSettings(ctx));
  await ctx.db
    .insertInto('thanks_windows')
    .values({ incident_id: event.incidentId, opens_at, closes_at: opens_at + thanksWindowMs })
    .onConflict((conflict) =>
      conflict
        .column('incident_id')
        .doUpdateSet({ opens_at, closes_at: opens_at + thanksWindowMs })
        .where('thanks_windows.opened_at', 'is', null),
    )
    .execute();
}
