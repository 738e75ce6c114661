import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';

/** The reason of a page that calls a further team: it is owed also when somebody else has the incident already. */
export const teamPage = 'team';

/** Notes that these people are called for the incident, so that they are not called as a further team. */
export async function markCalled(ctx: Ctx, incidentId: string, whom: string, now: EpochMs): Promise<void> {
  await ctx.db
    .insertInto('incident_teams')
    .values({ incident_id: incidentId, whom, called_at: now })
    .onConflict((conflict) => conflict.columns(['incident_id', 'whom']).doNothing())
    .execute();
}

/** Who answers for a service: its team, or its own policy where it has no team. */
export const whomOf = (service: { team_id: string | null; policy_id: string | null }): string | undefined =>
  service.team_id ?? (service.policy_id === null ? undefined : `policy:${service.policy_id}`);
