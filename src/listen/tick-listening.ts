import { isBlind, binOf, isSuspect, postBinMs } from '../domain/listening.ts';
import type { EpochMs } from '../domain/words.ts';
import { type Ctx, transact } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { leadOf } from './burst-lead.ts';
import { signalBurst, voicesSince } from './record-burst.ts';
import { stepSeries } from './step-series.ts';
import type { Target } from './watch-words.ts';

const atOnce = 50;

/**
 * What time brings without a post: whether HugOps can hear at all, ends of bursts, a burst that is a brigade's no longer, and to which
 * incident a burst has led. Bounded batches; call it again while it returns more than 0.
 */
export async function tickListening(ctx: Ctx, now: EpochMs): Promise<number> {
  await noteBin(ctx, now);
  const stepped = await stepOpenBursts(ctx, now);
  await clearSuspicions(ctx, now);
  await linkIncidents(ctx, now);
  return stepped;
}

/** A source that sends by itself cannot be told to be dead by its silence. */
const pushes = 'webhook';
const lately = 7 * 86_400_000;

/** Writes down whether what is counted in this bin says anything; once blind, a bin stays so. */
async function noteBin(ctx: Ctx, now: EpochMs): Promise<void> {
  const sources = await ctx.db
    .selectFrom('listen_sources')
    .select(['id', 'kind', 'health'])
    .where('archived_at', 'is', null)
    .where('health', '!=', 'ended')
    .execute();
  const isSure = sources.every(({ kind, health }) => kind === pushes || health === 'ok');
  const weights = isSure ? new Map<string, number>() : await readWeights(ctx, now);
  const blind =
    sources.length > 0 &&
    isBlind(
      sources.map(({ id, kind, health }) => ({
        isAlive: kind === pushes || health === 'ok',
        weight: weights.get(id) ?? 0,
      })),
    );
  await ctx.db
    .insertInto('listen_bins')
    .values({ bin_at: binOf(now), blind })
    .onConflict((conflict) =>
      blind ? conflict.column('bin_at').doUpdateSet({ blind }) : conflict.column('bin_at').doNothing(),
    )
    .execute();
}

async function readWeights(ctx: Ctx, now: EpochMs): Promise<Map<string, number>> {
  const rows = await ctx.db
    .selectFrom('post_counts')
    .select(['source', (select) => select.fn.sum<number>('voices').as('voices')])
    .where('bin_at', '>', now - lately)
    .groupBy('source')
    .execute();
  return new Map(rows.map((row) => [row.source, Number(row.voices)]));
}

/** Series in a burst are stepped once a bin, so that a burst ends when nobody posts any more. */
async function stepOpenBursts(ctx: Ctx, now: EpochMs): Promise<number> {
  const rows = await ctx.db
    .selectFrom('burst_series')
    .select(['measure', 'target_kind', 'target_id'])
    .where('in_burst', '=', true)
    .where('stepped_at', '<', binOf(now))
    .orderBy('stepped_at')
    .limit(atOnce)
    .execute();
  for (const measure of ['posts', 'reports'] as const) {
    const quiet = rows
      .filter((row) => row.measure === measure)
      .map((row): Target => ({ kind: row.target_kind, id: row.target_id }));
    if (quiet.length > 0) await transact(ctx, (tx) => stepSeries(tx, { measure, events: [], quiet, now }));
  }
  return rows.length < atOnce ? 0 : rows.length;
}

/** A burst that began with fresh accounts is believed as soon as the others are the more. */
async function clearSuspicions(ctx: Ctx, now: EpochMs): Promise<void> {
  const rows = await ctx.db
    .selectFrom('bursts')
    .select(['id', 'target_kind', 'target_id', 'since', 'evidence'])
    .where('ended_at', 'is', null)
    .where('suspect', '=', true)
    .where('signalled', '=', false)
    .limit(atOnce)
    .execute();
  for (const row of rows) {
    const target: Target = { kind: row.target_kind, id: row.target_id };
    const { voices, fresh, sources } = await voicesSince(ctx, target, row.since);
    // Those that are not fresh must be as many as were needed to call it a burst.
    const needed = Number(row.evidence['observed']);
    if (isSuspect(voices, fresh) || voices - fresh < needed) continue;
    const evidence = JSON.stringify({ ...row.evidence, voices, freshVoices: fresh, sources });
    await transact(ctx, async (tx) => {
      await tx.db.updateTable('bursts').set({ suspect: false, evidence }).where('id', '=', row.id).execute();
      await signalBurst(tx, row.id, now);
    });
  }
}

/** Once its signal is placed, a burst belongs to the incident; the timeline says how much earlier the crowd was. */
async function linkIncidents(ctx: Ctx, now: EpochMs): Promise<void> {
  const rows = await ctx.db
    .selectFrom('bursts')
    .selectAll()
    .where((where) => where.or([where('signalled', '=', true), where('measure', '=', 'reports')]))
    .where('incident_id', 'is', null)
    .where('known_at', '>', now - postBinMs * 12 * 24)
    .orderBy('known_at', 'desc')
    .limit(atOnce)
    .execute();
  for (const row of rows) {
    const placed = await placeOf(ctx, row);
    if (placed === undefined) continue;
    const { incident_id: incidentId } = placed;
    await transact(ctx, async (tx) => {
      const lead = await leadOf(tx, row);
      await tx.db.updateTable('bursts').set({ incident_id: incidentId }).where('id', '=', row.id).execute();
      await appendEvents(tx, [
        {
          kind: 'burst.linked',
          at: now,
          actor: { kind: 'system' },
          incidentId,
          serviceId: placed.service_id,
          data: {
            burstId: row.id,
            measure: row.measure,
            target: { kind: row.target_kind, id: row.target_id },
            lead,
            ...row.evidence,
          },
        },
      ]);
    });
  }
}

/** The incident that the burst's signal went to, once it is placed. */
async function placeOf(
  ctx: Ctx,
  row: { id: string; measure: 'posts' | 'reports'; target_id: string; since: EpochMs },
): Promise<{ incident_id: string; service_id: string } | undefined> {
  const isReports = row.measure === 'reports';
  // Visitors may have been a signal before they were a burst; a burst of posts brings its own, whose key names what it is about.
  return ctx.db
    .selectFrom('alerts')
    .select(['incident_id', 'service_id'])
    .where('source_kind', '=', row.measure)
    .where('last_at', '>=', row.since)
    .$if(isReports, (query) => query.where('service_id', '=', row.target_id))
    .$if(!isReports, (query) => query.where((where) => where(where.ref('evidence', '->>').key('burstId'), '=', row.id)))
    .orderBy('first_at')
    .limit(1)
    .executeTakeFirst();
}
