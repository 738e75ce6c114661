import { ghostReason, nextPageAttempt } from '../domain/paging.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { teamPage } from './called.ts';
import type { Channel, ChannelIo, Receipt } from './channels/channel.ts';
import { afterFailure, noteContactOk } from './channel-failed.ts';
import { type ClaimedPage, claimPages } from './claim-pages.ts';
import { pageRoom } from './page-room.ts';
import { pageMessage, type PageRow, readPage } from './page-message.ts';

export interface Pager {
  channels: ReadonlyMap<string, Channel>;
  io: ChannelIo;
}

/** Sends pages that are due, many at a time, so that one that hangs delays no other. */
export interface PageSender {
  /** Claims what there is room for and starts sending it. Returns how many; does not wait for them. */
  run(now: EpochMs): Promise<number>;
  /** Resolves when nothing is on its way any more. */
  idle(): Promise<void>;
}

export function createPageSender(ctx: Ctx, pager: Pager): PageSender {
  const underWay = new Map<string, { page: ClaimedPage; done: Promise<void> }>();
  const send = async (page: ClaimedPage): Promise<void> => {
    try {
      await sendPage(ctx, pager, page.id);
    } catch (error) {
      // The row still says that it is on its way; its lease will run out, and it goes out again.
      ctx.log.error({ err: error, pageId: page.id }, 'what became of a page could not be recorded');
    } finally {
      underWay.delete(page.id);
      ctx.wake('pages');
    }
  };
  return {
    async run(now) {
      const room = pageRoom([...underWay.values()].map(({ page }) => page));
      if (room.isFull()) return 0;
      const claimed = await claimPages(ctx, now, room);
      for (const page of claimed) underWay.set(page.id, { page, done: send(page) });
      return claimed.length;
    },
    async idle() {
      while (underWay.size > 0) await Promise.all([...underWay.values()].map(({ done }) => done));
    },
  };
}

/** Sends the pages that are due and waits until each is recorded. Returns how many were claimed. */
export async function sendPages(ctx: Ctx, pager: Pager, now: EpochMs): Promise<number> {
  const sender = createPageSender(ctx, pager);
  const claimed = await sender.run(now);
  await sender.idle();
  return claimed;
}

async function sendPage(ctx: Ctx, pager: Pager, pageId: string): Promise<void> {
  const page = await readPage(ctx, pageId);
  // A sender that was held up for longer than its lease counts as dead: the page is another's by now, who would send it as well.
  if (!page || page.leaseOwner !== ctx.nodeId || (page.leaseUntil ?? 0) <= ctx.clock.now()) return;
  const ghost =
    page.kind === 'summary'
      ? page.summed.length === 0
        ? ('resolved' as const)
        : undefined
      : ghostReason(
          page.incident && {
            status: page.incident.status,
            merged: page.incident.merged,
            callsTeam: page.reason === teamPage,
          },
        );
  if (ghost) {
    await record(ctx, page, { cancelled: ghost });
    return;
  }
  const receipt = await trySend(ctx, pager, page);
  await record(ctx, page, receipt);
}

async function trySend(ctx: Ctx, pager: Pager, page: PageRow): Promise<Receipt> {
  const channel = pager.channels.get(page.channelKind);
  if (!channel) return { ok: false, retryable: false, reason: `there is no channel of the kind ${page.channelKind}` };
  try {
    return await channel.send(pageMessage(ctx, page), page.config, pager.io);
  } catch (error) {
    // A channel reports a provider's failure as a receipt; a throw is a defect of ours, and may not lose the page.
    ctx.log.error({ err: error, channel: page.channelKind }, 'a channel threw');
    return { ok: false, retryable: true, reason: 'an internal error in this channel' };
  }
}

type Outcome = Receipt | { cancelled: string };

async function record(ctx: Ctx, page: PageRow, outcome: Outcome): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    const free = { lease_owner: null, lease_until: null };
    const mine = tx.db
      .updateTable('pages')
      .where('id', '=', page.id)
      .where('status', '=', 'sending')
      .where('lease_owner', '=', tx.nodeId);
    const about = { at: now, actor: { kind: 'system' as const } };
    const data = {
      pageId: page.id,
      personId: page.personId,
      personName: page.personName,
      channel: page.channelKind,
      label: page.label,
      attempt: page.attempt,
    };
    const incidentIds =
      page.kind === 'summary' ? page.summed.map((incident) => incident.id) : page.incident ? [page.incident.id] : [];
    const tell = (kind: string, more: object): Promise<void> =>
      appendEvents(
        tx,
        incidentIds.map((incidentId) => ({ ...about, kind, incidentId, data: { ...data, ...more } })),
      );
    if ('cancelled' in outcome) {
      await mine.set({ ...free, status: 'cancelled', cancel_reason: outcome.cancelled }).execute();
      await tell('page.cancelled', { reason: outcome.cancelled });
    } else if (outcome.ok) {
      await mine
        .set({ ...free, status: 'sent', sent_at: now, provider_ref: outcome.providerRef ?? null, error: null })
        .execute();
      await tell('page.sent', { summary: page.kind === 'summary', resend: page.resendCount > 0 });
      await noteContactOk(tx, page.contactMethodId, now);
      if (page.heldFor === null) tx.metrics.pageDelay.observe((now - page.dueAt) / 1000);
    } else {
      const again = outcome.retryable ? nextPageAttempt(page.attempt, now, outcome.retryAfterMs) : undefined;
      await mine
        .set({
          ...free,
          status: again === undefined ? 'failed' : 'pending',
          next_attempt_at: again ?? now,
          error: outcome.reason,
        })
        .execute();
      await tell('page.failed', { reason: outcome.reason, final: again === undefined, nextAttemptAt: again ?? null });
      if (again === undefined) {
        await afterFailure(tx, page, outcome.reason, now);
        if (page.incident) await escalateWhenUnreachable(tx, page, now);
      }
    }
    tx.metrics.pages.inc({
      channel: page.channelKind,
      outcome: 'cancelled' in outcome ? 'cancelled' : outcome.ok ? 'sent' : 'failed',
    });
  });
}

/** When every page of a round has failed for good, nobody is waiting to answer: the next step is due now. */
async function escalateWhenUnreachable(ctx: Ctx, page: PageRow, now: EpochMs): Promise<void> {
  if (!page.incident) return;
  const alive = await ctx.db
    .selectFrom('pages')
    .select('id')
    .where('incident_id', '=', page.incident.id)
    .where('round', '=', page.round)
    .where('status', 'in', ['pending', 'sending', 'sent'])
    .limit(1)
    .executeTakeFirst();
  if (alive) return;
  const escalation = await ctx.db
    .selectFrom('escalations')
    .selectAll()
    .where('incident_id', '=', page.incident.id)
    .forUpdate()
    .executeTakeFirst();
  // Past the last step only the slow reminder is left; hurrying it would be a loop at the speed of failure.
  if (
    !escalation ||
    escalation.round !== page.round ||
    escalation.next_action_at === null ||
    escalation.step_index >= escalation.steps.length
  )
    return;
  if (escalation.step_index === 0) return;
  await ctx.db
    .updateTable('escalations')
    .set({ next_action_at: now, updated_at: now })
    .where('incident_id', '=', page.incident.id)
    .execute();
  await appendEvents(ctx, [
    {
      kind: 'escalation.hurried',
      at: now,
      actor: { kind: 'system' },
      incidentId: page.incident.id,
      data: { reason: 'nobody-reached', round: page.round },
    },
  ]);
  ctx.wake('escalation');
}
