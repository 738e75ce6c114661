import { type Ctx, transact } from '../../platform/context.ts';
import { type FieldError, ServiceError } from '../../platform/errors.ts';
import { readKnownPeople } from './judge-schedule.ts';
import { type By, noteChange, refuseInUse, requireOwn, takeId } from './own-rows.ts';
import { policiesCalling, servicesOfTeam } from './read-use.ts';
import type { PlanFinding, TeamBody } from './schemas.ts';
import { judgeTeam } from './judge-team.ts';

interface Saved {
  id: string;
  findings: PlanFinding[];
}

/** Adds a team. Throws `invalid` with the fields when a person or the policy is not there. */
export async function addTeam(ctx: Ctx, input: TeamBody & { id?: string | undefined }, by: By): Promise<Saved> {
  return transact(ctx, async (tx) => {
    const id = await takeId(tx, 'teams', input.id);
    const findings = await judged(tx, input);
    await tx.db
      .insertInto('teams')
      .values({ id, name: input.name, policy_id: input.policyId, owned_by: 'console', created_at: by.now })
      .execute();
    await writeMembers(tx, id, input);
    await noteChange(tx, 'teams', 'added', { id, name: input.name }, by);
    return { id, findings };
  });
}

export async function changeTeam(ctx: Ctx, id: string, input: TeamBody, by: By): Promise<Saved> {
  return transact(ctx, async (tx) => {
    await requireOwn(tx, 'teams', id);
    const findings = await judged(tx, input);
    await tx.db
      .updateTable('teams')
      .set({ name: input.name, policy_id: input.policyId })
      .where('id', '=', id)
      .execute();
    await writeMembers(tx, id, input);
    await noteChange(tx, 'teams', 'changed', { id, name: input.name }, by);
    return { id, findings };
  });
}

/** Takes a team out of use. Throws `conflict` while it has services or a policy calls it. */
export async function archiveTeam(ctx: Ctx, id: string, by: By): Promise<void> {
  await transact(ctx, async (tx) => {
    const { name } = await requireOwn(tx, 'teams', id);
    const users = [...(await servicesOfTeam(tx, id)), ...(await policiesCalling(tx, ['team', 'round-robin'], id))];
    refuseInUse(
      name,
      users.map((user) => user.name),
    );
    await tx.db.updateTable('teams').set({ archived_at: by.now }).where('id', '=', id).execute();
    await noteChange(tx, 'teams', 'archived', { id, name }, by);
  });
}

async function writeMembers(ctx: Ctx, teamId: string, { members }: TeamBody): Promise<void> {
  await ctx.db.deleteFrom('team_members').where('team_id', '=', teamId).execute();
  if (members.length === 0) return;
  await ctx.db
    .insertInto('team_members')
    .values(members.map(({ personId, isLead }) => ({ team_id: teamId, person_id: personId, is_lead: isLead })))
    .execute();
}

async function judged(ctx: Ctx, input: TeamBody): Promise<PlanFinding[]> {
  const people = await readKnownPeople(ctx);
  const fields: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, { personId }] of input.members.entries()) {
    if (!people.has(personId)) fields.push({ path: `members.${index}.personId`, message: 'no such person' });
    if (seen.has(personId)) fields.push({ path: `members.${index}.personId`, message: 'is a member already' });
    seen.add(personId);
  }
  if (input.policyId !== null) {
    const policy = await ctx.db
      .selectFrom('policies')
      .select('id')
      .where('id', '=', input.policyId)
      .where('archived_at', 'is', null)
      .executeTakeFirst();
    if (!policy) fields.push({ path: 'policyId', message: 'no such policy' });
  }
  if (fields.length > 0) throw new ServiceError('invalid', 'Something in this team is not there.', { fields });
  return judgeTeam(
    input.members.map(({ personId }) => personId),
    input.policyId,
    people,
  );
}
