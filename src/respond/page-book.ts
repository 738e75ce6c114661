import { type OwedPage, planNotifications, type Reachable } from '../domain/notification.ts';
import type { EpochMs, PolicyStep, Urgency } from '../domain/words.ts';
import { type Ctx, idFor } from '../platform/context.ts';
import { appendEvents, type NewEvent } from '../platform/events.ts';
import { fallbackPeople, resolveTargets } from './on-call.ts';

/** A page that a step owes: to a person, or (null) to a team's channel. */
export interface Owed extends OwedPage {
  personId: string | null;
}

/** The pages of a batch of escalations: who is behind the same targets is read once, and all are written together. */
export interface PageBook {
  owedBy(targets: PolicyStep['targets'], urgency: Urgency): Promise<Owed[]>;
  /** To the owners and admins, when a policy reaches nobody. */
  owedByFallback(urgency: Urgency): Promise<Owed[]>;
  owe(incidentId: string, reason: string, round: number, owed: readonly Owed[]): void;
  tell(event: NewEvent): void;
  write(): Promise<void>;
}

/** Call it within the transaction that locks the escalations. */
export function openPageBook(ctx: Ctx, now: EpochMs): PageBook {
  const known = new Map<string, Owed[]>();
  const rows: { incidentId: string; reason: string; round: number; owed: Owed }[] = [];
  const events: NewEvent[] = [];

  const plan = async (people: readonly string[], channels: readonly string[], urgency: Urgency): Promise<Owed[]> => {
    const reachable = await readReachable(ctx, people);
    const toPeople = reachable.flatMap((person) =>
      planNotifications(person, urgency, now).map((page) => ({ ...page, personId: person.personId })),
    );
    const toChannels = (await knownChannels(ctx, channels)).map((contactMethodId) => ({
      contactMethodId,
      personId: null,
      position: 0,
      dueAt: now,
      sendAt: now,
      isHeld: false,
    }));
    return [...toPeople, ...toChannels];
  };
  const once = async (key: string, make: () => Promise<Owed[]>): Promise<Owed[]> => {
    const before = known.get(key);
    if (before !== undefined) return before;
    const made = await make();
    known.set(key, made);
    return made;
  };
  return {
    async owedBy(targets, urgency) {
      const resolve = async (): Promise<Owed[]> => {
        const { people, channels } = await resolveTargets(ctx, targets, now);
        return plan(people, channels, urgency);
      };
      // Turns are taken one by one; everything else is the same for every incident of this instant.
      if (targets.some(({ kind }) => kind === 'round-robin')) return resolve();
      return once(JSON.stringify([targets, urgency]), resolve);
    },
    owedByFallback: (urgency) => once(urgency, async () => plan(await fallbackPeople(ctx), [], urgency)),
    owe(incidentId, reason, round, owed) {
      for (const one of owed) rows.push({ incidentId, reason, round, owed: one });
    },
    tell: (event) => void events.push(event),
    async write() {
      for (let from = 0; from < rows.length; from += insertLimit) {
        await ctx.db
          .insertInto('pages')
          .values(rows.slice(from, from + insertLimit).map((row) => pageRow(ctx, row, now)))
          .onConflict((conflict) => conflict.doNothing())
          .execute();
      }
      await appendEvents(ctx, events);
    },
  };
}

// PostgreSQL takes 65,535 parameters a statement.
const insertLimit = 2_000;

const pageRow = (
  ctx: Ctx,
  { incidentId, reason, round, owed }: { incidentId: string; reason: string; round: number; owed: Owed },
  now: EpochMs,
) => ({
  id: idFor(ctx, 'pag'),
  incident_id: incidentId,
  person_id: owed.personId,
  contact_method_id: owed.contactMethodId,
  kind: 'incident' as const,
  reason,
  round,
  position: owed.position,
  status: 'pending' as const,
  due_at: owed.dueAt,
  held_for: owed.isHeld ? ('quiet-hours' as const) : null,
  next_attempt_at: owed.sendAt,
  created_at: now,
});

/** The people in use among these, with their rules and the ways to reach them. */
async function readReachable(ctx: Ctx, people: readonly string[]): Promise<Reachable[]> {
  if (people.length === 0) return [];
  const rows = await ctx.db
    .selectFrom('contact_methods')
    .innerJoin('people', 'people.id', 'contact_methods.person_id')
    .select(['contact_methods.id', 'people.id as person_id', 'people.time_zone', 'people.notification_rules'])
    .where('contact_methods.person_id', 'in', [...people])
    .where('contact_methods.archived_at', 'is', null)
    .where('people.archived_at', 'is', null)
    .orderBy('contact_methods.person_id')
    .orderBy('contact_methods.position')
    .execute();
  return [...Map.groupBy(rows, (row) => row.person_id)].map(([personId, methods]) => ({
    personId,
    timeZone: methods[0]?.time_zone ?? 'UTC',
    rules: methods[0]?.notification_rules ?? null,
    contactMethodIds: methods.map(({ id }) => id),
  }));
}

async function knownChannels(ctx: Ctx, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await ctx.db
    .selectFrom('contact_methods')
    .select('id')
    .where('id', 'in', [...ids])
    .where('team_id', 'is not', null)
    .where('archived_at', 'is', null)
    .orderBy('id')
    .execute();
  return rows.map((row) => row.id);
}
