import type { Phase, Severity } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { type Event, moveCursor, readEvents } from '../platform/events.ts';
import { layoutMail, type MailContent } from '../platform/mail/layout.ts';
import { enqueueMail } from '../platform/mail/queue.ts';
import { incidentPath } from './render/incident-parts.ts';
import { timesIn } from './render/times.ts';
import { shownPhase, shownSeverity } from './render/words.ts';
import { unsubscribeUrl } from './subscribers.ts';
import { isPhase, updateKind } from './updates.ts';

const reader = 'subscribers';
const eventsAtOnce = 100;
const mailsAtOnce = 200;

/**
 * Turns public updates into mails for confirmed subscribers. The cursor moves past an update when all its mails are rows; a crash in between repeats
 * some, and their keys make them the same mails. In batches, so that many subscribers hold no long transaction. Returns how many events were read.
 */
export async function notifySubscribers(ctx: Ctx): Promise<number> {
  const { events, next } = await readEvents(ctx, reader, eventsAtOnce);
  for (const event of events) if (event.kind === updateKind) await tellAll(ctx, event);
  if (events.length > 0) await moveCursor(ctx, reader, next);
  return events.length;
}

interface Update {
  id: string;
  at: number;
  phase: Phase;
  body: string;
  incident: { id: string; title: string; severity: Severity };
  page: { id: string; title: string; timeZone: string };
}

async function tellAll(ctx: Ctx, event: Event): Promise<void> {
  const update = await readUpdate(ctx, event);
  if (update === undefined) return;
  for (let after = ''; ;) {
    const subscribers = await ctx.db
      .selectFrom('subscribers')
      .select(['id', 'email'])
      .where('page_id', '=', update.page.id)
      .where('status', '=', 'confirmed')
      // Who came later reads what was before on the page.
      .where('confirmed_at', '<=', update.at)
      .where('id', '>', after)
      .orderBy('id')
      .limit(mailsAtOnce)
      .execute();
    await transact(ctx, async (tx) => {
      for (const subscriber of subscribers) await tellOne(tx, update, subscriber);
    });
    const last = subscribers.at(-1);
    if (last === undefined || subscribers.length < mailsAtOnce) return;
    after = last.id;
  }
}

async function readUpdate(ctx: Ctx, event: Event): Promise<Update | undefined> {
  const { phase, body } = event.data;
  if (event.incidentId === null || !isPhase(phase) || typeof body !== 'string') return undefined;
  const [incident, page] = await Promise.all([
    ctx.db
      .selectFrom('incidents')
      .select(['id', 'public_title as title', 'severity'])
      .where('id', '=', event.incidentId)
      .where('is_public', '=', true)
      .where('merged_into_id', 'is', null)
      .executeTakeFirst(),
    ctx.db
      .selectFrom('status_pages')
      .select(['id', 'title', 'time_zone as timeZone'])
      .orderBy('created_at')
      .limit(1)
      .executeTakeFirst(),
  ]);
  if (incident === undefined || page === undefined) return undefined;
  return { id: event.id, at: event.at, phase, body, incident, page };
}

async function tellOne(ctx: Ctx, update: Update, subscriber: { id: string; email: string }): Promise<void> {
  const stop = unsubscribeUrl(ctx, subscriber.id, update.at);
  await enqueueMail(ctx, {
    purpose: 'subscriber',
    dedupKey: `subscriber/${update.id}/${subscriber.id}`,
    to: subscriber.email,
    subject: `${shownPhase[update.phase].word}: ${update.incident.title}`,
    ...layoutMail(contentOf(ctx, update, stop)),
    headers: {
      // RFC 8058: the reader's mail program offers one button, which posts to this address.
      'List-Unsubscribe': `<${stop}>`,
      'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      'Auto-Submitted': 'auto-generated',
    },
  });
}

function contentOf(ctx: Ctx, update: Update, stop: string): MailContent {
  const isOver = update.phase === 'resolved';
  const tone = update.incident.severity;
  return {
    heading: update.incident.title,
    badge: isOver
      ? { word: shownPhase.resolved.word, tone: 'calm' }
      : { word: `${shownSeverity[tone].word}, ${shownPhase[update.phase].word.toLowerCase()}`, tone },
    paragraphs: update.body.split(/\n\s*\n/),
    facts: [['Said', timesIn(update.page.timeZone).exact(update.at)]],
    buttons: [
      {
        label: isOver ? 'Read what happened' : 'Follow it on the status page',
        url: `${ctx.publicUrl}${incidentPath(update.incident.id)}`,
      },
    ],
    footer: [`You get this because you subscribed to ${update.page.title}.`],
    footerLinks: [{ label: 'Unsubscribe', url: stop }],
  };
}
