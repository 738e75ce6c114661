import { sql } from 'kysely';
import { bestWords } from '../domain/best-words.ts';
import type { EpochMs, HugKind } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';

/** What came for one person in one message, by incident. */
export interface BundleOfIncident {
  incidentId: string;
  title: string;
  openedAt: EpochMs;
  acknowledgedAt: EpochMs | null;
  resolvedAt: EpochMs | null;
  /** All who said thank you by then, also those before this message. */
  total: number;
  byKind: { kind: HugKind; count: number }[];
  words: { kind: HugKind; message: string }[];
}

const wordsLooked = 500;
const wordsShown = 8;

/** The hugs that were bundled for the person at that instant: counted by the database, because a flood has more than a message can hold. */
export async function readBundle(ctx: Ctx, personId: string, bundledAt: EpochMs): Promise<BundleOfIncident[]> {
  const counts = await ctx.db
    .selectFrom('hug_deliveries')
    .innerJoin('hugs', 'hugs.id', 'hug_deliveries.hug_id')
    .innerJoin('incidents', 'incidents.id', 'hugs.incident_id')
    .select((eb) => ['hugs.incident_id', 'hugs.kind', eb.fn.countAll().as('count')])
    .select(['incidents.public_title', 'incidents.opened_at', 'incidents.acknowledged_at', 'incidents.resolved_at'])
    .where('hug_deliveries.person_id', '=', personId)
    .where('hug_deliveries.bundled_at', '=', bundledAt)
    .where('hugs.status', '=', 'approved')
    .groupBy(['hugs.incident_id', 'hugs.kind', 'incidents.id'])
    .execute();
  const incidents = [...Map.groupBy(counts, (row) => row.incident_id)].toSorted(
    ([, [a]], [, [b]]) => (b?.opened_at ?? 0) - (a?.opened_at ?? 0),
  );
  return Promise.all(
    incidents.map(async ([incidentId, rows]) => {
      const [row] = rows;
      if (row === undefined) throw new Error('a group has at least one row');
      return {
        incidentId,
        title: row.public_title,
        openedAt: row.opened_at,
        acknowledgedAt: row.acknowledged_at,
        resolvedAt: row.resolved_at,
        total: await countThanks(ctx, incidentId),
        byKind: rows
          .map(({ kind, count }) => ({ kind, count: Number(count) }))
          .toSorted((a, b) => b.count - a.count || a.kind.localeCompare(b.kind)),
        words: await readWords(ctx, personId, incidentId, bundledAt),
      };
    }),
  );
}

async function countThanks(ctx: Ctx, incidentId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from hugs where incident_id = ${incidentId} and status = 'approved'`.execute(ctx.db);
  return Number(rows[0]?.count ?? 0);
}

async function readWords(ctx: Ctx, personId: string, incidentId: string, bundledAt: EpochMs) {
  const rows = await ctx.db
    .selectFrom('hug_deliveries')
    .innerJoin('hugs', 'hugs.id', 'hug_deliveries.hug_id')
    .select(['hugs.kind', 'hugs.message'])
    .where('hug_deliveries.person_id', '=', personId)
    .where('hug_deliveries.bundled_at', '=', bundledAt)
    .where('hugs.incident_id', '=', incidentId)
    .where('hugs.status', '=', 'approved')
    .where('hugs.message', 'is not', null)
    .orderBy('hugs.created_at')
    .orderBy('hugs.id')
    .limit(wordsLooked)
    .execute();
  const said = rows.flatMap(({ kind, message }) => (message === null ? [] : { kind, message }));
  return bestWords(said, wordsShown);
}
