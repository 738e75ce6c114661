import type { Selectable } from 'kysely';
import { decideEscalation, type EscalationState } from '../domain/escalation.ts';
import type { EpochMs, IncidentStatus } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import type { Tables } from '../platform/db/tables.ts';
import { appendEvents } from '../platform/events.ts';
import { fallbackPeople, resolveTargets } from './on-call.ts';

const batchSize = 50;

type Due = Selectable<Tables['escalations']> & { status: IncidentStatus };

/** Carries out the escalations that are due: writes the owed pages and the next deadline in one transaction. Returns how many acted. */
export async function runEscalations(ctx: Ctx, now: EpochMs): Promise<number> {
  return transact(ctx, async (tx) => {
    const due = await tx.db
      .selectFrom('escalations')
      .innerJoin('incidents', 'incidents.id', 'escalations.incident_id')
      .selectAll('escalations')
      .select('incidents.status')
      .where('escalations.next_action_at', '<=', now)
      .orderBy('escalations.next_action_at')
      .limit(batchSize)
      .forNoKeyUpdate(['escalations', 'incidents'])
      .skipLocked()
      .execute();
    for (const row of due) await escalate(tx, row, now);
    if (due.length > 0) tx.wake('pages');
    return due.length;
  });
}

async function escalate(ctx: Ctx, row: Due, now: EpochMs): Promise<void> {
  const state: EscalationState = {
    steps: row.steps,
    repeatCount: row.repeat_count,
    stepIndex: row.step_index,
    loopsDone: row.loops_done,
    round: row.round,
    nextActionAt: row.next_action_at,
  };
  const decision = decideEscalation(state, row.status, now);
  if (decision.action === 'wait') return;
  if (decision.action === 'stop') {
    await ctx.db
      .updateTable('escalations')
      .set({ next_action_at: null, updated_at: now })
      .where('incident_id', '=', row.incident_id)
      .execute();
    return;
  }
  let people = await resolveTargets(ctx, decision.targets, now);
  let methods = await contactMethods(ctx, people);
  const reachedNobody = methods.length === 0;
  let next = decision.next;
  if (
    reachedNobody &&
    decision.reason === 'step' &&
    next.stepIndex > state.stepIndex &&
    next.stepIndex < state.steps.length
  ) {
    // Nobody is behind this step: the next one must not wait for somebody who was never called.
    next = { ...next, nextActionAt: now };
  } else if (reachedNobody) {
    people = await fallbackPeople(ctx);
    methods = await contactMethods(ctx, people);
  }
  await storeState(ctx, row.incident_id, next, now);
  await insertPages(ctx, row.incident_id, decision.reason, next.round, methods, now);
  await appendEvents(ctx, [
    {
      kind: 'escalation.stepped',
      at: now,
      actor: { kind: 'system' },
      incidentId: row.incident_id,
      data: {
        reason: reachedNobody ? (methods.length > 0 ? 'fallback' : 'nobody') : decision.reason,
        step: decision.reason === 'step' ? state.stepIndex : null,
        round: next.round,
        people: [...new Set(methods.map((method) => method.person_id))],
      },
    },
  ]);
}

async function storeState(ctx: Ctx, incidentId: string, next: EscalationState, now: EpochMs): Promise<void> {
  await ctx.db
    .updateTable('escalations')
    .set({
      step_index: next.stepIndex,
      loops_done: next.loopsDone,
      round: next.round,
      next_action_at: next.nextActionAt,
      updated_at: now,
    })
    .where('incident_id', '=', incidentId)
    .execute();
}

type Method = { id: string; person_id: string };

async function contactMethods(ctx: Ctx, people: readonly string[]): Promise<Method[]> {
  if (people.length === 0) return [];
  return ctx.db
    .selectFrom('contact_methods')
    .innerJoin('people', 'people.id', 'contact_methods.person_id')
    .select(['contact_methods.id', 'contact_methods.person_id'])
    .where('contact_methods.person_id', 'in', [...people])
    .where('contact_methods.archived_at', 'is', null)
    .where('people.archived_at', 'is', null)
    .orderBy('contact_methods.person_id')
    .orderBy('contact_methods.position')
    .execute();
}

async function insertPages(
  ctx: Ctx,
  incidentId: string,
  reason: string,
  round: number,
  methods: readonly Method[],
  now: EpochMs,
): Promise<void> {
  if (methods.length === 0) return;
  await ctx.db
    .insertInto('pages')
    .values(
      methods.map((method) => ({
        id: idFor(ctx, 'pag'),
        incident_id: incidentId,
        person_id: method.person_id,
        contact_method_id: method.id,
        kind: 'incident' as const,
        reason,
        round,
        status: 'pending' as const,
        next_attempt_at: now,
        created_at: now,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
