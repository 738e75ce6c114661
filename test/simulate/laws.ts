import type { Kysely } from 'kysely';
import type { Tables } from '../../src/platform/db/tables.ts';
import { reminderMs } from '../../src/domain/escalation.ts';
import { maxPageAttempts, stormLimitPerMinute } from '../../src/domain/paging.ts';
import type { Delivery, Phones } from './phones.ts';

export type Violate = (law: string, what: string) => void;

/** What must hold after every step, whatever has happened. */
const hourMs = 3_600_000;

export async function checkNow(root: Kysely<Tables>, now: number, violate: Violate): Promise<void> {
  const rows = await root
    .selectFrom('incidents')
    .leftJoin('escalations', 'escalations.incident_id', 'incidents.id')
    .select(['id', 'status', 'owner_id', 'next_action_at'])
    .where((where) =>
      where.or([
        where.and([
          where('status', '=', 'triggered'),
          where.or([
            where('next_action_at', 'is', null),
            // What is minor may wait for the end of quiet hours.
            where.and([where('severity', '!=', 'minor'), where('next_action_at', '>', now + reminderMs)]),
            where('next_action_at', '>', now + 13 * hourMs),
          ]),
        ]),
        where.and([where('status', '=', 'resolved'), where('next_action_at', 'is not', null)]),
        where.and([
          where('status', '=', 'acknowledged'),
          where('owner_id', 'is', null),
          where('next_action_at', 'is', null),
        ]),
        where.and([
          where('status', '=', 'acknowledged'),
          where('owner_id', 'is not', null),
          where('acknowledge_timeout_ms', 'is', null),
          where('snoozed_until', 'is', null),
          where('next_action_at', 'is not', null),
        ]),
      ]),
    )
    .execute();
  for (const row of rows) {
    const openLaw = 'an open incident has a next action or an owner';
    if (row.status === 'triggered') violate(openLaw, `${row.id} acts next at ${row.next_action_at ?? 'no time'}`);
    else if (row.next_action_at === null) violate(openLaw, `${row.id} was acknowledged, and nobody owns it`);
    else violate('nobody is called any more once it is in hand', `${row.id} is ${row.status} and acts again`);
  }
}

/** What must hold when everything due was done. */
export async function checkRest(root: Kysely<Tables>, now: number, violate: Violate): Promise<void> {
  const signal = await root.selectFrom('signals').select('id').where('outcome', 'is', null).executeTakeFirst();
  if (signal) violate('an accepted signal is placed', `${signal.id} is not`);
  const step = await root
    .selectFrom('escalations')
    .select('incident_id')
    .where('next_action_at', '<=', now)
    .executeTakeFirst();
  if (step) violate('what is due is done', `the escalation of ${step.incident_id} is not`);
  const page = await root
    .selectFrom('pages')
    .select('id')
    .where('status', '=', 'pending')
    .where('next_attempt_at', '<=', now)
    .executeTakeFirst();
  if (page) violate('what is due is done', `the page ${page.id} waits`);
}

