import { sql } from 'kysely';
import { decideWindow, thanksWindowMs } from '../domain/thanks.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { readThanksSettings, steadyForMs } from './settings.ts';

const atOnce = 50;

/** Opens thanks windows whose incident has been steady, and closes those whose time is over. Returns how many were looked at. */
export async function tendWindows(ctx: Ctx, now: EpochMs): Promise<number> {
  return (await openWindows(ctx, now)) + (await closeWindows(ctx, now));
}

async function openWindows(ctx: Ctx, now: EpochMs): Promise<number> {
  return transact(ctx, async (tx) => {
    const due = await tx.db
      .selectFrom('thanks_windows')
      .innerJoin('incidents', 'incidents.id', 'thanks_windows.incident_id')
      .select(['incidents.id', 'incidents.status', 'incidents.resolved_at', 'incidents.merged_into_id'])
      .select(hasTroubleAgain.as('trouble_again'))
      .where('thanks_windows.opened_at', 'is', null)
      .where('thanks_windows.opens_at', '<=', now)
      .orderBy('thanks_windows.opens_at')
      .limit(atOnce)
      .forUpdate('thanks_windows')
      .skipLocked()
      .execute();
    if (due.length === 0) return 0;
    const steady = steadyForMs(await readThanksSettings(tx));
    for (const row of due) {
      const facts = {
        status: row.status,
        resolvedAt: row.resolved_at,
        isMerged: row.merged_into_id !== null,
        hasTroubleAgain: row.trouble_again,
      };
      await carryOut(tx, row.id, decideWindow(facts, now, steady), now);
    }
    return due.length;
  });
}

const hasTroubleAgain = sql<boolean>`exists (
  select from incident_services mine
  join incident_services theirs on theirs.service_id = mine.service_id and theirs.incident_id <> mine.incident_id
  join incidents other on other.id = theirs.incident_id and other.status <> 'resolved'
  where mine.incident_id = incidents.id)`;

async function carryOut(
  ctx: Ctx,
  incidentId: string,
  decision: ReturnType<typeof decideWindow>,
  now: EpochMs,
): Promise<void> {
  if (decision.action === 'forget') {
    await ctx.db.deleteFrom('thanks_windows').where('incident_id', '=', incidentId).execute();
    return;
  }
  const times =
    decision.action === 'wait'
      ? { opens_at: decision.until, closes_at: decision.until + thanksWindowMs }
      : { opens_at: now, closes_at: now + thanksWindowMs, opened_at: now };
  await ctx.db.updateTable('thanks_windows').set(times).where('incident_id', '=', incidentId).execute();
  if (decision.action === 'open') {
    await appendEvents(ctx, [{ kind: 'thanks.opened', at: now, actor: { kind: 'system' }, incidentId }]);
  }
}

/** With the window goes what told its visitors apart: from here on nothing is known of any sender. */
async function closeWindows(ctx: Ctx, now: EpochMs): Promise<number> {
  return transact(ctx, async (tx) => {
    const over = await tx.db
      .updateTable('thanks_windows')
      .set({ closed_at: now })
      .where('opened_at', 'is not', null)
      .where('closed_at', 'is', null)
      .where('closes_at', '<=', now)
      .returning('incident_id')
      .execute();
    if (over.length === 0) return 0;
    const ids = over.map((row) => row.incident_id);
    await tx.db.updateTable('hugs').set({ visitor_hash: null }).where('incident_id', 'in', ids).execute();
    await appendEvents(
      tx,
      ids.map((incidentId) => ({ kind: 'thanks.closed', at: now, actor: { kind: 'system' as const }, incidentId })),
    );
    return over.length;
  });
}
