import type { Actor, EpochMs, HugKind } from '../domain/words.ts';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { isUniqueViolation } from '../platform/db/sql-state.ts';
import { ServiceError } from '../platform/errors.ts';
import { appendEvents } from '../platform/events.ts';
import { signLink } from '../platform/signed-link.ts';
import { visitorHash } from '../platform/visitor.ts';
import { readWords, refuseFault } from './read-words.ts';
import { readThanksSettings } from './settings.ts';

interface NewHug {
  incidentId: string;
  kind: HugKind;
  message?: string | undefined;
  /** To all who helped, or to whoever fixed it. */
  addressedTo?: 'team' | 'fixers' | undefined;
  now: EpochMs;
}

export interface LeaveHug extends NewHug {
  address: string;
  userAgent: string;
}

export interface LeftHug {
  hugId: string;
  status: 'approved' | 'held';
  /** Takes it back: for `/hugs/withdraw/TOKEN`. */
  withdrawToken: string;
}

/** A sender may take a hug back for so long. */
const withdrawForMs = 60 * 24 * 3_600_000;
export const withdrawPurpose = 'hug-withdraw';

/**
 * A thank-you from a visitor: one a visitor and incident, while the thanks window is open. Words that could hurt are refused with a reason,
 * and nothing of them is stored; other words wait for a person unless the team says otherwise.
 */
export async function leaveHug(ctx: Ctx, input: LeaveHug): Promise<LeftHug> {
  const visitor = visitorHash(ctx.secret, `hug:${input.incidentId}`, input.address, input.userAgent);
  return leave(ctx, input, { source: 'visitor', visitor_hash: visitor });
}

/**
 * A thank-you that the operator's own app passes on: `user` tells its users apart and is stored as a hash for the time of the window.
 * The app has seen to it that a person sent it.
 */
export async function leaveAppHug(ctx: Ctx, input: NewHug & { user: string }): Promise<LeftHug> {
  const visitor = visitorHash(ctx.secret, `app:${input.incidentId}`, input.user, '');
  return leave(ctx, input, { source: 'app', visitor_hash: visitor });
}

/** A thank-you from somebody who works here; they may thank before the public, as soon as it is resolved, and as long as they like. */
export async function leaveColleagueHug(ctx: Ctx, input: NewHug & { personId: string }): Promise<LeftHug> {
  // The same person again is the same sender, and no hash of anything is needed for it.
  return leave(ctx, input, {
    source: 'colleague',
    visitor_hash: `colleague:${input.personId}`,
    from_person_id: input.personId,
  });
}

interface Sender {
  source: 'visitor' | 'app' | 'colleague';
  visitor_hash: string;
  from_person_id?: string;
}

async function leave(ctx: Ctx, input: NewHug, sender: Sender): Promise<LeftHug> {
  const words = readWords(input.message);
  if (words.fault !== undefined) throw refuseFault(words.fault, (await readThanksSettings(ctx)).supportUrl);
  try {
    return await transact(ctx, async (tx) => {
      const incident = await openWindow(tx, input, sender.source);
      const isSeen = words.text === null || incident.publishUnseen || sender.source === 'colleague';
      const status = isSeen ? 'approved' : 'held';
      const hugId = idFor(tx, 'hug');
      await tx.db
        .insertInto('hugs')
        .values({
          id: hugId,
          incident_id: incident.id,
          kind: input.kind,
          message: words.text,
          addressed_to: input.addressedTo ?? 'team',
          ...sender,
          status,
          held_reason: isSeen ? null : 'unread',
          created_at: input.now,
        })
        .execute();
      const actor: Actor =
        sender.from_person_id === undefined ? { kind: 'visitor' } : { kind: 'person', id: sender.from_person_id };
      await appendEvents(tx, [
        { kind: `hug.${status}`, at: input.now, actor, incidentId: incident.id, data: { hugId } },
      ]);
      tx.metrics.hugs.inc({ outcome: status });
      const withdrawToken = signLink(tx.secret, withdrawPurpose, hugId, input.now + withdrawForMs);
      return { hugId, status, withdrawToken };
    });
  } catch (error) {
    if (isUniqueViolation(error, 'hugs_once_a_visitor')) {
      throw new ServiceError('conflict', 'You have sent a hug for this already. Thank you!');
    }
    throw error;
  }
}

/** The incident that takes the hug: of a merged one, the one it was merged into. */
async function openWindow(
  ctx: Ctx,
  { incidentId, now }: NewHug,
  source: Sender['source'],
): Promise<{ id: string; publishUnseen: boolean }> {
  const row = await ctx.db
    .selectFrom('incidents as named')
    .innerJoin('incidents', (join) =>
      join.on((on) => on('incidents.id', '=', on.fn.coalesce('named.merged_into_id', 'named.id'))),
    )
    .leftJoin('thanks_windows', 'thanks_windows.incident_id', 'incidents.id')
    .leftJoin('teams', 'teams.id', 'incidents.team_id')
    .select(['incidents.id', 'incidents.is_public', 'incidents.status', 'teams.publish_hugs_unseen'])
    .select(['thanks_windows.opened_at', 'thanks_windows.closes_at'])
    .where('named.id', '=', incidentId)
    .executeTakeFirst();
  const stillWorking = 'They are still working on it. Please come back when it is fixed.';
  if (source === 'colleague') {
    if (!row) throw new ServiceError('not-found', 'There is no such incident.');
    if (row.status !== 'resolved') throw new ServiceError('conflict', stillWorking);
    return { id: row.id, publishUnseen: true };
  }
  if (!row?.is_public) throw new ServiceError('not-found', 'There is no such incident on this page.');
  if (row.opened_at === null) throw new ServiceError('conflict', stillWorking);
  if (row.closes_at !== null && row.closes_at <= now)
    throw new ServiceError('gone', 'The time for thanks is over for this incident. Thank you for thinking of it.');
  return { id: row.id, publishUnseen: row.publish_hugs_unseen ?? false };
}
