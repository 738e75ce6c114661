import type { Selectable } from 'kysely';
import { expectCount } from '../detect/burst-baseline.ts';
import type { BurstState } from '../detect/burst.ts';
import type { Stance } from '../detect/stance.ts';
import { binOf, postBinMs } from '../domain/listening.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import type { Tables } from '../platform/db/tables.ts';
import { ServiceError } from '../platform/errors.ts';
import type { BurstView, CurvePoint, Listening, ListeningTarget, PostView } from './schemas.ts';
import { sourceKinds } from './sources/index.ts';
import { type Target, targetKey } from './watch-words.ts';

const hourMs = 3_600_000;
const mostPosts = 100;
const mostTargets = 500;

/** Everything that is listened to and for, with the loudest first. */
export async function readListening(ctx: Ctx, now: EpochMs): Promise<Listening> {
  const sources = await ctx.db
    .selectFrom('listen_sources')
    .selectAll()
    .where('archived_at', 'is', null)
    .orderBy('id')
    .execute();
  const ofDay = await ctx.db
    .selectFrom('post_counts')
    .select(['source', (select) => select.fn.sum<number>('posts').as('posts')])
    .where('bin_at', '>=', now - 24 * hourMs)
    .groupBy('source')
    .execute();
  const posts = new Map(ofDay.map((row) => [row.source, Number(row.posts)]));
  const bin = await ctx.db
    .selectFrom('listen_bins')
    .select('blind')
    .where('bin_at', '=', binOf(now))
    .executeTakeFirst();
  return {
    sources: sources.map((row) => ({
      id: row.id,
      kind: row.kind,
      label: sourceKinds.get(row.kind)?.label ?? row.kind,
      health: row.health,
      healthSince: row.health_since,
      lastSeenAt: row.last_seen_at,
      lastPostAt: row.last_post_at,
      lastError: row.last_error,
      lastErrorAt: row.last_error_at,
      failures: row.failures,
      postsOfDay: posts.get(row.id) ?? 0,
    })),
    targets: await readTargets(ctx, now),
    isBlind: bin?.blind ?? false,
  };
}

async function readTargets(ctx: Ctx, now: EpochMs): Promise<Listening['targets']> {
  const rows = await ctx.db.selectFrom('listen_targets').selectAll().orderBy('name').limit(mostTargets).execute();
  const counts = await ctx.db
    .selectFrom('post_counts')
    .select(['target_kind', 'target_id', 'stance', (select) => select.fn.sum<number>('voices').as('voices')])
    .where('bin_at', '>', now - hourMs)
    .groupBy(['target_kind', 'target_id', 'stance'])
    .execute();
  const heard = new Map<string, Record<Stance, number>>();
  for (const row of counts) {
    const key = targetKey({ kind: row.target_kind, id: row.target_id });
    const known = heard.get(key) ?? { problem: 0, thanks: 0, joke: 0, other: 0 };
    known[row.stance] = Number(row.voices);
    heard.set(key, known);
  }
  const open = await ctx.db.selectFrom('bursts').selectAll().where('ended_at', 'is', null).execute();
  const bursts = new Map(open.map((row) => [targetKey({ kind: row.target_kind, id: row.target_id }), toBurst(row)]));
  const targets = rows.map((row) => {
    const key = targetKey({ kind: row.target_kind, id: row.target_id });
    return {
      kind: row.target_kind,
      id: row.target_id,
      name: row.name,
      since: row.since,
      lastHour: heard.get(key) ?? { problem: 0, thanks: 0, joke: 0, other: 0 },
      burst: bursts.get(key) ?? null,
    };
  });
  return targets.toSorted(
    (a, b) => Number(b.burst !== null) - Number(a.burst !== null) || b.lastHour.problem - a.lastHour.problem,
  );
}

/** One target: its curve against what is usual, its bursts, and the newest posts that are kept. Throws `not-found`. */
export async function readListeningTarget(
  ctx: Ctx,
  target: Target,
  { hours, now }: { hours: number; now: EpochMs },
): Promise<ListeningTarget> {
  const row = await ctx.db
    .selectFrom('listen_targets')
    .select('name')
    .where('target_kind', '=', target.kind)
    .where('target_id', '=', target.id)
    .executeTakeFirst();
  if (!row) throw new ServiceError('not-found', 'Nothing with this name is listened for.');
  const from = binOf(now - hours * hourMs);
  return {
    ...target,
    name: row.name,
    binMs: postBinMs,
    curve: await readCurve(ctx, target, from, now),
    bursts: await readBursts(ctx, target, from),
    posts: await readPosts(ctx, target),
  };
}

