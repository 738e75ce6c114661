import type { TargetKind } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';

interface Ref {
  id: string;
  name: string;
}

/** The policies in use with a step that calls `id` as one of these kinds. */
export async function policiesCalling(ctx: Ctx, kinds: readonly TargetKind[], id: string): Promise<Ref[]> {
  const policies = await ctx.db
    .selectFrom('policies')
    .select(['id', 'name', 'steps'])
    .where('archived_at', 'is', null)
    .orderBy('name')
    .execute();
  return policies
    .filter(({ steps }) =>
      steps.some(({ targets }) => targets.some((target) => kinds.includes(target.kind) && target.id === id)),
    )
    .map((policy) => ({ id: policy.id, name: policy.name }));
}

/** Teams and services whose trouble calls a policy. */
export async function usersOfPolicy(ctx: Ctx, policyId: string): Promise<Ref[]> {
  const [teams, services] = await Promise.all(
    (['teams', 'services'] as const).map((table) =>
      ctx.db
        .selectFrom(table)
        .select(['id', 'name'])
        .where('policy_id', '=', policyId)
        .where('archived_at', 'is', null)
        .orderBy('name')
        .execute(),
    ),
  );
  return [...(teams ?? []), ...(services ?? [])];
}

/** Services that belong to a team. */
export async function servicesOfTeam(ctx: Ctx, teamId: string): Promise<Ref[]> {
  return ctx.db
    .selectFrom('services')
    .select(['id', 'name'])
    .where('team_id', '=', teamId)
    .where('archived_at', 'is', null)
    .orderBy('name')
    .execute();
}