/** Every page that was owed arrived, or there is a reason why not; and whoever got one twice lost a receipt. Returns the duplicates. */
export async function checkPages(
  root: Kysely<Tables>,
  phones: Phones,
  { quietSince, now }: { quietSince: number; now: number },
  violate: Violate,
): Promise<number> {
  const pages = await root.selectFrom('pages').selectAll().orderBy('id').execute();
  const events = await root
    .selectFrom('events')
    .select(['seq', 'incident_id', 'kind', 'data'])
    .where((where) =>
      where.or([
        where('kind', 'like', 'incident.%'),
        where('kind', 'in', ['page.resent', 'escalation.stepped', 'severity.raised']),
      ]),
    )
    .execute();
  const delivered = Map.groupBy(phones.deliveries, (one) => one.pageId);
  const resent = Map.groupBy(
    events.filter((event) => event.kind === 'page.resent'),
    (event) => String(event.data['pageId']),
  );
  const taken = Map.groupBy(events, (event) => event.incident_id ?? '');
  // In the order of the events: a person may have pressed before the step, and was served after it.
  const wasTaken = (page: (typeof pages)[number], reason: string | null): boolean => {
    const story = taken.get(page.incident_id ?? '') ?? [];
    const owedSince = story.find((event) => event.kind === 'escalation.stepped' && event.data['round'] === page.round);
    const kind = reason === 'severity-raised' ? 'severity.raised' : `incident.${reason}`;
    return story.some((event) => event.kind === kind && event.seq > (owedSince?.seq ?? Infinity));
  };
  const byId = new Map(pages.map((page) => [page.id, page]));
  const parts = Map.groupBy(pages, (page) => page.summary_id ?? '');
  let duplicates = 0;
  for (const page of pages) {
    const arrived = delivered.get(page.id) ?? [];
    switch (page.status) {
      case 'pending':
      case 'sending':
        // Rules may let a page wait for minutes, and quiet hours for half a day.
        if (page.status === 'pending' && page.next_attempt_at > now && page.next_attempt_at < page.due_at + 13 * hourMs)
          break;
        if (page.created_at < quietSince) violate('every owed page arrives', `${page.id} is still ${page.status}`);
        break;
      case 'sent':
        if (arrived.length === 0) violate('every owed page arrives', `${page.id} counts as sent and never was`);
        break;
      case 'failed': {
        const refusal = phones.refusals.get(page.id);
        if (!refusal?.forGood && page.attempt < maxPageAttempts)
          violate('every owed page arrives', `${page.id} was given up after ${page.attempt} attempts`);
        break;
      }
      case 'cancelled': {
        const isExplained =
          page.cancel_reason === 'summed-up'
            ? byId.get(page.summary_id ?? '')?.person_id === page.person_id
            : page.kind === 'summary'
              ? (parts.get(page.id) ?? []).every((part) =>
                  ['acknowledged', 'resolved', 'reassigned', 'severity-raised'].some((reason) =>
                    wasTaken(part, reason),
                  ),
                )
              : wasTaken(page, page.cancel_reason);
        if (!isExplained)
          violate('every owed page arrives', `${page.id} was cancelled as ${page.cancel_reason}, which is not true`);
      }
    }
    const again = (resent.get(page.id) ?? []).length;
    if (page.incident_id !== null && again !== page.resend_count)
      violate('the timeline shows what came twice', `${page.id} was resent ${page.resend_count} times, shown ${again}`);
    if (arrived.length - 1 > page.resend_count)
      violate('the timeline shows what came twice', `${page.id} came ${arrived.length} times, shown ${again}`);
    for (const one of arrived)
      if (one.at < page.due_at)
        violate('nobody is called before the time', `${page.id} came at ${one.at}, due at ${page.due_at}`);
    if (arrived.length > 1) duplicates += arrived.length - 1;
    const lost = arrived.filter((one) => one.receiptLost).length;
    if (arrived.length - 1 > lost)
      violate('twice only with a lost receipt', `${page.id} came ${arrived.length} times, ${lost} receipts were lost`);
  }
  return duplicates;
}

/** One contact method never gets more single messages in a minute than the limit, resent ones aside. */
export function checkStorms(deliveries: readonly Delivery[], violate: Violate): void {
  const single = deliveries.filter((one) => one.isSingle && !one.receiptLost);
  for (const [methodId, some] of Map.groupBy(single, (one) => one.methodId)) {
    const times = some.map((one) => one.at).toSorted((a, b) => a - b);
    for (const [index, at] of times.entries()) {
      const earlier = times[index - stormLimitPerMinute];
      if (earlier !== undefined && at - earlier < 60_000)
        return violate('never a storm', `${methodId} got over ${stormLimitPerMinute} messages in the minute to ${at}`);
    }
  }
}
