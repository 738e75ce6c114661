import type { PolicyStep } from '../../domain/words.ts';
import { isTimeZone } from '../../domain/wall-clock.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { type FieldError, ServiceError } from '../../platform/errors.ts';
import { type By, noteChange, refuseInUse, requireOwn, takeId } from './own-rows.ts';
import { judgePolicy, readCallable } from './policy-facts.ts';
import { usersOfPolicy } from './read-use.ts';
import type { PlanFinding, PolicyBody } from './schemas.ts';

interface Saved {
  id: string;
  findings: PlanFinding[];
}

/** Adds an escalation policy. Throws `invalid` with the fields when a step calls what there never was. */
export async function addPolicy(ctx: Ctx, input: PolicyBody & { id?: string | undefined }, by: By): Promise<Saved> {
  return transact(ctx, async (tx) => {
    const id = await takeId(tx, 'policies', input.id);
    const { row, findings } = await judged(tx, input, []);
    await tx.db
      .insertInto('policies')
      .values({ id, ...row, owned_by: 'console', created_at: by.now })
      .execute();
    await noteChange(tx, 'policies', 'added', { id, name: input.name }, by);
    return { id, findings };
  });
}

/** Changes a policy of the console. Incidents that are open already keep the steps they began with. */
export async function changePolicy(ctx: Ctx, id: string, input: PolicyBody, by: By): Promise<Saved> {
  return transact(ctx, async (tx) => {
    await requireOwn(tx, 'policies', id);
    const { steps: before } = await tx.db
      .selectFrom('policies')
      .select('steps')
      .where('id', '=', id)
      .executeTakeFirstOrThrow();
    const { row, findings } = await judged(tx, input, before);
    await tx.db.updateTable('policies').set(row).where('id', '=', id).execute();
    await noteChange(tx, 'policies', 'changed', { id, name: input.name }, by);
    return { id, findings };
  });
}

/** Takes a policy out of use. Throws `conflict` while a team or a service is called by it. */
export async function archivePolicy(ctx: Ctx, id: string, by: By): Promise<void> {
  await transact(ctx, async (tx) => {
    const { name } = await requireOwn(tx, 'policies', id);
    refuseInUse(
      name,
      (await usersOfPolicy(tx, id)).map((user) => user.name),
    );
    await tx.db.updateTable('policies').set({ archived_at: by.now }).where('id', '=', id).execute();
    await noteChange(tx, 'policies', 'archived', { id, name }, by);
  });
}

/** What stood in the policy before may stay although it is gone by now: that is a standing warning, and no reason to refuse the rest. */
async function judged(ctx: Ctx, input: PolicyBody, before: readonly PolicyStep[]) {
  const steps = input.steps.map(toStep);
  const findings = judgePolicy(steps, await readCallable(ctx));
  const kept = new Set(before.flatMap(({ targets }) => targets.map(({ kind, id }) => `${kind} ${id}`)));
  const fields: FieldError[] = findings
    .filter(({ code, path }) => {
      if (code !== 'target-is-gone') return false;
      const [, step, , target] = path.split('.').map(Number);
      const named = steps[step ?? -1]?.targets[target ?? -1];
      return named !== undefined && !kept.has(`${named.kind} ${named.id}`);
    })
    .map(({ path }) => ({ path, message: 'there is no such thing to call' }));
  for (const [index, { when }] of steps.entries()) {
    if (when?.hours && !isTimeZone(when.hours.timeZone))
      fields.push({ path: `steps.${index}.when.hours.timeZone`, message: 'expected a name as in Europe/Berlin' });
  }
  if (fields.length > 0) throw new ServiceError('invalid', 'Something in this policy is not there.', { fields });
  const row = {
    name: input.name,
    steps: JSON.stringify(steps),
    repeat_count: input.repeatCount,
    acknowledge_timeout_ms: input.acknowledgeTimeoutMs,
    auto_resolve_ms: input.autoResolveMs,
  };
  return { row, findings };
}

function toStep({ targets, waitMs, when }: PolicyBody['steps'][number]): PolicyStep {
  if (when?.severities === undefined && when?.hours === undefined) return { targets, waitMs };
  const { severities, hours } = when;
  return {
    targets,
    waitMs,
    when: {
      ...(severities && { severities }),
      ...(hours && {
        hours: { timeZone: hours.timeZone, windows: hours.windows, ...(hours.outside === true && { outside: true }) },
      }),
    },
  };
}
