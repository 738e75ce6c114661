import { sql } from 'kysely';
import { busyWaitMs, isThankable, nextThankable } from '../domain/hug-delivery.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { enqueueMail } from '../platform/mail/queue.ts';
import { hugMail } from './hug-mail.ts';
import { neverAt } from './queue-hugs.ts';
import { readBundle } from './read-bundle.ts';
import { readThankPerson, type ThankPerson } from './thankable-hours.ts';

const peopleAtOnce = 20;

/** Sends the hugs that are due, one message a person. Returns how many people were looked at. */
export async function deliverHugs(ctx: Ctx, now: EpochMs): Promise<number> {
  const due = await ctx.db
    .selectFrom('hug_deliveries')
    .select('person_id')
    .distinct()
    .where('bundled_at', 'is', null)
    .where('due_at', '<=', now)
    .orderBy('person_id')
    .limit(peopleAtOnce)
    .execute();
  for (const { person_id } of due) await transact(ctx, (tx) => deliverTo(tx, person_id, now));
  return due.length;
}

async function deliverTo(ctx: Ctx, personId: string, now: EpochMs): Promise<void> {
  // The lock keeps a second node from bundling the same hugs.
  const person = await readThankPerson(ctx, personId, 'lock');
  const postponedTo = await notBefore(ctx, person, now);
  if (postponedTo !== undefined) {
    await ctx.db
      .updateTable('hug_deliveries')
      .set({ due_at: postponedTo })
      .where('person_id', '=', personId)
      .where('bundled_at', 'is', null)
      .execute();
    return;
  }
  // First the rows, then what they say: what comes between the two is in the next bundle.
  const { rows } = await sql<{ first: string | null }>`with bundled as (
      update hug_deliveries set bundled_at = ${now} from hugs
      where hugs.id = hug_deliveries.hug_id and hugs.status = 'approved'
        and hug_deliveries.person_id = ${personId} and hug_deliveries.bundled_at is null
      returning hug_deliveries.hug_id
    ) select min(hug_id) as first from bundled`.execute(ctx.db);
  const first = rows[0]?.first ?? null;
  // What remains was taken back or kept in meanwhile.
  await ctx.db.deleteFrom('hug_deliveries').where('person_id', '=', personId).where('bundled_at', 'is', null).execute();
  if (first === null) return;
  const bundle = await readBundle(ctx, personId, now);
  if (person.channel === 'email') {
    const mail = hugMail({
      personName: person.name,
      publicUrl: ctx.publicUrl,
      timeZone: person.hours.waking.timeZone,
      bundle,
    });
    const dedupKey = `hugs:${personId}:${first}`;
    const mailId = await enqueueMail(ctx, { purpose: 'thanks', dedupKey, to: person.email, ...mail });
    await ctx.db
      .updateTable('hug_deliveries')
      .set({ mail_id: mailId ?? null })
      .where('person_id', '=', personId)
      .where('bundled_at', '=', now)
      .execute();
  }
  // To whom and how many is between HugOps and that person.
  await appendEvents(
    ctx,
    bundle.map(({ incidentId }) => ({
      kind: 'hugs.delivered',
      at: now,
      actor: { kind: 'system' as const },
      incidentId,
    })),
  );
}

/** When delivery must wait: outside the hours in which the person may be thanked, or while an incident of theirs is open. Undefined: now. */
async function notBefore(ctx: Ctx, person: ThankPerson, now: EpochMs): Promise<EpochMs | undefined> {
  if (!isThankable(person.hours, now)) return nextThankable(person.hours, now) ?? neverAt;
  const { rows } = await sql`select from incidents where status <> 'resolved' and merged_into_id is null and (
      owner_id = ${person.id} or acknowledged_by = ${person.id} or exists (
        select from pages where pages.incident_id = incidents.id and pages.person_id = ${person.id}
          and pages.status in ('pending', 'sending', 'sent'))
    ) limit 1`.execute(ctx.db);
  return rows.length > 0 ? (nextThankable(person.hours, now + busyWaitMs) ?? neverAt) : undefined;
}
