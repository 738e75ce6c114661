import type { Selectable } from 'kysely';
import {
  decideEscalation,
  type EscalationDecision,
  reassignEscalation,
  restartEscalation,
} from '../domain/escalation.ts';
import { urgencyOf } from '../domain/notification.ts';
import type { EpochMs, IncidentStatus, Severity } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import type { Tables } from '../platform/db/tables.ts';
import { appendEvents } from '../platform/events.ts';
import { stateOf, storeEscalation } from './escalation-row.ts';
import { type Owed, openPageBook, type PageBook } from './page-book.ts';

// A batch holds its incidents' locks until it is committed, and one commit serves all of them.
const batchSize = 50;

type Due = Selectable<Tables['escalations']> & {
  status: IncidentStatus;
  severity: Severity;
  owner_id: string | null;
};

/** Carries out the escalations that are due: writes the owed pages and the next deadline in one transaction. Returns how many acted. */
export async function runEscalations(ctx: Ctx, now: EpochMs): Promise<number> {
  return transact(ctx, async (tx) => {
    const due = await tx.db
      .selectFrom('escalations')
      .innerJoin('incidents', 'incidents.id', 'escalations.incident_id')
      .selectAll('escalations')
      .select(['incidents.status', 'incidents.severity', 'incidents.owner_id'])
      .where('escalations.next_action_at', '<=', now)
      .orderBy('escalations.next_action_at')
      .limit(batchSize)
      .forNoKeyUpdate(['escalations', 'incidents'])
      .skipLocked()
      .execute();
    const book = openPageBook(tx, now);
    for (const row of due) await escalate(tx, book, row, now);
    await book.write();
    if (due.length > 0) tx.wake('pages');
    return due.length;
  });
}

async function escalate(ctx: Ctx, book: PageBook, row: Due, now: EpochMs): Promise<void> {
  const facts = { status: row.status, severity: row.severity, snoozedUntil: row.snoozed_until };
  const decision = decideEscalation(stateOf(row), facts, now);
  if (decision.action === 'wait') return;
  if (decision.action === 'stop') {
    await ctx.db
      .updateTable('escalations')
      .set({ next_action_at: null, updated_at: now })
      .where('incident_id', '=', row.incident_id)
      .execute();
  } else if (decision.action === 'retrigger') await retrigger(ctx, row, decision.reason, now);
  else await page(ctx, book, row, decision, now);
}

/** Whoever had it is called again first, and then the policy from its start. */
async function retrigger(ctx: Ctx, row: Due, reason: string, now: EpochMs): Promise<void> {
  const state = stateOf(row);
  const next = row.owner_id === null ? restartEscalation(state, now) : reassignEscalation(state, row.owner_id, now);
  await ctx.db.updateTable('incidents').set({ status: 'triggered' }).where('id', '=', row.incident_id).execute();
  await storeEscalation(ctx, row.incident_id, next, now);
  await appendEvents(ctx, [
    {
      kind: 'incident.retriggered',
      at: now,
      actor: { kind: 'system' },
      incidentId: row.incident_id,
      data: { reason, ownerId: row.owner_id },
    },
  ]);
}

async function page(
  ctx: Ctx,
  book: PageBook,
  row: Due,
  decision: Extract<EscalationDecision, { action: 'page' }>,
  now: EpochMs,
): Promise<void> {
  const { stepIndex, reason, targets } = decision;
  const urgency = urgencyOf(row.severity);
  let owed = await book.owedBy(targets, urgency);
  let next = decision.next;
  const reachedNobody = owed.length === 0;
  if (reachedNobody && reason === 'step' && next.stepIndex > (stepIndex ?? 0) && next.stepIndex < row.steps.length) {
    // Nobody is behind this step: the next one must not wait for somebody who was never called.
    next = { ...next, nextActionAt: now };
  } else if (reachedNobody) owed = await book.owedByFallback(urgency);
  next = { ...next, nextActionAt: (next.nextActionAt ?? now) + heldFor(owed, now) };
  await storeEscalation(ctx, row.incident_id, next, now);
  book.owe(row.incident_id, reason, next.round, owed);
  book.tell({
    kind: 'escalation.stepped',
    at: now,
    actor: { kind: 'system' },
    incidentId: row.incident_id,
    data: {
      reason: reachedNobody ? (owed.length > 0 ? 'fallback' : 'nobody') : reason,
      step: stepIndex,
      round: next.round,
      people: [...new Set(owed.flatMap((one) => one.personId ?? []))],
      channels: owed.flatMap((one) => (one.personId === null ? one.contactMethodId : [])),
      heldUntil: heldFor(owed, now) > 0 ? now + heldFor(owed, now) : null,
    },
  });
}

/** How long everybody's quiet hours keep the whole step waiting: the next one then comes as much later. */
function heldFor(owed: readonly Owed[], now: EpochMs): number {
  if (owed.length === 0 || owed.some((one) => !one.isHeld)) return 0;
  return Math.max(0, Math.min(...owed.map((one) => one.sendAt)) - now);
}
