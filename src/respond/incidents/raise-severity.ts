import { impactOf, publicTitle } from '../../domain/incident.ts';
import type { EpochMs, Severity } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { appendEvents } from '../../platform/events.ts';
import { lockIncident, serviceName } from './lock.ts';

/** Makes an incident as severe as its worst alert. */
export async function raiseSeverity(
  ctx: Ctx,
  input: { incidentId: string; severity: Severity; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const incident = await lockIncident(tx, input.incidentId);
    const title = publicTitle(await serviceName(tx, incident), input.severity);
    await tx.db
      .updateTable('incidents')
      .set({ severity: input.severity, public_title: title })
      .where('id', '=', incident.id)
      .execute();
    await tx.db
      .updateTable('incident_services')
      .set({ impact: impactOf(input.severity) })
      .where('incident_id', '=', incident.id)
      .execute();
    await appendEvents(tx, [
      {
        kind: 'severity.raised',
        at: input.now,
        actor: { kind: 'system' },
        incidentId: incident.id,
        data: { from: incident.severity, to: input.severity },
      },
    ]);
  });
}
