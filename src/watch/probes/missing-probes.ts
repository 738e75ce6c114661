import type { EpochMs } from '../../domain/words.ts';
import { type Ctx, transact } from '../../platform/context.ts';
import { appendEvents } from '../../platform/events.ts';
import type { Scheduler } from '../scheduler.ts';
import { mailAdmins } from '../tell-network.ts';

/** A probe asks for its checks every ten seconds. */
export const goneAfterMs = 60_000;

/**
 * Finds probes that have fallen silent: one event and one mail for each, however many checks it had, and those checks are judged without it. Returns
 * how many went.
 */
export async function missingProbes(
  ctx: Ctx,
  scheduler: Pick<Scheduler, 'loseLocation'>,
  now: EpochMs,
): Promise<number> {
  const silent = await ctx.db
    .selectFrom('probes')
    .select('id')
    .where('archived_at', 'is', null)
    .where('last_seen_at', '<', now - goneAfterMs)
    .where('gone_since', 'is', null)
    .execute();
  for (const { id } of silent) await loseProbe(ctx, id, now);
  const gone = await ctx.db
    .selectFrom('probes')
    .select('id')
    .where('archived_at', 'is', null)
    .where('gone_since', 'is not', null)
    .execute();
  // Each time anew: it costs nothing when it is known already, and a start after a crash finds it so too.
  for (const { id } of gone) await scheduler.loseLocation(id);
  return silent.length;
}

async function loseProbe(ctx: Ctx, probeId: string, now: EpochMs): Promise<void> {
  await transact(ctx, async (tx) => {
    const probe = await tx.db
      .updateTable('probes')
      .set((set) => ({ gone_since: set.ref('last_seen_at') }))
      .where('id', '=', probeId)
      .where('gone_since', 'is', null)
      .where('last_seen_at', '<', now - goneAfterMs)
      .returning(['name', 'last_seen_at'])
      .executeTakeFirst();
    if (!probe) return;
    const since = probe.last_seen_at ?? now;
    await appendEvents(tx, [
      {
        kind: 'probe.gone',
        at: now,
        actor: { kind: 'system' },
        data: { probeId, name: probe.name, lastSeenAt: since },
      },
    ]);
    await mailAdmins(tx, {
      key: `probe:${probeId}:${since}`,
      heading: `The probe ${probe.name} is gone`,
      paragraphs: [
        'Nothing was heard of it for a minute. Checks that other locations look at too are judged by those; where it was the only one, they are unknown.',
        'Is the machine running, and can it reach this HugOps? It goes on by itself, and what it saw meanwhile comes with it.',
      ],
      path: '/console/services',
    });
  });
}

/** A probe was heard: when, and by which version. Tells that it is back when it was gone. */
export async function hearProbe(
  ctx: Ctx,
  probe: { id: string; goneSince: EpochMs | null },
  version: string | null,
  now: EpochMs,
): Promise<void> {
  await transact(ctx, async (tx) => {
    await tx.db
      .updateTable('probes')
      .set({ last_seen_at: now, gone_since: null, ...(version === null ? {} : { version }) })
      .where('id', '=', probe.id)
      .execute();
    if (probe.goneSince !== null)
      await appendEvents(tx, [
        {
          kind: 'probe.back',
          at: now,
          actor: { kind: 'system' },
          data: { probeId: probe.id, goneMs: now - probe.goneSince },
        },
      ]);
  });
}
