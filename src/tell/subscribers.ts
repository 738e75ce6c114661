import { z } from 'zod';
import { type Ctx, idFor, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { layoutMail } from '../platform/mail/layout.ts';
import { enqueueMail } from '../platform/mail/queue.ts';
import { type LinkFault, signLink, verifyLink } from '../platform/signed-link.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const confirmWithinMs = 3 * dayMs;
/** An unsubscribe link must work as long as somebody may still have the mail. */
const unsubscribeWithinMs = 5 * 365 * dayMs;
const confirmPurpose = 'subscriber-confirm';
const unsubscribePurpose = 'subscriber-unsubscribe';

const emailSchema = z
  .string()
  .trim()
  .max(254)
  .pipe(z.email({ error: 'This does not look like an e-mail address.' }));

/** Asks the owner of the address. Whether it is known already is never told: the same answer, and a mail only where one is due. */
export async function subscribe(ctx: Ctx, input: { email: string; now: number }): Promise<void> {
  const parsed = emailSchema.safeParse(input.email);
  if (!parsed.success) {
    const message = parsed.error.issues[0]?.message ?? 'This is not an e-mail address.';
    throw new ServiceError('invalid', message, { fields: [{ path: 'email', message }] });
  }
  const email = parsed.data;
  await transact(ctx, async (tx) => {
    const page = await tx.db
      .selectFrom('status_pages')
      .select(['id', 'title'])
      .orderBy('created_at')
      .limit(1)
      .executeTakeFirst();
    if (page === undefined) throw new ServiceError('unavailable', 'There is no status page to subscribe to yet.');
    const id = await pendingSubscriber(tx, page.id, email, input.now);
    if (id === undefined) return;
    const link = `${tx.publicUrl}/subscribe/confirm?token=${signLink(tx.secret, confirmPurpose, id, input.now + confirmWithinMs)}`;
    await enqueueMail(tx, {
      purpose: 'confirmation',
      // Whoever presses the button a hundred times sends one mail an hour.
      dedupKey: `subscriber-confirm/${id}/${Math.floor(input.now / hourMs)}`,
      to: email,
      subject: `Please confirm: updates from ${page.title}`,
      ...layoutMail({
        heading: `Updates from ${page.title}`,
        paragraphs: [
          'Somebody, probably you, asked that this address be told about incidents. Please confirm, and nothing more is needed.',
          'If it was not you, do nothing: no further mail comes.',
        ],
        buttons: [{ label: 'Confirm', url: link }],
        footer: ['The link works for three days.'],
      }),
    });
  });
}

/** The row that waits for its owner's word; undefined when the address is confirmed already. */
async function pendingSubscriber(ctx: Ctx, pageId: string, email: string, now: number): Promise<string | undefined> {
  await ctx.db
    .insertInto('subscribers')
    .values({
      id: idFor(ctx, 'sub'),
      page_id: pageId,
      email,
      status: 'pending',
      created_at: now,
      confirmed_at: null,
      unsubscribed_at: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const row = await ctx.db
    .selectFrom('subscribers')
    .select(['id', 'status'])
    .where('page_id', '=', pageId)
    .where((eb) => eb(eb.fn<string>('lower', ['email']), '=', email.toLowerCase()))
    .forUpdate()
    .executeTakeFirstOrThrow();
  if (row.status === 'confirmed') return undefined;
  if (row.status === 'unsubscribed') {
    await ctx.db
      .updateTable('subscribers')
      .set({ status: 'pending', created_at: now })
      .where('id', '=', row.id)
      .execute();
  }
  return row.id;
}

export type LinkOutcome = { ok: true } | { ok: false; reason: LinkFault | 'unknown' };

/** Whether the link is good, without acting: mail scanners follow links, people press buttons. */
export function checkConfirmLink(ctx: Ctx, token: string, now: number): LinkOutcome {
  const check = verifyLink(ctx.secret, confirmPurpose, token, now);
  return check.ok ? { ok: true } : check;
}

/** Confirms; harmless when repeated. An address that left meanwhile has to ask anew. */
export async function confirmSubscriber(ctx: Ctx, token: string, now: number): Promise<LinkOutcome> {
  const check = verifyLink(ctx.secret, confirmPurpose, token, now);
  if (!check.ok) return check;
  const row = await ctx.db
    .updateTable('subscribers')
    .set((eb) => ({
      status: 'confirmed',
      confirmed_at: eb.fn.coalesce('confirmed_at', eb.val(now)),
      unsubscribed_at: null,
    }))
    .where('id', '=', check.payload)
    .where('status', 'in', ['pending', 'confirmed'])
    .returning('id')
    .executeTakeFirst();
  return row === undefined ? { ok: false, reason: 'unknown' } : { ok: true };
}

export const unsubscribeUrl = (ctx: Ctx, subscriberId: string, now: number): string =>
  `${ctx.publicUrl}/unsubscribe?token=${signLink(ctx.secret, unsubscribePurpose, subscriberId, now + unsubscribeWithinMs)}`;

export function checkUnsubscribeLink(ctx: Ctx, token: string, now: number): LinkOutcome {
  const check = verifyLink(ctx.secret, unsubscribePurpose, token, now);
  return check.ok ? { ok: true } : check;
}

/** Ends the subscription at once; also for one that is not there any more, which is what was wanted. */
export async function unsubscribe(ctx: Ctx, token: string, now: number): Promise<LinkOutcome> {
  const check = verifyLink(ctx.secret, unsubscribePurpose, token, now);
  if (!check.ok) return check;
  await ctx.db
    .updateTable('subscribers')
    .set({ status: 'unsubscribed', unsubscribed_at: now, confirmed_at: null })
    .where('id', '=', check.payload)
    .where('status', '<>', 'unsubscribed')
    .execute();
  return { ok: true };
}

/** Addresses whose owners never answered are forgotten. Returns how many; call again while it is `limit`. */
export async function forgetPending(ctx: Ctx, now: number, limit = 500): Promise<number> {
  const rows = await ctx.db
    .deleteFrom('subscribers')
    .where('id', 'in', (eb) =>
      eb
        .selectFrom('subscribers')
        .select('id')
        .where('status', '=', 'pending')
        .where('created_at', '<', now - 2 * confirmWithinMs)
        .limit(limit),
    )
    .returning('id')
    .execute();
  return rows.length;
}
