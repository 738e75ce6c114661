import { ghostReason, nextPageAttempt } from '../domain/paging.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import type { Channel, ChannelIo, Receipt } from './channels/channel.ts';
import { claimPages } from './claim-pages.ts';
import { pageMessage, type PageRow, readPage } from './page-message.ts';

export interface Pager {
  channels: ReadonlyMap<string, Channel>;
  io: ChannelIo;
}

// Sends at the same time. A slow provider holds at most this many; each send has its own time-out in the channel.
const concurrency = 20;

/** Sends the pages that are due and records what became of each. Returns how many were claimed. */
export async function sendPages(ctx: Ctx, pager: Pager, now: EpochMs): Promise<number> {
  const ids = await claimPages(ctx, now, 2 * concurrency);
  const queue = [...ids];
  const worker = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) await sendPage(ctx, pager, id);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, ids.length) }, worker));
  return ids.length;
}

async function sendPage(ctx: Ctx, pager: Pager, pageId: string): Promise<void> {
  const page = await readPage(ctx, pageId);
  if (!page) return;
  const ghost =
    page.kind === 'summary'
      ? page.summed.length === 0
        ? ('resolved' as const)
        : undefined
      : ghostReason(page.incident && { status: page.incident.status, merged: page.incident.merged });
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
      tx.metrics.pageDelay.observe((now - page.createdAt) / 1000);
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
      if (again === undefined && page.incident) await escalateWhenUnreachable(tx, page, now);
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
