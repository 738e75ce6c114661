import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, idFor } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';

/** Who changes the plan, and when. */
export interface By {
  actor: Actor;
  now: EpochMs;
}

type Kind = 'schedules' | 'policies' | 'teams';
const words: Record<Kind, { one: string; prefix: string; event: string; field: string }> = {
  schedules: { one: 'schedule', prefix: 'sch', event: 'schedule', field: 'scheduleId' },
  policies: { one: 'policy', prefix: 'pol', event: 'policy', field: 'policyId' },
  teams: { one: 'team', prefix: 'team', event: 'team', field: 'teamId' },
};

/** The id of something new: the one asked for, or one of its own. Throws `conflict` when it is taken, also by what is archived. */
export async function takeId(ctx: Ctx, kind: Kind, wanted: string | undefined): Promise<string> {
  // An id of its own cannot meet one that hugops.yaml will choose later.
  if (wanted === undefined) return idFor(ctx, words[kind].prefix);
  const taken = await ctx.db.selectFrom(kind).select('id').where('id', '=', wanted).executeTakeFirst();
  if (!taken) return wanted;
  throw new ServiceError('conflict', `There is or was a ${words[kind].one} with the id ${wanted}.`, {
    fields: [{ path: 'id', message: 'is taken' }],
  });
}

/** Locks a row that the console may change. Throws `not-found`, or `owned-by-file` when hugops.yaml describes it. */
export async function requireOwn(ctx: Ctx, kind: Kind, id: string): Promise<{ name: string }> {
  const row = await ctx.db
    .selectFrom(kind)
    .select(['name', 'owned_by'])
    .where('id', '=', id)
    .where('archived_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!row) throw new ServiceError('not-found', `There is no such ${words[kind].one}.`);
  if (row.owned_by === 'file')
    throw new ServiceError('owned-by-file', `${row.name} is described in hugops.yaml. Please change it there.`);
  return { name: row.name };
}

export async function noteChange(
  ctx: Ctx,
  kind: Kind,
  what: 'added' | 'changed' | 'archived',
  subject: { id: string; name: string },
  by: By,
): Promise<void> {
  const { event, field } = words[kind];
  const data = { [field]: subject.id, name: subject.name };
  await appendEvents(ctx, [{ kind: `${event}.${what}`, at: by.now, actor: by.actor, data }]);
}

/** Throws `conflict` that names who still relies on something. */
export function refuseInUse(name: string, users: readonly string[]): void {
  if (users.length === 0) return;
  const shown = users.slice(0, 5).join(', ');
  const more = users.length > 5 ? ` and ${users.length - 5} more` : '';
  throw new ServiceError('conflict', `${name} is still used by ${shown}${more}. Please change that first.`);
}
