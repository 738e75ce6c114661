import { explain } from '../../domain/explain.ts';
import { type Fold, foldOutages } from '../../domain/fold-outages.ts';
import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import { alertKey, type Signal, type SignalFacts } from '../signal-facts.ts';
import { readSituation, type Situation } from './read-situation.ts';
import { settleOutages } from './settle-outages.ts';
import { warnedFolds } from './warned-folds.ts';

/** Which of a batch's signals are one outage, decided for all of them together before the first is placed. */
export interface OutagePlan {
  /** The open incident that the signal belongs to by its cause. */
  incidentOf(signal: Signal): string | undefined;
  /** A provider's notice belongs to its upstream's incident, whatever else is open for the service. */
  isSharedNotice(signal: Signal): boolean;
  /** An incident was opened for the signal: what is part of the same outage follows it. */
  opened(signal: Signal, incidentId: string): void;
  /** An incident is over: nothing follows it any more. */
  ended(incidentId: string): void;
  /** After the last signal: merges, states causes, calls teams. */
  settle(now: EpochMs): Promise<void>;
}

const nothing: OutagePlan = {
  incidentOf: () => undefined,
  isSharedNotice: () => false,
  opened: () => {},
  ended: () => {},
  settle: () => Promise.resolve(),
};

const isNotice = (signal: Signal): boolean => signal.source_kind === 'upstream';
const upstreamOf = (signal: Signal): string | undefined => {
  const { upstream } = signal.evidence;
  return isNotice(signal) && typeof upstream === 'string' ? upstream : undefined;
};
/** The notice of a provider: its signals, one for each service that it concerns, are one trouble. */
const noticeOf = (signal: Signal): string => `${signal.source_id} ${signal.dedup_key.split(' ')[0] ?? ''}`;

/** Reads the situation once for a batch, and only when something in it may have to be put to others. */
export async function planOutages(
  ctx: Ctx,
  signals: readonly Signal[],
  facts: SignalFacts,
  now: EpochMs,
): Promise<OutagePlan> {
  const fresh = signals.filter(
    (signal) =>
      signal.status === 'firing' &&
      signal.service_id !== null &&
      !facts.alerts.has(alertKey(signal)) &&
      !facts.inMaintenance.has(signal.service_id),
  );
  const first = fresh.filter((signal) => isNotice(signal) || !facts.open.has(signal.service_id ?? ''));
  if (first.length === 0) return nothing;
  const newcomers = first.flatMap((signal) =>
    isNotice(signal) || signal.service_id === null ? [] : [{ serviceId: signal.service_id, at: signal.at }],
  );
  const situation = await readSituation(ctx, now, newcomers);
  if (situation === undefined) return nothing;
  for (const { id, severity } of situation.incidents)
    if (!facts.incidents.has(id)) facts.incidents.set(id, { id, severity });
  return planFor(ctx, situation, await readNotices(ctx, fresh));
}

function planFor(ctx: Ctx, { scene, incidents }: Situation, noticed: Map<string, string>): OutagePlan {
  const folds = foldOutages(explain(scene), incidents);
  const foldOf = new Map<string, Fold>();
  for (const fold of folds) for (const id of fold.outage.services) foldOf.set(id, fold);
  /** Incidents in which nothing fails yet, by the upstream that their notices are about. */
  const warned = new Map<string, string>();
  for (const { id, services, upstreams } of incidents)
    for (const upstream of services.length === 0 ? upstreams : []) warned.set(upstream, id);
  const foldFor = (signal: Signal): Fold | undefined => {
    const upstream = upstreamOf(signal);
    if (upstream !== undefined) return folds.find((fold) => fold.outage.cause.causeId === upstream);
    return foldOf.get(signal.service_id ?? '');
  };
  return {
    incidentOf: (signal) =>
      foldFor(signal)?.incidentId ??
      (isNotice(signal) ? (noticed.get(noticeOf(signal)) ?? warned.get(upstreamOf(signal) ?? '')) : undefined),
    isSharedNotice: isNotice,
    opened(signal, incidentId) {
      const fold = foldFor(signal);
      const upstream = upstreamOf(signal);
      if (fold) fold.incidentId = incidentId;
      else if (upstream !== undefined) warned.set(upstream, incidentId);
      if (isNotice(signal)) noticed.set(noticeOf(signal), incidentId);
    },
    ended(incidentId) {
      for (const fold of folds) if (fold.incidentId === incidentId) fold.incidentId = undefined;
      for (const map of [noticed, warned]) for (const [key, id] of map) if (id === incidentId) map.delete(key);
    },
    settle: (now) => settleOutages(ctx, scene, [...folds, ...warnedFolds(warned)], now),
  };
}

/** Open incidents by the notices that fire in them. */
async function readNotices(ctx: Ctx, signals: readonly Signal[]): Promise<Map<string, string>> {
  const sources = [...new Set(signals.filter(isNotice).map((signal) => signal.source_id))];
  if (sources.length === 0) return new Map();
  const rows = await ctx.db
    .selectFrom('alerts')
    .select(['source_id', 'dedup_key', 'incident_id'])
    .where('source_kind', '=', 'upstream')
    .where('source_id', 'in', sources)
    .where('status', '=', 'firing')
    .orderBy('incident_id', 'desc')
    .execute();
  return new Map(rows.map((row) => [`${row.source_id} ${row.dedup_key.split(' ')[0] ?? ''}`, row.incident_id]));
}
