import { idFor, transact, type Ctx } from '../context.ts';
import { cutText } from '../cut-text.ts';
import { oneLine } from '../one-line.ts';
import type { Random } from '../random.ts';
import { messageIdHost } from './message-id.ts';
import type { MailFailure, MailTransport } from './transport.ts';

/** A mail that is not a page: it may wait, it is sent when the mail server is back, and it never wakes anyone. */
export interface NewMail {
  /** What it is for, in a word: 'subscriber', 'hug', 'confirmation'. Counted in the metrics. */
  purpose: string;
  /** Whoever enqueues the same key again means the same mail: it is enqueued once, for ever. */
  dedupKey: string;
  to: string;
  subject: string;
  text: string;
  html?: string | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Records a mail in the current transaction and wakes the sender after the commit.
 * @returns the id of the new row, or undefined when the key was known already
 */
export async function enqueueMail(ctx: Ctx, mail: NewMail): Promise<string | undefined> {
  const now = ctx.clock.now();
  const row = await ctx.db
    .insertInto('mails')
    .values({
      id: idFor(ctx, 'mail'),
      purpose: mail.purpose,
      dedup_key: mail.dedupKey,
      to_address: mail.to,
      subject: cutText(oneLine(mail.subject), 400),
      body_text: storable(mail.text),
      body_html: mail.html === undefined ? null : storable(mail.html),
      headers: JSON.stringify(mail.headers ?? {}),
      status: 'pending',
      next_attempt_at: now,
      created_at: now,
    })
    .onConflict((conflict) => conflict.column('dedup_key').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (row !== undefined) ctx.wake('mails');
  return row?.id;
}

/** PostgreSQL's text has no NUL, and UTF-8 no half of a surrogate pair. */
const storable = (text: string): string => text.toWellFormed().replaceAll('\0', '');

export interface SendDueMailsResult {
  sent: number;
  /** To be tried again later. */
  postponed: number;
  /** Given up. */
  failed: number;
  /** Whether mails may still be due: the batch was full. Call again soon. */
  hasMore: boolean;
}

// Longer than any send can take (connect 10 s, wait and send 20 s each), so that a lease expires only when its holder is gone.
const leaseMs = 120_000;
// As many as the bulk lane has connections: a claimed mail is being sent, not waiting behind another one with its lease running.
const concurrency = 2;
const giveUpAfterMs = 24 * 3_600_000;
const firstRetryMs = 30_000;
const maxRetryMs = 3_600_000;

/**
 * Sends mails that are due, and those whose sender died while sending (with the same Message-ID, so that a mail client shows a repeated one once).
 * Claims with a lease, sends outside any transaction, then records; never holds more than two mails at a time. Stops early when the mail server
 * is out of order, so that a backlog is not tried mail by mail.
 * @param limit the most mails to try in this call
 */
export async function sendDueMails(
  ctx: Ctx,
  transport: MailTransport,
  now: number,
  limit: number,
): Promise<SendDueMailsResult> {
  const result: SendDueMailsResult = { sent: 0, postponed: 0, failed: 0, hasMore: false };
  const host = messageIdHost(ctx.publicUrl);
  for (let tried = 0; tried < limit;) {
    const claimed = await claimMails(ctx, now, Math.min(concurrency, limit - tried));
    if (claimed.length === 0) return result;
    tried += claimed.length;
    const failures = await Promise.all(claimed.map((mail) => sendOne(ctx, transport, mail, { now, host }, result)));
    if (failures.some((failure) => failure?.scope === 'server')) return result;
  }
  return { ...result, hasMore: true };
}

/** At the start of the only process on its data directory: whatever was being sent has no sender any more, and is due again. */
export async function releaseMails(ctx: Ctx): Promise<void> {
  await ctx.db
    .updateTable('mails')
    .set({ lease_until: 0 })
    .where('status', '=', 'sending')
    .where('lease_owner', '!=', ctx.nodeId)
    .execute();
}

interface ClaimedMail {
  id: string;
  purpose: string;
  to_address: string;
  subject: string;
  body_text: string;
  body_html: string | null;
  headers: Record<string, string>;
  attempt: number;
  created_at: number;
}

/** Takes due mails in a short transaction. Two senders never take the same row: SKIP LOCKED now, the lease afterwards. */
function claimMails(ctx: Ctx, now: number, limit: number): Promise<ClaimedMail[]> {
  return transact(ctx, async ({ db, nodeId }) => {
    const orphans = await db
      .selectFrom('mails')
      .select('id')
      .where('status', '=', 'sending')
      .where('lease_until', '<=', now)
      .orderBy('lease_until')
      .limit(limit)
      .forUpdate()
      .skipLocked()
      .execute();
    const due = await db
      .selectFrom('mails')
      .select('id')
      .where('status', '=', 'pending')
      .where('next_attempt_at', '<=', now)
      .orderBy('next_attempt_at')
      .orderBy('id')
      .limit(limit - orphans.length)
      .forUpdate()
      .skipLocked()
      .execute();
    const ids = [...orphans, ...due].map((row) => row.id);
    if (ids.length === 0) return [];
    return db
      .updateTable('mails')
      .set((eb) => ({
        status: 'sending',
        attempt: eb('attempt', '+', 1),
        lease_owner: nodeId,
        lease_until: now + leaseMs,
      }))
      .where('id', 'in', ids)
      .returning([
        'id',
        'purpose',
        'to_address',
        'subject',
        'body_text',
        'body_html',
        'headers',
        'attempt',
        'created_at',
      ])
      .execute();
  });
}

async function sendOne(
  ctx: Ctx,
  transport: MailTransport,
  mail: ClaimedMail,
  as: { now: number; host: string },
  result: SendDueMailsResult,
): Promise<MailFailure | undefined> {
  const sent = await transport.send({
    to: mail.to_address,
    subject: mail.subject,
    text: mail.body_text,
    html: mail.body_html ?? undefined,
    headers: mail.headers,
    messageId: `<${mail.id}@${as.host}>`,
    at: as.now,
  });
  const now = ctx.clock.now();
  if (sent.ok) {
    await record(ctx, mail, { status: 'sent', sent_at: now, error: null });
    result.sent++;
    ctx.metrics.mails.inc({ purpose: mail.purpose, outcome: 'sent' });
    return undefined;
  }
  // A refused login is permanent for the mail server and mended by a person within the day; the mail itself is fine.
  const isHopeless = !sent.retryable && sent.scope === 'message';
  const nextAt = now + retryDelayMs(mail.attempt, ctx.random);
  const isGivenUp = isHopeless || nextAt > mail.created_at + giveUpAfterMs;
  await record(
    ctx,
    mail,
    isGivenUp
      ? { status: 'failed', error: sent.reason }
      : { status: 'pending', next_attempt_at: nextAt, error: sent.reason },
  );
  const outcome = isGivenUp ? 'failed' : 'postponed';
  result[outcome]++;
  ctx.metrics.mails.inc({ purpose: mail.purpose, outcome });
  ctx.log.warn({ mail: mail.id, purpose: mail.purpose, attempt: mail.attempt, reason: sent.reason }, `mail ${outcome}`);
  return sent;
}

/** Compare-and-set: whoever lost the lease in the meantime changes nothing. */
async function record(
  ctx: Ctx,
  mail: ClaimedMail,
  set: { status: 'sent' | 'failed' | 'pending'; sent_at?: number; next_attempt_at?: number; error: string | null },
): Promise<void> {
  await ctx.db
    .updateTable('mails')
    .set({ ...set, lease_owner: null, lease_until: null })
    .where('id', '=', mail.id)
    .where('status', '=', 'sending')
    .where('attempt', '=', mail.attempt)
    .where('lease_owner', '=', ctx.nodeId)
    .execute();
}

/** Doubles from 30 s to an hour, a quarter more or less, so that a backlog does not come back all at once. */
export function retryDelayMs(attempt: number, random: Random): number {
  const delay = Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(attempt - 1, 20));
  const [byte = 128] = random.bytes(1);
  return Math.round(delay * (0.75 + (byte / 255) * 0.5));
}