async function readCurve(ctx: Ctx, target: Target, from: EpochMs, now: EpochMs): Promise<CurvePoint[]> {
  const series = await ctx.db
    .selectFrom('burst_series')
    .select('state')
    .where('measure', '=', 'posts')
    .where('target_kind', '=', target.kind)
    .where('target_id', '=', target.id)
    .executeTakeFirst();
  const baseline = (series?.state as BurstState | undefined)?.baseline;
  const isLearnt = baseline !== undefined && baseline.bins > 0;
  const blind = await ctx.db
    .selectFrom('listen_bins')
    .select('bin_at')
    .where('bin_at', '>=', from)
    .where('blind', '=', true)
    .execute();
  const gaps = new Set(blind.map((bin) => bin.bin_at));
  const points = new Map<EpochMs, CurvePoint>();
  for (let at = from; at <= now; at += postBinMs) {
    const usual = isLearnt ? expectCount(baseline, at + postBinMs / 2) : undefined;
    points.set(at, {
      at,
      problem: 0,
      thanks: 0,
      joke: 0,
      other: 0,
      reports: 0,
      expected: usual?.mean ?? null,
      // Three deviations of the negative binomial: variance = mean + mean^2 / size.
      most: usual === undefined ? null : usual.mean + 3 * Math.sqrt(usual.mean + usual.mean ** 2 / usual.size),
      blind: gaps.has(at),
    });
  }
  for (const { bin_at, stance, voices } of await countsOf(ctx, [target], from, now)) {
    const point = points.get(bin_at);
    if (point) point[stance] += voices;
  }
  if (target.kind === 'service') {
    for (const at of await reportsOf(ctx, [target.id], from, now)) {
      const point = points.get(binOf(at));
      if (point) point.reports += 1;
    }
  }
  return [...points.values()];
}

/** Voices by bin and stance of any of the targets, all sources together. */
export async function countsOf(
  ctx: Ctx,
  targets: readonly Target[],
  from: EpochMs,
  until: EpochMs,
): Promise<{ bin_at: EpochMs; stance: Stance; voices: number }[]> {
  if (targets.length === 0) return [];
  const rows = await ctx.db
    .selectFrom('post_counts')
    .select(['bin_at', 'stance', (select) => select.fn.sum<number>('voices').as('voices')])
    .where((where) =>
      where.or(
        targets.map(({ kind, id }) => where.and([where('target_kind', '=', kind), where('target_id', '=', id)])),
      ),
    )
    .where('bin_at', '>=', from)
    .where('bin_at', '<=', until)
    .groupBy(['bin_at', 'stance'])
    .execute();
  return rows.map((row) => ({ ...row, voices: Number(row.voices) }));
}

/** When visitors reported the services. */
export async function reportsOf(
  ctx: Ctx,
  serviceIds: readonly string[],
  from: EpochMs,
  until: EpochMs,
): Promise<EpochMs[]> {
  if (serviceIds.length === 0) return [];
  const rows = await ctx.db
    .selectFrom('reports')
    .select('at')
    .where('service_id', 'in', serviceIds)
    .where('at', '>=', from)
    .where('at', '<=', until)
    .execute();
  return rows.map(({ at }) => at);
}

async function readBursts(ctx: Ctx, target: Target, from: EpochMs): Promise<BurstView[]> {
  const rows = await ctx.db
    .selectFrom('bursts')
    .selectAll()
    .where('target_kind', '=', target.kind)
    .where('target_id', '=', target.id)
    .where((where) => where.or([where('ended_at', 'is', null), where('ended_at', '>=', from)]))
    .orderBy('since', 'desc')
    .limit(50)
    .execute();
  return rows.map(toBurst);
}

/** A burst as people and programs read it. */
export function toBurst(row: Selectable<Tables['bursts']>): BurstView {
  const lead = row.evidence['lead'] as BurstView['lead'] | undefined;
  return {
    id: row.id,
    measure: row.measure,
    since: row.since,
    knownAt: row.known_at,
    stage: row.stage,
    learning: row.learning,
    confidence: row.confidence,
    suspect: row.suspect,
    peak: row.peak,
    peakAt: row.peak_at,
    declineAt: row.decline_at,
    endedAt: row.ended_at,
    endReason: row.end_reason,
    incidentId: row.incident_id,
    observed: Number(row.evidence['observed'] ?? 0),
    expected: Number(row.evidence['expected'] ?? 0),
    lead: lead ?? null,
  };
}

async function readPosts(ctx: Ctx, target: Target): Promise<PostView[]> {
  const rows = await ctx.db
    .selectFrom('posts')
    .innerJoin('post_mentions', 'post_mentions.post_id', 'posts.id')
    .selectAll('posts')
    .select([
      'matched',
      (select) =>
        select
          .selectFrom('stance_corrections')
          .leftJoin('people', 'people.id', 'stance_corrections.person_id')
          .select('people.name')
          .whereRef('stance_corrections.post_id', '=', 'posts.id')
          .orderBy('stance_corrections.at', 'desc')
          .limit(1)
          .as('corrected_by'),
    ])
    .where('target_kind', '=', target.kind)
    .where('target_id', '=', target.id)
    .orderBy('at', 'desc')
    .orderBy('posts.id')
    .limit(mostPosts)
    .execute();
  return rows.map((row) => ({
    id: row.id,
    source: row.source,
    at: row.at,
    text: row.text,
    url: row.url,
    language: row.language,
    stance: row.stance,
    probability: row.stance_probability,
    matched: row.matched,
    isFreshAuthor: row.is_fresh_author,
    correctedBy: row.corrected_by,
    reasons: row.reasons,
  }));
}
