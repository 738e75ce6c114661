import type { Selectable } from 'kysely';
import {
  isTrouble,
  type Notice,
  type NoticeState,
  noticeSeverity,
  type UpstreamImpact,
  type UpstreamPart,
  upstreamState,
  worstImpact,
} from '../../domain/upstream.ts';
import { matchNotice, matchPart, readScope, type ScopeMatch, type UpstreamScope } from '../../domain/upstream-scope.ts';
import { type EpochMs, severities, type Severity } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import type { Tables } from '../../platform/db/tables.ts';
import { type NewSignal, raiseSignals } from '../../respond/index.ts';
import { cleanEvidence } from '../inbound/clean-evidence.ts';
import type { Provider } from './catalogue.ts';
import { readDependencies, type Dependency } from './in-use.ts';

type NoticeRow = Selectable<Tables['upstream_notices']>;

/** A stored notice as the law reads it. */
export const toNotice = (row: NoticeRow): Notice => ({
  id: row.notice_id,
  kind: row.kind,
  title: row.title,
  url: row.url,
  state: row.state as NoticeState,
  impact: row.impact as UpstreamImpact,
  startedAt: row.started_at,
  updatedAt: row.updated_at,
  endedAt: row.ended_at,
  publicAt: row.public_at,
  parts: row.parts as UpstreamPart[],
  regions: row.regions,
  updates: [],
});

/** How bad a notice is where it matched: the worst that it says of the matching parts, or of itself where it says nothing bad of them. */
function impactThere(notice: Notice, parts: readonly UpstreamPart[]): UpstreamImpact {
  const there = worstImpact(parts.map((part) => part.impact));
  return there === 'operational' || there === 'unknown' || there === 'under_maintenance' ? notice.impact : there;
}

interface Concern {
  row: NoticeRow;
  dependency: Dependency;
  severity: Severity;
  impact: UpstreamImpact;
  match: Extract<ScopeMatch, { matches: true }>;
}

/** Draws the consequences of what is stored about a provider, in the current transaction: the state of its upstreams, and signals raised and cleared. */
export async function deriveProvider(ctx: Ctx, provider: Provider, now: EpochMs): Promise<void> {
  const rows = await ctx.db
    .selectFrom('upstream_notices')
    .selectAll()
    .where('provider', '=', provider.id)
    .where('ended_at', 'is', null)
    .execute();
  const dependencies = await readDependencies(ctx, provider.id);
  await deriveStates(ctx, provider, rows, dependencies, now);
  await deriveSignals(ctx, provider, rows, dependencies, now);
}

function findConcerns(
  provider: Provider,
  rows: readonly NoticeRow[],
  dependencies: readonly Dependency[],
): Map<string, Concern> {
  const found = new Map<string, Concern>();
  const scopes = new Map(dependencies.map((one) => [one.upstreamId, readScope(one.upstreamId, provider)]));
  for (const row of rows) {
    const notice = toNotice(row);
    if (!isTrouble(notice)) continue;
    for (const dependency of dependencies) {
      const scope = scopes.get(dependency.upstreamId);
      const match = scope && matchNotice(scope, notice, provider);
      if (match?.matches !== true) continue;
      const impact = impactThere(notice, match.parts);
      const severity = noticeSeverity(impact, dependency.hardness);
      const key = signalKey(row.id, dependency.serviceId);
      const before = found.get(key);
      // A service may need several things that one notice names: it hears of it once, at its worst.
      if (severity === undefined || (before && severities.indexOf(before.severity) <= severities.indexOf(severity)))
        continue;
      found.set(key, { row, dependency, severity, impact, match });
    }
  }
  return found;
}

const signalKey = (noticeId: string, serviceId: string): string => `${noticeId} ${serviceId}`;

async function deriveSignals(
  ctx: Ctx,
  provider: Provider,
  rows: readonly NoticeRow[],
  dependencies: readonly Dependency[],
  now: EpochMs,
): Promise<void> {
  const concerns = findConcerns(provider, rows, dependencies);
  const standing = await ctx.db
    .selectFrom('upstream_signals')
    .innerJoin('upstream_notices', 'upstream_notices.id', 'upstream_signals.notice_id')
    .select([
      'upstream_signals.notice_id',
      'service_id',
      'severity',
      'upstream_id',
      'title',
      'state',
      'ended_at',
      'url',
    ])
    .where('provider', '=', provider.id)
    .execute();
  const signals: NewSignal[] = [];
  const known = new Map(standing.map((one) => [signalKey(one.notice_id, one.service_id), one]));
  for (const [key, one] of known) {
    if (concerns.has(key)) continue;
    signals.push({
      ...signalBase(provider, one.notice_id, one.service_id, now),
      status: 'ok',
      severity: one.severity,
      summary: `${provider.name}: ${one.title}: ${one.ended_at === null ? 'does not concern this service any more' : 'over'}`,
      evidence: cleanEvidence({
        upstream: one.upstream_id,
        notice: { url: one.url, state: one.state, endedAt: one.ended_at },
      }),
    });
    await ctx.db
      .deleteFrom('upstream_signals')
      .where('notice_id', '=', one.notice_id)
      .where('service_id', '=', one.service_id)
      .execute();
  }
  for (const [key, concern] of concerns) {
    const before = known.get(key);
    // Said once, and again only when it is worse: a person who resolved the incident is not called back by the provider's next sentence.
    if (before && severities.indexOf(before.severity) <= severities.indexOf(concern.severity)) continue;
    signals.push(await firing(ctx, provider, concern, now));
    const { row, dependency, severity } = concern;
    await ctx.db
      .insertInto('upstream_signals')
      .values({
        notice_id: row.id,
        service_id: dependency.serviceId,
        upstream_id: dependency.upstreamId,
        severity,
        raised_at: now,
      })
      .onConflict((conflict) =>
        conflict.columns(['notice_id', 'service_id']).doUpdateSet({ severity, upstream_id: dependency.upstreamId }),
      )
      .execute();
  }
  await raiseSignals(ctx, signals);
}

