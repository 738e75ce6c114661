import { findInPolicy, type PolicyFacts } from '../../domain/policy-findings.ts';
import type { Layer } from '../../domain/schedule.ts';
import type { PolicyStep } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import { policyText } from './finding-texts.ts';
import { readKnownPeople } from './judge-schedule.ts';
import type { PlanFinding } from './schemas.ts';

/** All that a policy may call, with what it is called on screen. */
export interface Callable extends PolicyFacts {
  names: ReadonlyMap<string, string>;
}

const keyOf = ({ kind, id }: { kind: string; id: string }): string => `${kind === 'round-robin' ? 'team' : kind} ${id}`;

export async function readCallable(ctx: Ctx): Promise<Callable> {
  const known = await readKnownPeople(ctx);
  const schedules = await ctx.db
    .selectFrom('schedules')
    .select(['id', 'name', 'layers'])
    .where('archived_at', 'is', null)
    .execute();
  const teams = await ctx.db.selectFrom('teams').select(['id', 'name']).where('archived_at', 'is', null).execute();
  const members = await ctx.db.selectFrom('team_members').select(['team_id', 'person_id']).execute();
  const channels = await ctx.db
    .selectFrom('contact_methods')
    .select(['id', 'label'])
    .where('team_id', 'is not', null)
    .where('archived_at', 'is', null)
    .execute();
  const peopleOf = (layers: unknown): string[] => (layers as Layer[]).flatMap((layer) => layer.people);
  return {
    people: new Map([...known].map(([id, { methods }]) => [id, { canBeCalled: methods > 0 }])),
    schedules: new Map(schedules.map(({ id, layers }) => [id, peopleOf(layers)])),
    teams: new Map(
      teams.map(({ id }) => [id, members.filter((row) => row.team_id === id).map((row) => row.person_id)]),
    ),
    channels: new Set(channels.map(({ id }) => id)),
    names: new Map([
      ...[...known].map(([id, { name }]) => [keyOf({ kind: 'person', id }), name] as const),
      ...schedules.map(({ id, name }) => [keyOf({ kind: 'schedule', id }), name] as const),
      ...teams.map(({ id, name }) => [keyOf({ kind: 'team', id }), name] as const),
      ...channels.map(({ id, label }) => [keyOf({ kind: 'channel', id }), label] as const),
    ]),
  };
}

/** Standing warnings of a policy in words. */
export function judgePolicy(steps: readonly PolicyStep[], callable: Callable): PlanFinding[] {
  const nameOf = (step: number, target: number): string => {
    const found = steps[step]?.targets[target];
    return (found && callable.names.get(keyOf(found))) ?? found?.id ?? '';
  };
  return findInPolicy(steps, callable).map((finding) => policyText(finding, nameOf));
}
