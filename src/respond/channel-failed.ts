import { sql } from 'kysely';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, idFor } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { layoutMail } from '../platform/mail/layout.ts';
import { enqueueMail } from '../platform/mail/queue.ts';
import type { PageRow } from './page-message.ts';

const dayMs = 86_400_000;
// How exactly it is known when a contact method last worked: a page should not cost a write for it each time.
const okEveryMs = 3_600_000;

/** A page got through: whatever was wrong with the contact method is over. */
export async function noteContactOk(ctx: Ctx, contactMethodId: string, now: EpochMs): Promise<void> {
  await ctx.db
    .updateTable('contact_methods')
    .set({ last_ok_at: now, failing_since: null, failing_told_at: null })
    .where('id', '=', contactMethodId)
    .where((where) =>
      where.or([
        where('failing_since', 'is not', null),
        where('last_ok_at', 'is', null),
        where('last_ok_at', '<', now - okEveryMs),
      ]),
    )
    .execute();
}

/**
 * A page has failed for good: the person's next contact method is used now, and the person is told by another route, once a day,
 * that this one fails. Call it in the transaction that records the failure.
 */
export async function afterFailure(ctx: Ctx, page: PageRow, reason: string, now: EpochMs): Promise<void> {
  await ctx.db
    .updateTable('contact_methods')
    .set({ failing_since: now })
    .where('id', '=', page.contactMethodId)
    .where('failing_since', 'is', null)
    .execute();
  if (page.personId === null) return;
  if (page.incident) await useNextMethod(ctx, page, page.personId, page.incident.id, now);
  if (page.kind === 'incident' || page.kind === 'summary') await tellPerson(ctx, page, page.personId, reason, now);
}

/** What the person's rules would use later is used now; after them, what they do not name. */
async function useNextMethod(
  ctx: Ctx,
  page: PageRow,
  personId: string,
  incidentId: string,
  now: EpochMs,
): Promise<void> {
  const ofRound = await ctx.db
    .selectFrom('pages')
    .select(['id', 'status', 'next_attempt_at', 'position', 'contact_method_id', 'attempt'])
    .where('incident_id', '=', incidentId)
    .where('round', '=', page.round)
    .where('person_id', '=', personId)
    .orderBy('position')
    .orderBy('id')
    .execute();
  const next = ofRound.find((one) => one.status === 'pending' && one.attempt === 0 && one.next_attempt_at > now);
  const spare = next
    ? undefined
    : await spareMethod(
        ctx,
        personId,
        ofRound.map((one) => one.contact_method_id),
      );
  if (next) {
    await ctx.db
      .updateTable('pages')
      .set({ due_at: now, next_attempt_at: now, held_for: null })
      .where('id', '=', next.id)
      .execute();
  } else if (spare !== undefined) {
    await ctx.db
      .insertInto('pages')
      .values({
        id: idFor(ctx, 'pag'),
        incident_id: incidentId,
        person_id: personId,
        contact_method_id: spare,
        kind: 'incident',
        reason: 'channel-failed',
        round: page.round,
        position: (ofRound.at(-1)?.position ?? 0) + 1,
        status: 'pending',
        due_at: now,
        next_attempt_at: now,
        created_at: now,
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  } else return;
  await appendEvents(ctx, [
    {
      kind: 'page.rerouted',
      at: now,
      actor: { kind: 'system' },
      incidentId,
      data: { pageId: page.id, personId, fromContactMethodId: page.contactMethodId, label: page.label },
    },
  ]);
  ctx.wake('pages');
}

/** A contact method of the person that is not among these, one that works first. */
async function spareMethod(ctx: Ctx, personId: string, used: readonly string[]): Promise<string | undefined> {
  const row = await ctx.db
    .selectFrom('contact_methods')
    .select('id')
    .where('person_id', '=', personId)
    .where('archived_at', 'is', null)
    .$if(used.length > 0, (query) => query.where('id', 'not in', [...used]))
    .orderBy(sql`failing_since is not null`)
    .orderBy('position')
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

/** By another contact method; by a mail to the person's address where there is none. */
async function tellPerson(ctx: Ctx, page: PageRow, personId: string, reason: string, now: EpochMs): Promise<void> {
  const told = await ctx.db
    .updateTable('contact_methods')
    .set({ failing_told_at: now })
    .where('id', '=', page.contactMethodId)
    .where((where) => where.or([where('failing_told_at', 'is', null), where('failing_told_at', '<=', now - dayMs)]))
    .returning('id')
    .executeTakeFirst();
  if (!told) return;
  const notice = `HugOps could not reach you by ${page.channelKind} (${page.label}): ${reason}. Please look at your contact methods.`;
  const other = await spareMethod(ctx, personId, [page.contactMethodId]);
  if (other !== undefined) {
    await ctx.db
      .insertInto('pages')
      .values({
        id: idFor(ctx, 'pag'),
        incident_id: null,
        person_id: personId,
        contact_method_id: other,
        kind: 'notice',
        reason: 'channel-failing',
        round: 0,
        status: 'pending',
        due_at: now,
        next_attempt_at: now,
        created_at: now,
        data: JSON.stringify({ notice }),
      })
      .execute();
    ctx.wake('pages');
    return;
  }
  if (page.channelKind === 'email') return;
  const { email } = await ctx.db
    .selectFrom('people')
    .select('email')
    .where('id', '=', personId)
    .executeTakeFirstOrThrow();
  const mail = layoutMail({
    heading: 'A way to reach you does not work',
    paragraphs: [notice],
    buttons: [{ label: 'Open HugOps', url: `${ctx.publicUrl}/console/me` }],
    footer: [],
  });
  const dedupKey = `channel-failing:${page.contactMethodId}:${now}`;
  const subject = 'A way to reach you does not work';
  await enqueueMail(ctx, { purpose: 'account', dedupKey, to: email, subject, ...mail });
}
