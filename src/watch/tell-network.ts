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
    if (turn === 'regained')
      await mailAdmins(tx, {
        key: `network:${since}`,
        heading: 'HugOps could not reach the network',
        paragraphs: [
          `From ${inUtc(since)} to ${inUtc(now)} none of the hosts answered by which HugOps judges its own network.`,
          'Checks that failed meanwhile are shown as unknown, not as down, and nobody was called for them. It sees again now.',
        ],
        path: '/console',
      });
  });
}

/** Since when HugOps' own network is gone; null while it is there. */
export async function readNetworkGone(ctx: Ctx): Promise<number | null> {
  const row = await ctx.db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  const { goneSince } = (row?.value ?? {}) as { goneSince?: unknown };
  return typeof goneSince === 'number' ? goneSince : null;
}

interface AdminMail {
  /** Whoever enqueues it again means the same mail. */
  key: string;
  heading: string;
  paragraphs: string[];
  /** Of the page of the console that its button opens. */
  path: string;
}

/** One mail to each of those who run this HugOps, in the current transaction. */
export async function mailAdmins(tx: Ctx, mail: AdminMail): Promise<void> {
  const admins = await tx.db
    .selectFrom('auth_users')
    .select('email')
    .where('role', 'in', ['admin', 'owner'])
    .orderBy('email')
    .execute();
  const words = layoutMail({
    heading: mail.heading,
    paragraphs: mail.paragraphs,
    buttons: [{ label: 'Open the console', url: `${tx.publicUrl}${mail.path}` }],
    footer: ['You get this as one of those who run this HugOps.'],
  });
  for (const { email } of admins)
    await enqueueMail(tx, {
      purpose: 'operations',
      dedupKey: `${mail.key}:${email}`,
      to: email,
      subject: mail.heading,
      ...words,
    });
}

const inUtc = (at: number): string => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
