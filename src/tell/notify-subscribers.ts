import { type Ctx, transact } from '../platform/context.ts';
import { type Event, moveCursor, readEvents } from '../platform/events.ts';
import { layoutMail } from '../platform/mail/layout.ts';
import { enqueueMail } from '../platform/mail/queue.ts';
import { isMaintenanceNews, maintenanceLetter } from './letters/maintenance-letter.ts';
import type { Letter, LetterPage } from './letters/letter.ts';
import { updateLetter } from './letters/update-letter.ts';
import { unsubscribeUrl } from './subscribers.ts';
import { updateKind } from './updates.ts';

const reader = 'subscribers';
const eventsAtOnce = 100;
const mailsAtOnce = 200;

/**
 * Turns public updates, and what is planned, moved or taken back, into mails for confirmed subscribers. The cursor moves past an update when all its mails are rows; a crash in between repeats
 * some, and their keys make them the same mails. In batches, so that many subscribers hold no long transaction. Returns how many events were read.
 */
export async function notifySubscribers(ctx: Ctx): Promise<number> {
  const { events, next } = await readEvents(ctx, reader, eventsAtOnce);
  for (const event of events) if (event.kind === updateKind || isMaintenanceNews(event)) await tellAll(ctx, event);
  if (events.length > 0) await moveCursor(ctx, reader, next);
  return events.length;
}

async function tellAll(ctx: Ctx, event: Event): Promise<void> {
  const page = await readPageOf(ctx);
  const letter = page && ((await updateLetter(ctx, event, page)) ?? (await maintenanceLetter(ctx, event, page)));
  if (letter === undefined) return;
  for (let after = ''; ;) {
    const subscribers = await ctx.db
      .selectFrom('subscribers')
      .select(['id', 'email'])
      .where('page_id', '=', letter.page.id)
      .where('status', '=', 'confirmed')
      // Who came later reads what was before on the page.
      .where('confirmed_at', '<=', letter.at)
      .where('id', '>', after)
      .orderBy('id')
      .limit(mailsAtOnce)
      .execute();
    await transact(ctx, async (tx) => {
      for (const subscriber of subscribers) await tellOne(tx, letter, subscriber);
    });
    const last = subscribers.at(-1);
    if (last === undefined || subscribers.length < mailsAtOnce) return;
    after = last.id;
  }
}

const readPageOf = (ctx: Ctx): Promise<LetterPage | undefined> =>
  ctx.db
    .selectFrom('status_pages')
    .select(['id', 'title', 'time_zone as timeZone'])
    .orderBy('created_at')
    .limit(1)
    .executeTakeFirst();

async function tellOne(ctx: Ctx, letter: Letter, subscriber: { id: string; email: string }): Promise<void> {
  const stop = unsubscribeUrl(ctx, subscriber.id, letter.at);
  await enqueueMail(ctx, {
    purpose: 'subscriber',
    dedupKey: `subscriber/${letter.id}/${subscriber.id}`,
    to: subscriber.email,
    subject: letter.subject,
    ...layoutMail({
      ...letter.content,
      footer: [`You get this because you subscribed to ${letter.page.title}.`],
      footerLinks: [{ label: 'Unsubscribe', url: stop }],
    }),
    headers: {
      // RFC 8058: the reader's mail program offers one button, which posts to this address.
      'List-Unsubscribe': `<${stop}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'Auto-Submitted': 'auto-generated',
    },
  });
}
