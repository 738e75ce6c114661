import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import { acknowledgeIncident } from './acknowledge.ts';
import { lockIncident } from './lock.ts';

/** What sleeps for longer than this is forgotten rather than snoozed. */
export const longestSnoozeMs = 7 * 86_400_000;

/**
 * Puts the incident to sleep until `untilAt`: whoever presses takes it if nobody has, and it wakes with a page. Throws `conflict`
 * when it is resolved or merged, and `invalid` when the time is not within the next seven days.
 */
export async function snoozeIncident(
  ctx: Ctx,
  input: { incidentId: string; untilAt: EpochMs; actor: Actor; now: EpochMs; via: string },
): Promise<void> {
  const { incidentId, untilAt, actor, now, via } = input;
  if (untilAt <= now || untilAt > now + longestSnoozeMs) {
    throw new ServiceError('invalid', 'An incident can be snoozed for up to seven days.', {
      fields: [{ path: 'untilAt', message: 'expected a time within the next seven days' }],
    });
  }
  await transact(ctx, async (tx) => {
    await acknowledgeIncident(tx, { incidentId, actor, now, via });
    const incident = await lockIncident(tx, incidentId);
    await tx.db
      .updateTable('escalations')
      .set({ next_action_at: untilAt, snoozed_until: untilAt, updated_at: now })
      .where('incident_id', '=', incident.id)
      .execute();
    await appendEvents(tx, [
      { kind: 'incident.snoozed', at: now, actor, incidentId: incident.id, data: { untilAt, forMs: untilAt - now } },
    ]);
  });
}
