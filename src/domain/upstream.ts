import type { EpochMs, Impact, Severity } from './words.ts';

/** How bad it is in the words of a status page; `unknown` where the provider does not say. */
export type UpstreamImpact = Impact | 'unknown';

/** Where a provider says that its work stands. `unknown`: it published words without a state, which never means that all is well. */
export const noticeStates = [
  'unknown',
  'investigating',
  'identified',
  'monitoring',
  'resolved',
  'scheduled',
  'in_progress',
  'completed',
] as const;
export type NoticeState = (typeof noticeStates)[number];

/** A thing that a provider names: a product, a component of its page, sometimes only a region. */
export interface UpstreamPart {
  /** The provider's own id. */
  id: string;
  name: string;
  /** What it stands under on the provider's page: often a region. */
  group: string | null;
  /** The provider's exact machine name of the product (`dynamodb`), where it has such names. */
  product: string | null;
  /** Regions of this part, as the provider writes them. */
  regions: string[];
  impact: UpstreamImpact;
}

export interface NoticeUpdate {
  id: string;
  at: EpochMs;
  state: NoticeState;
  /** Plain text. */
  text: string;
}

/** What a provider says about one trouble or one maintenance. */
export interface Notice {
  /** The provider's own id. */
  id: string;
  kind: 'incident' | 'maintenance';
  title: string;
  url: string | null;
  state: NoticeState;
  impact: UpstreamImpact;
  /** When the trouble began, as the provider sees it now. */
  startedAt: EpochMs | null;
  updatedAt: EpochMs | null;
  /** Of a maintenance that is not over, when it is planned to end. */
  endedAt: EpochMs | null;
  /** When the provider first said something in public, which may be hours after the start. */
  publicAt: EpochMs | null;
  parts: UpstreamPart[];
  /** Regions of the whole notice, as the provider writes them; none when it names none. */
  regions: string[];
  /** Oldest first. */
  updates: NoticeUpdate[];
}

// From the mildest; `unknown` stands between what is surely fine and what is surely bad.
const impactOrder: readonly UpstreamImpact[] = [
  'operational',
  'under_maintenance',
  'unknown',
  'degraded_performance',
  'partial_outage',
  'major_outage',
];

/** The worst of them; `operational` of none. */
export const worstImpact = (impacts: Iterable<UpstreamImpact>): UpstreamImpact => {
  let worst = 0;
  for (const impact of impacts) worst = Math.max(worst, impactOrder.indexOf(impact));
  return impactOrder[worst] ?? 'unknown';
};

export const isOver = (state: NoticeState): boolean => state === 'resolved' || state === 'completed';

const dayMs = 86_400_000;
// Lists of recent entries keep what nobody closed. A provider that works on trouble says so at least once a week.
const silentForMs = 7 * dayMs;
// An entry without any state is news of its day.
const statelessForMs = dayMs;

/** Whether a notice of a list of recent entries has been left open by forgetting: nothing was said about it for too long. */
export function isForgotten(
  notice: { state: NoticeState; updatedAt: EpochMs; lists: 'current' | 'recent' },
  now: EpochMs,
): boolean {
  if (notice.lists === 'current' || isOver(notice.state) || notice.state === 'scheduled') return false;
  return now - notice.updatedAt > (notice.state === 'unknown' ? statelessForMs : silentForMs);
}

/** Whether a notice speaks of trouble now: neither over nor still to come. */
export const isTrouble = (notice: { kind: Notice['kind']; state: NoticeState }): boolean =>
  notice.kind === 'incident' && !isOver(notice.state) && notice.state !== 'scheduled';

/**
 * How severe a provider's notice is for a service that depends on what it names.
 *
 * | impact at the provider | hard dependency | soft dependency |
 * |---|---|---|
 * | major or partial outage, or not said | major | minor |
 * | degraded performance | minor | minor |
 * | under maintenance, operational (a mere remark) | none | none |
 *
 * Never critical: it is somebody else's word about somebody else's trouble, and whether the service itself is down its own checks know better.
 */
export function noticeSeverity(impact: UpstreamImpact, hardness: 'hard' | 'soft'): Severity | undefined {
  if (impact === 'operational' || impact === 'under_maintenance') return undefined;
  return hardness === 'hard' && impact !== 'degraded_performance' ? 'major' : 'minor';
}

/** How well a provider's feed can be read now. */
export type FeedHealth = 'waiting' | 'ok' | 'failing' | 'changed-format';

// Feeds are asked every minute; silence beyond this is no knowledge.
const staleAfterMs = 15 * 60_000;

export interface UpstreamFacts {
  health: FeedHealth;
  lastOkAt: EpochMs | null;
  /** Impacts of the notices of trouble that concern it, as far as they do. */
  notices: readonly UpstreamImpact[];
  maintenance: boolean;
  /** States of the parts of the provider's page that concern it. */
  parts: readonly UpstreamImpact[];
}

export type UpstreamState = { state: UpstreamImpact; reason: 'notice' | 'part' | 'maintenance' | 'quiet' | 'not-read' };

/** The state of an upstream. A feed that cannot be read is no news, and no news is never good news: then it is unknown. */
export function upstreamState(facts: UpstreamFacts, now: EpochMs): UpstreamState {
  const told = worstImpact(facts.notices);
  // A notice without impact is trouble of a size that nobody said.
  if (facts.notices.length > 0 && told !== 'operational') return { state: told, reason: 'notice' };
  const isRead = facts.lastOkAt !== null && facts.health !== 'changed-format' && now - facts.lastOkAt <= staleAfterMs;
  if (!isRead) return { state: 'unknown', reason: 'not-read' };
  const seen = worstImpact(facts.parts);
  if (seen !== 'operational') return { state: seen, reason: 'part' };
  if (facts.maintenance) return { state: 'under_maintenance', reason: 'maintenance' };
  return { state: 'operational', reason: 'quiet' };
}
