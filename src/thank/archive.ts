import { bestWords } from '../domain/best-words.ts';
import { thankCard } from '../domain/thank-card.ts';
import type { EpochMs, HugKind } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { readMyThanks } from './read-hugs.ts';

const wordsLooked = 500;
const wordsOnCard = 3;

/** The person's card of an incident in which they are credited, as SVG. Throws `not-found` for one in which they are not. */
export async function readCard(ctx: Ctx, personId: string, incidentId: string): Promise<string> {
  const incident = await ctx.db
    .selectFrom('credits')
    .innerJoin('incidents', 'incidents.id', 'credits.incident_id')
    .select(['public_title', 'opened_at', 'acknowledged_at', 'resolved_at'])
    .where('credits.incident_id', '=', incidentId)
    .where('credits.person_id', '=', personId)
    .where('credits.declined_at', 'is', null)
    .executeTakeFirst();
  if (!incident) throw new ServiceError('not-found', 'You are not credited in this incident.');
  const hugs = ctx.db.selectFrom('hugs').where('incident_id', '=', incidentId).where('status', '=', 'approved');
  const { count } = await hugs.select((eb) => eb.fn.countAll().as('count')).executeTakeFirstOrThrow();
  const said = await hugs
    .select('message')
    .where('message', 'is not', null)
    // What colleagues say to each other stays among them, and a post is its author's to show: a card goes around.
    .where('source', 'in', ['visitor', 'app'])
    .orderBy('created_at')
    .limit(wordsLooked)
    .execute();
  const words = bestWords(
    said.flatMap(({ message }) => (message === null ? [] : { message })),
    wordsOnCard,
  );
  return thankCard({
    title: incident.public_title,
    openedAt: incident.opened_at,
    acknowledgedAt: incident.acknowledged_at,
    resolvedAt: incident.resolved_at,
    people: Number(count),
    words: words.map(({ message }) => message),
  });
}

export interface ThanksExport {
  format: 'hugops-thanks-1';
  exportedAt: string;
  incidents: {
    title: string;
    openedAt: string;
    resolvedAt: string | null;
    youWere: string[];
    hugs: { kind: HugKind; words: string | null; at: string }[];
  }[];
}

/** Everything that a person was thanked for, to take along. Times are ISO 8601 in UTC. */
export async function exportThanks(ctx: Ctx, personId: string, now: EpochMs): Promise<ThanksExport> {
  const iso = (at: EpochMs): string => new Date(at).toISOString();
  const { incidents } = await readMyThanks(ctx, personId);
  return {
    format: 'hugops-thanks-1',
    exportedAt: iso(now),
    incidents: incidents.map((incident) => ({
      title: incident.title,
      openedAt: iso(incident.openedAt),
      resolvedAt: incident.resolvedAt === null ? null : iso(incident.resolvedAt),
      youWere: incident.reasons,
      hugs: incident.hugs.map((hug) => ({ kind: hug.kind, words: hug.message, at: iso(hug.createdAt) })),
    })),
  };
}

/** Erases what a person was credited and thanked for. It does not come back: they count as having declined each. */
export async function eraseThanks(ctx: Ctx, personId: string, now: EpochMs): Promise<void> {
  await transact(ctx, async (tx) => {
    await tx.db.deleteFrom('hug_deliveries').where('person_id', '=', personId).execute();
    await tx.db.deleteFrom('credit_additions').where('person_id', '=', personId).execute();
    await tx.db
      .updateTable('credits')
      .set({ reasons: '[]', declined_at: now })
      .where('person_id', '=', personId)
      .execute();
  });
}
