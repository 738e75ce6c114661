import type { EpochMs } from '../domain/words.ts';
import { forgetReports } from '../listen/index.ts';
import type { Ctx } from '../platform/context.ts';
import { forgetEvents } from '../platform/forget-events.ts';
import { forgetMails } from '../platform/mail/forget-mails.ts';
import { forgetSignals } from '../respond/index.ts';
import { forgetMessages, keepResults } from '../watch/index.ts';
import type { Retention } from './config/index.ts';

const dayMs = 86_400_000;

/** Lets go of what is older than it is to be kept, in bounded batches: what is left over goes the next time. Returns how many rows went. */
export async function keepBounded(ctx: Ctx, now: EpochMs, retention: Retention): Promise<number> {
  await keepResults(ctx, now, {
    resultDays: Math.ceil(retention.results / dayMs),
    rollupDays: Math.ceil(retention.rollups / dayMs),
  });
  const signals = await forgetSignals(ctx, now - retention.signals);
  const reports = await forgetReports(ctx, now - retention.reports);
  const mails = await forgetMails(ctx, now - retention.mails);
  const events = await forgetEvents(ctx, now - retention.events);
  return signals + reports + mails + events + (await forgetMessages(ctx, now));
}
