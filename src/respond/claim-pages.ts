import { sql } from 'kysely';
import { type DuePage, type PagePlan, planPages, type RecentMessages } from '../domain/paging.ts';
import type { EpochMs, IncidentStatus } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { teamPage } from './called.ts';
import type { Destination, PageRoom } from './page-room.ts';

/** How long a claimed page may be on its way before another attempt assumes that its sender died. Twice the longest send. */
export const leaseMs = 60_000;
// Enough to see a storm whole; what is sent at once is bounded by `room`.
const planLimit = 2_000;

// Any constant that no other advisory lock of HugOps uses.
const claimerLock = 4_680_003;

/** A page that is now ours to send. */
export interface ClaimedPage extends Destination {
  id: string;
}

/**
 * Claims the pages to send now, as many as there is room for: in one transaction ghosts are cancelled, backlogs and storms summed up, and
 * the rest marked as on their way. Send them after the commit.
 */
export async function claimPages(ctx: Ctx, now: EpochMs, room: PageRoom): Promise<ClaimedPage[]> {
  return transact(ctx, async (tx) => {
    // One claimer at a time, on whichever node: two would not see each other's claims, and could pass the storm limit together.
    await sql`select pg_advisory_xact_lock(${claimerLock})`.execute(tx.db);
    await reclaimLost(tx, now);
    const due = await readDue(tx, now);
    if (due.length === 0) return [];
    const kinds = await readChannelKinds(tx, due);
    const plans = planPages(due, await readRecent(tx, due, now), now);
    const claimed: ClaimedPage[] = [];
    for (const plan of plans) {
      if (plan.action !== 'send' && plan.action !== 'sum-up') {
        await setAside(tx, plan, now);
        continue;
      }
      const contactMethodId = plan.action === 'send' ? plan.page.contactMethodId : plan.contactMethodId;
      const destination = { contactMethodId, channelKind: kinds.get(contactMethodId) ?? '' };
      if (!room.take(destination)) continue;
      const id = plan.action === 'send' ? plan.page.id : await insertSummary(tx, plan, now);
      claimed.push({ id, ...destination });
    }
    if (claimed.length > 0) {
      await tx.db
        .updateTable('pages')
        .set((set) => ({
          status: 'sending',
          attempt: set('attempt', '+', 1),
          lease_owner: tx.nodeId,
          lease_until: now + leaseMs,
        }))
        .where(
          'id',
          'in',
          claimed.map((page) => page.id),
        )
        .execute();
    }
    return claimed;
  });
}

/** Pages whose sender died in mid-send: the receipt is lost, so they go out again, with the same key, and the timeline says so. */
async function reclaimLost(ctx: Ctx, now: EpochMs): Promise<void> {
  const lost = await ctx.db
    .updateTable('pages')
    .set((set) => ({
      status: 'pending',
      resend_count: set('resend_count', '+', 1),
      lease_owner: null,
      lease_until: null,
      next_attempt_at: now,
    }))
    .where('status', '=', 'sending')
    .where('lease_until', '<=', now)
    .returning(['id', 'incident_id', 'person_id', 'resend_count'])
    .execute();
  await appendEvents(
    ctx,
    lost.map((page) => ({
      kind: 'page.resent',
      at: now,
      actor: { kind: 'system' as const },
      incidentId: page.incident_id ?? undefined,
      data: { pageId: page.id, personId: page.person_id, reason: 'receipt-lost', resendCount: page.resend_count },
    })),
  );
}

async function readChannelKinds(ctx: Ctx, due: readonly DuePage[]): Promise<Map<string, string>> {
  const ids = [...new Set(due.map((page) => page.contactMethodId))];
  const rows = await ctx.db.selectFrom('contact_methods').select(['id', 'kind']).where('id', 'in', ids).execute();
  return new Map(rows.map((row) => [row.id, row.kind]));
}

