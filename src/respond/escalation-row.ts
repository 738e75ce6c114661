import type { Selectable } from 'kysely';
import type { EscalationState } from '../domain/escalation.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import type { Tables } from '../platform/db/tables.ts';

/** The stored escalation as the domain reckons with it. */
export const stateOf = (row: Selectable<Tables['escalations']>): EscalationState => ({
  steps: row.steps,
  repeatCount: row.repeat_count,
  stepIndex: row.step_index,
  loopsDone: row.loops_done,
  round: row.round,
  nextActionAt: row.next_action_at,
});

/** Writes where the escalation stands now; whatever was snoozed is awake. */
export async function storeEscalation(
  ctx: Ctx,
  incidentId: string,
  next: EscalationState,
  now: EpochMs,
): Promise<void> {
  await ctx.db
    .updateTable('escalations')
    .set({
      steps: JSON.stringify(next.steps),
      step_index: next.stepIndex,
      loops_done: next.loopsDone,
      round: next.round,
      next_action_at: next.nextActionAt,
      snoozed_until: null,
      updated_at: now,
    })
    .where('incident_id', '=', incidentId)
    .execute();
}
