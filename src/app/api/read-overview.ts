import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import { readFindings, readOnCall, readOpenIncidents } from '../../respond/index.ts';
import { readNetworkGone } from '../../watch/index.ts';
import { readServices } from '../../watch/read-services.ts';
import type { Overview } from './schemas.ts';

const weekMs = 7 * 86_400_000;

/** Everything that the console's first screen shows, in a handful of queries. */
export async function readOverview(ctx: Ctx, now: EpochMs, mailConfigured: boolean): Promise<Overview> {
  const [incidents, services, onCall] = [
    await readOpenIncidents(ctx),
    await readServices(ctx),
    await readOnCall(ctx, now, 1),
  ];
  const hugs = await ctx.db
    .selectFrom('hugs')
    .select((select) => [
      select.fn.countAll<number>().filterWhere('status', '=', 'held').as('held'),
      select.fn
        .countAll<number>()
        .filterWhere((where) => where.and([where('status', '=', 'approved'), where('created_at', '>', now - weekMs)]))
        .as('week'),
    ])
    .executeTakeFirstOrThrow();
  return {
    now,
    incidents,
    services,
    onCall: onCall.schedules.map((schedule) => ({
      scheduleId: schedule.id,
      scheduleName: schedule.name,
      person: schedule.now?.person ?? null,
      untilAt: schedule.now?.untilAt ?? null,
    })),
    heldHugs: Number(hugs.held),
    hugsThisWeek: Number(hugs.week),
    findings: (await readFindings(ctx)).map(({ id, what, isBroken, foundAt }) => ({ id, what, isBroken, foundAt })),
    todo: await readTodo(ctx, {
      services: services.length,
      mailConfigured,
      emptySchedules: onCall.schedules.filter((schedule) => schedule.now === null).map((schedule) => schedule.name),
    }),
  };
}

async function readTodo(
  ctx: Ctx,
  facts: { services: number; mailConfigured: boolean; emptySchedules: string[] },
): Promise<Overview['todo']> {
  const todo: Overview['todo'] = [];
  const goneSince = await readNetworkGone(ctx);
  if (goneSince !== null)
    todo.push({
      id: 'network-gone',
      text: `HugOps cannot reach the network since ${new Date(goneSince).toISOString().slice(11, 16)} UTC. Checks that fail are unknown, not down, until it is back.`,
    });
  if (facts.services === 0) todo.push({ id: 'no-service', text: 'Add the first service that people depend on.' });
  const kinds = await ctx.db
    .selectFrom('contact_methods')
    .select('kind')
    .distinct()
    .where('archived_at', 'is', null)
    .execute();
  if (kinds.length === 0) todo.push({ id: 'no-contact', text: 'Nobody has a contact method: nobody can be paged.' });
  if (!facts.mailConfigured && kinds.some((row) => row.kind === 'email')) {
    todo.push({
      id: 'no-mail',
      text: 'No mail server is set, so no e-mail can be sent. Put `mail: { url, from }` into hugops.yaml.',
    });
  }
  for (const name of facts.emptySchedules)
    todo.push({ id: `empty-${name}`, text: `Nobody is on call in ${name} right now.` });
  return todo;
}
