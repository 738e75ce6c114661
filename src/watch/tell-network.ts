import type { NetworkState, NetworkTurn } from '../domain/own-network.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { layoutMail } from '../platform/mail/layout.ts';
import { enqueueMail } from '../platform/mail/queue.ts';

/** Where it is kept whether HugOps' own network is gone, for the console. */
const key = 'own-network';

/**
 * Writes down that HugOps' own network went or came back: an event, what the console shows, and, once it is back and mail can leave, one mail to
 * those who run this HugOps, however many checks there were.
 */
export async function tellNetworkTurn(
  ctx: Ctx,
  turn: Exclude<NetworkTurn, null>,
  after: NetworkState,
  before: NetworkState,
): Promise<void> {
  const now = ctx.clock.now();
  await transact(ctx, async (tx) => {
    const row = { key, value: JSON.stringify({ goneSince: after.goneSince }), updated_at: now };
    await tx.db
      .insertInto('settings')
      .values(row)
      .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
      .execute();
    const since = before.goneSince ?? now;
    const data = turn === 'lost' ? { references: before.armed } : { goneSince: since, goneMs: now - since };
    await appendEvents(tx, [{ kind: `network.${turn}`, at: now, actor: { kind: 'system' }, data }]);
    if (turn === 'regained') await mailAdmins(tx, since, now);
  });
}

/** Since when HugOps' own network is gone; null while it is there. */
export async function readNetworkGone(ctx: Ctx): Promise<number | null> {
  const row = await ctx.db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  const { goneSince } = (row?.value ?? {}) as { goneSince?: unknown };
  return typeof goneSince === 'number' ? goneSince : null;
}

async function mailAdmins(tx: Ctx, since: number, now: number): Promise<void> {
  const admins = await tx.db
    .selectFrom('auth_users')
    .select('email')
    .where('role', 'in', ['admin', 'owner'])
    .orderBy('email')
    .execute();
  const time = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const mail = layoutMail({
    heading: 'HugOps could not reach the network',
    paragraphs: [
      `From ${time(since)} to ${time(now)} none of the hosts answered by which HugOps judges its own network.`,
      'Checks that failed meanwhile are shown as unknown, not as down, and nobody was called for them. It sees again now.',
    ],
    buttons: [{ label: 'Open the console', url: `${tx.publicUrl}/console` }],
    footer: ['You get this as one of those who run this HugOps.'],
  });
  for (const { email } of admins)
    await enqueueMail(tx, {
      purpose: 'operations',
      dedupKey: `network:${since}:${email}`,
      to: email,
      subject: 'HugOps could not reach the network',
      ...mail,
    });
}