async function readDue(ctx: Ctx, now: EpochMs): Promise<DuePage[]> {
  const rows = await ctx.db
    .selectFrom('pages')
    .select(['id', 'contact_method_id', 'due_at', 'kind', 'incident_id', 'reason'])
    .where('status', '=', 'pending')
    .where('next_attempt_at', '<=', now)
    .orderBy('due_at')
    .orderBy('id')
    .limit(planLimit)
    .forUpdate()
    .skipLocked()
    .execute();
  const incidentIds = [...new Set(rows.flatMap((row) => row.incident_id ?? []))];
  const incidents = new Map<string, { status: IncidentStatus; merged: boolean }>();
  if (incidentIds.length > 0) {
    const found = await ctx.db
      .selectFrom('incidents')
      .select(['id', 'status', 'merged_into_id'])
      .where('id', 'in', incidentIds)
      .execute();
    for (const row of found) incidents.set(row.id, { status: row.status, merged: row.merged_into_id !== null });
  }
  return rows.map((row) => ({
    id: row.id,
    contactMethodId: row.contact_method_id,
    dueAt: row.due_at,
    kind: row.kind,
    incident: withReason(row.incident_id === null ? undefined : incidents.get(row.incident_id), row.reason),
  }));
}

const withReason = (incident: DuePage['incident'], reason: string): DuePage['incident'] =>
  incident && reason === teamPage ? { ...incident, callsTeam: true } : incident;

async function readRecent(ctx: Ctx, due: readonly DuePage[], now: EpochMs): Promise<Map<string, RecentMessages>> {
  const methodIds = [...new Set(due.map((page) => page.contactMethodId))];
  const rows = await ctx.db
    .selectFrom('pages')
    .select(['contact_method_id', 'kind', 'sent_at', 'created_at', 'status'])
    .where('contact_method_id', 'in', methodIds)
    .where((where) =>
      where.or([
        where('status', '=', 'sending'),
        where.and([where('status', '=', 'sent'), where('sent_at', '>', now - 60_000)]),
      ]),
    )
    .execute();
  const recent = new Map<string, RecentMessages>();
  for (const row of rows) {
    const known = recent.get(row.contact_method_id) ?? { count: 0, lastSummaryAt: undefined };
    known.count++;
    if (row.kind === 'summary') known.lastSummaryAt = Math.max(known.lastSummaryAt ?? 0, row.sent_at ?? row.created_at);
    recent.set(row.contact_method_id, known);
  }
  return recent;
}

async function setAside(ctx: Ctx, plan: Extract<PagePlan, { action: 'cancel' | 'hold' }>, now: EpochMs): Promise<void> {
  if (plan.action === 'hold') {
    await ctx.db
      .updateTable('pages')
      .set({ next_attempt_at: plan.until })
      .where(
        'id',
        'in',
        plan.pages.map((page) => page.id),
      )
      .execute();
    return;
  }
  const row = await ctx.db
    .updateTable('pages')
    .set({ status: 'cancelled', cancel_reason: plan.reason })
    .where('id', '=', plan.page.id)
    .returning(['incident_id', 'person_id'])
    .executeTakeFirstOrThrow();
  await appendEvents(ctx, [
    {
      kind: 'page.cancelled',
      at: now,
      actor: { kind: 'system' },
      incidentId: row.incident_id ?? undefined,
      data: { pageId: plan.page.id, personId: row.person_id, reason: plan.reason },
    },
  ]);
}

async function insertSummary(ctx: Ctx, plan: Extract<PagePlan, { action: 'sum-up' }>, now: EpochMs): Promise<string> {
  const ids = plan.pages.map((page) => page.id);
  const first = await ctx.db
    .selectFrom('pages')
    .select('person_id')
    .where('id', '=', ids[0] ?? '')
    .executeTakeFirstOrThrow();
  const summaryId = idFor(ctx, 'pag');
  await ctx.db
    .insertInto('pages')
    .values({
      id: summaryId,
      incident_id: null,
      person_id: first.person_id,
      contact_method_id: plan.contactMethodId,
      kind: 'summary',
      reason: plan.reason,
      round: 0,
      status: 'pending',
      due_at: now,
      next_attempt_at: now,
      created_at: now,
    })
    .execute();
  await ctx.db
    .updateTable('pages')
    .set({ status: 'cancelled', cancel_reason: 'summed-up', summary_id: summaryId })
    .where('id', 'in', ids)
    .execute();
  return summaryId;
}

/** At the start of the only process on its data directory: whatever was on its way has no sender any more. */
export async function releaseLeases(ctx: Ctx): Promise<void> {
  await ctx.db
    .updateTable('pages')
    .set({ lease_until: 0 })
    .where('status', '=', 'sending')
    .where('lease_owner', '!=', ctx.nodeId)
    .execute();
}
