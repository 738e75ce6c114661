import { namedUnasked } from '../../domain/postmortem.ts';
import type { Actor, EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { ServiceError } from '../../platform/errors.ts';
import { appendEvents } from '../../platform/events.ts';
import { lockPostmortem, requireVersion } from './lock.ts';

/** Says that the postmortem is done, and puts its public text on the status page or takes it from there. Later edits show at once. */
export async function publishPostmortem(
  ctx: Ctx,
  input: { incidentId: string; version: number; onStatusPage: boolean; actor: Actor; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const row = await lockPostmortem(tx, input.incidentId);
    requireVersion(row, input.version);
    if (row.state === 'published' && row.on_status_page === input.onStatusPage) return;
    if (input.onStatusPage) await requirePublishable(tx, row.incident_id, row.public_body);
    await tx.db
      .updateTable('postmortems')
      .set({
        state: 'published',
        on_status_page: input.onStatusPage,
        published_at: row.published_at ?? input.now,
        updated_at: input.now,
      })
      .where('id', '=', row.id)
      .execute();
    await appendEvents(tx, [
      {
        kind: 'postmortem.published',
        at: input.now,
        actor: input.actor,
        incidentId: row.incident_id,
        data: { version: row.version, onStatusPage: input.onStatusPage },
      },
    ]);
  });
}

/** Makes a draft of it again; the status page no longer shows it. */
export async function withdrawPostmortem(
  ctx: Ctx,
  input: { incidentId: string; actor: Actor; now: EpochMs },
): Promise<void> {
  await transact(ctx, async (tx) => {
    const row = await lockPostmortem(tx, input.incidentId);
    if (row.state === 'draft') return;
    await tx.db
      .updateTable('postmortems')
      .set({ state: 'draft', on_status_page: false, updated_at: input.now })
      .where('id', '=', row.id)
      .execute();
    await appendEvents(tx, [
      { kind: 'postmortem.withdrawn', at: input.now, actor: input.actor, incidentId: row.incident_id },
    ]);
  });
}

/** Promise 5: nobody is named in public who did not choose to be. And what was never public does not become it by its postmortem. */
export async function requirePublishable(ctx: Ctx, incidentId: string, publicBody: string): Promise<void> {
  const incident = await ctx.db
    .selectFrom('incidents')
    .select('is_public')
    .where('id', '=', incidentId)
    .executeTakeFirstOrThrow();
  if (!incident.is_public)
    throw new ServiceError('conflict', 'The public was never told of this incident.', {
      fields: [{ path: 'onStatusPage', message: 'this incident is not on the status page' }],
    });
  if (publicBody.trim() === '')
    throw new ServiceError('invalid', 'There is no text for the public yet.', {
      fields: [{ path: 'publicBody', message: 'is empty' }],
    });
  const people = await ctx.db.selectFrom('people').select(['name', 'email', 'show_name as showName']).execute();
  const named = namedUnasked(publicBody, people);
  if (named.length > 0)
    throw new ServiceError('invalid', 'The text for the public names people who did not choose to be named.', {
      fields: [{ path: 'publicBody', message: `names ${named.join(', ')}` }],
    });
}
