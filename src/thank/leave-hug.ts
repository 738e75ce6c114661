import type { EpochMs, HugKind } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { isUniqueViolation } from '../platform/db/sql-state.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';
import { visitorHash } from '../platform/visitor.ts';
import { readWords } from './read-words.ts';

export interface LeaveHug {
  incidentId: string;
  kind: HugKind;
  message?: string | undefined;
  address: string;
  userAgent: string;
  now: EpochMs;
}

/** A thank-you from a visitor: one a visitor and incident, while the thanks window is open. Words are held for a person unless the team says otherwise. */
export async function leaveHug(ctx: Ctx, input: LeaveHug): Promise<{ hugId: string; status: 'approved' | 'held' }> {
  const words = readWords(input.message);
  const visitor = visitorHash(ctx.secret, `hug:${input.incidentId}`, input.address, input.userAgent);
  try {
    return await transact(ctx, async (tx) => {
      const incident = await openWindow(tx, input.incidentId, input.now);
      const status = words.text === null || (incident.publishUnseen && words.isClean) ? 'approved' : 'held';
      const hugId = idFor(tx, 'hug');
      await tx.db
        .insertInto('hugs')
        .values({
          id: hugId,
          incident_id: input.incidentId,
          kind: input.kind,
          message: words.text,
          source: 'visitor',
          visitor_hash: visitor,
          status,
          created_at: input.now,
        })
        .execute();
      await appendEvents(tx, [
        {
          kind: `hug.${status}`,
          at: input.now,
          actor: { kind: 'visitor' },
          incidentId: input.incidentId,
          data: { hugId },
        },
      ]);
      tx.metrics.hugs.inc({ outcome: status });
      return { hugId, status };
    });
  } catch (error) {
    if (isUniqueViolation(error, 'hugs_once_a_visitor')) {
      throw new ServiceError('conflict', 'You have sent a hug for this already. Thank you!');
    }
    throw error;
  }
}

async function openWindow(ctx: Ctx, incidentId: string, now: EpochMs): Promise<{ publishUnseen: boolean }> {
  const row = await ctx.db
    .selectFrom('incidents')
    .leftJoin('thanks_windows', 'thanks_windows.incident_id', 'incidents.id')
    .leftJoin('teams', 'teams.id', 'incidents.team_id')
    .select([
      'incidents.is_public',
      'thanks_windows.opened_at',
      'thanks_windows.closes_at',
      'teams.publish_hugs_unseen',
    ])
    .where('incidents.id', '=', incidentId)
    .executeTakeFirst();
  if (!row?.is_public) throw new ServiceError('not-found', 'There is no such incident on this page.');
  if (row.opened_at === null)
    throw new ServiceError('conflict', 'They are still working on it. Please come back when it is fixed.');
  if (row.closes_at !== null && row.closes_at <= now)
    throw new ServiceError('gone', 'The time for thanks is over for this incident. Thank you for thinking of it.');
  return { publishUnseen: row.publish_hugs_unseen ?? false };
}
