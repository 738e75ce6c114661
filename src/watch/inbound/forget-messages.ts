import { sql } from 'kysely';
import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import { prune } from '../../platform/db/prune.ts';

// SNS tries for an hour, and what is older is refused; senders of CloudEvents retry for a day (Azure Event Grid).
const messageMs = 2 * 86_400_000;
// Tools repeat what fires every few hours. Who says nothing for so long will not say that it is over.
const memberMs = 30 * 86_400_000;

/** Forgets the ids of messages that nobody sends again, and members of groups that their tool has forgotten. Returns how many went. */
export async function forgetMessages(ctx: Ctx, now: EpochMs): Promise<number> {
  const messages = await prune(ctx, 'inbound_messages', sql<boolean>`received_at < ${now - messageMs}`);
  const members = await prune(ctx, 'alert_members', sql<boolean>`last_at < ${now - memberMs}`);
  return messages + members;
}