const signalBase = (provider: Provider, noticeId: string, serviceId: string, now: EpochMs) => ({
  serviceId,
  sourceKind: 'upstream',
  sourceId: provider.id,
  dedupKey: signalKey(noticeId, serviceId),
  at: now,
});

async function firing(ctx: Ctx, provider: Provider, concern: Concern, now: EpochMs): Promise<NewSignal> {
  const { row, dependency, severity, impact, match } = concern;
  const last = await ctx.db
    .selectFrom('upstream_notice_updates')
    .select(['at', 'state', 'body'])
    .where('notice_id', '=', row.id)
    .orderBy('at', 'desc')
    .limit(1)
    .executeTakeFirst();
  const names = [...new Set(match.parts.map((part) => part.name))];
  return {
    ...signalBase(provider, row.id, dependency.serviceId, now),
    status: 'firing',
    severity,
    summary: `${provider.name}: ${row.title}`,
    evidence: cleanEvidence({
      upstream: dependency.upstreamId,
      hardness: dependency.hardness,
      provider: provider.name,
      page: provider.pageUrl,
      notice: {
        id: row.notice_id,
        title: row.title,
        url: row.url,
        state: row.state,
        impact,
        startedAt: row.started_at,
        // Against the opening of the incident, these say who knew first.
        publicAt: row.public_at,
        seenAt: row.seen_at,
      },
      matched: { reason: match.reason, parts: names.slice(0, 20) },
      ...(last === undefined
        ? {}
        : { lastUpdate: { at: last.at, state: last.state, text: last.body.slice(0, 2_000) } }),
    }),
  };
}

async function deriveStates(
  ctx: Ctx,
  provider: Provider,
  rows: readonly NoticeRow[],
  dependencies: readonly Dependency[],
  now: EpochMs,
): Promise<void> {
  const feed = await ctx.db
    .selectFrom('upstream_feeds')
    .selectAll()
    .where('provider', '=', provider.id)
    .executeTakeFirst();
  const partRows = await ctx.db.selectFrom('upstream_parts').selectAll().where('provider', '=', provider.id).execute();
  const parts = partRows.map((row): UpstreamPart => ({
    id: row.part_id,
    name: row.name,
    group: row.group_name,
    product: row.product,
    regions: row.regions,
    impact: row.impact as UpstreamImpact,
  }));
  const notices = rows.map(toNotice);
  for (const id of new Set(dependencies.map((one) => one.upstreamId))) {
    const scope = readScope(id, provider);
    if (scope === undefined) continue;
    const { trouble, maintenance } = noticesAt(scope, notices, provider);
    const { state, reason } = upstreamState(
      {
        health: feed?.health ?? 'waiting',
        lastOkAt: feed?.last_ok_at ?? null,
        notices: trouble,
        maintenance,
        parts: parts.filter((part) => matchPart(scope, part, provider)).map((part) => part.impact),
      },
      now,
    );
    await ctx.db
      .updateTable('upstreams')
      .set((set) => ({
        state,
        state_reason: reason,
        state_since: set.case().when('state', '=', state).then(set.ref('state_since')).else(now).end(),
      }))
      .where('id', '=', id)
      .where((where) => where.or([where('state', '!=', state), where('state_reason', '!=', reason)]))
      .execute();
  }
}

function noticesAt(
  scope: UpstreamScope,
  notices: readonly Notice[],
  provider: Provider,
): { trouble: UpstreamImpact[]; maintenance: boolean } {
  const trouble: UpstreamImpact[] = [];
  let maintenance = false;
  for (const notice of notices) {
    const match = matchNotice(scope, notice, provider);
    if (!match.matches) continue;
    if (isTrouble(notice)) trouble.push(impactThere(notice, match.parts));
    maintenance ||= notice.kind === 'maintenance' && notice.state === 'in_progress';
  }
  return { trouble, maintenance };
}
