import { isOver, type Notice, type NoticeUpdate, type UpstreamPart } from '../../domain/upstream.ts';
import type { EpochMs } from '../../domain/words.ts';
import { cutText } from '../../platform/cut-text.ts';
import { oneLine } from '../../platform/one-line.ts';
import { cleanText } from '../inbound/clean-evidence.ts';

/** What a feed said. A feed that cannot be understood is never "all is well": it is a refusal with a reason. */
export type FeedReading =
  | {
      ok: true;
      /** `current`: what is not listed is over. `recent`: a history, where entries tell themselves how they ended. */
      lists: 'current' | 'recent';
      notices: Notice[];
      /** The provider's page as it stands, where the feed has it. */
      parts: UpstreamPart[];
    }
  | FeedRefusal;

export interface FeedRefusal {
  ok: false;
  /**
   * `not-a-feed`: neither JSON nor XML, as an error page. `broken`: begun as such, but cut short or not well-formed. `changed-format`: readable, but
   * without the structure of this format. `refused`: beyond the bounds, or with entity declarations.
   */
  reason: 'not-a-feed' | 'broken' | 'changed-format' | 'refused';
  /** For people, without the feed's own text: a phrase. */
  detail: string;
}

/** A way in which providers publish. `parse` is pure, never throws, and is bounded in time and depth. */
export interface FeedFormat<K extends string = string> {
  kind: K;
  /** What people call it. */
  label: string;
  /** Asked for by the Accept header. */
  accept: string;
  parse(bytes: Uint8Array, contentType: string): FeedReading;
}

/** Only so that the literal name is inferred. */
export const defineFormat = <K extends string>(format: FeedFormat<K>): FeedFormat<K> => format;

export const maxFeedBytes = 5_242_880;

export const refuse = (reason: FeedRefusal['reason'], detail: string): FeedRefusal => ({ ok: false, reason, detail });

const limits = { notices: 500, parts: 3_000, partsOfNotice: 1_000, updates: 200, regions: 100 } as const;
const units = { id: 500, name: 300, title: 300, url: 2_000, text: 8_000 } as const;

/** A notice as a format builds it; what it leaves out is not known. */
export type DraftNotice = Pick<Notice, 'id' | 'kind' | 'title' | 'state' | 'impact'> &
  Partial<Omit<Notice, 'parts'>> & { parts?: readonly DraftPart[] };

/** A part as a format builds it. */
export type DraftPart = Pick<UpstreamPart, 'id' | 'name' | 'impact'> & Partial<UpstreamPart>;

/** Bounds and cleans what a format understood: text that can be stored, unique ids, times in order, the most recent first where there is too much. */
export function finishReading(
  lists: 'current' | 'recent',
  notices: readonly DraftNotice[],
  parts: readonly DraftPart[],
): FeedReading {
  const whole = notices.map(finishNotice);
  const byAge = whole.toSorted(
    (a, b) => Number(isOver(a.state)) - Number(isOver(b.state)) || lastWord(b) - lastWord(a),
  );
  return {
    ok: true,
    lists,
    notices: uniqueBy(byAge, (notice) => notice.id).slice(0, limits.notices),
    parts: finishParts(parts, limits.parts),
  };
}

const lastWord = (notice: Notice): number => notice.updatedAt ?? notice.startedAt ?? 0;

function finishNotice(draft: DraftNotice): Notice {
  const updates = uniqueBy(
    (draft.updates ?? []).map((update) => ({ ...update, id: line(update.id, units.id), text: prose(update.text) })),
    (update) => update.id,
  )
    .toSorted((a, b) => a.at - b.at)
    .slice(-limits.updates);
  const times = updates.map((update) => update.at);
  const publicAt = earliest([draft.publicAt ?? null, ...times]);
  const updatedAt = latest([draft.updatedAt ?? null, ...times]);
  return {
    id: line(draft.id, units.id),
    kind: draft.kind,
    title: line(draft.title, units.title) || 'Untitled',
    url: webUrl(draft.url),
    state: draft.state,
    impact: draft.impact,
    startedAt: draft.startedAt ?? publicAt,
    updatedAt: updatedAt ?? draft.startedAt ?? null,
    endedAt: endOf(draft, updatedAt),
    publicAt: publicAt ?? draft.startedAt ?? null,
    parts: finishParts(draft.parts ?? [], limits.partsOfNotice),
    regions: regionsOf(draft.regions),
    updates,
  };
}

/** A maintenance keeps its planned end; an open incident has none, whatever the feed says. */
function endOf(draft: DraftNotice, updatedAt: EpochMs | null): EpochMs | null {
  if (isOver(draft.state)) return draft.endedAt ?? updatedAt ?? draft.startedAt ?? null;
  return draft.kind === 'maintenance' ? (draft.endedAt ?? null) : null;
}

const finishParts = (parts: readonly DraftPart[], max: number): UpstreamPart[] =>
  uniqueBy(
    parts.map((part) => ({
      id: line(part.id, units.id),
      name: line(part.name, units.name),
      group: maybeLine(part.group),
      product: maybeLine(part.product),
      regions: regionsOf(part.regions),
      impact: part.impact,
    })),
    (part) => part.id,
  ).slice(0, max);

const regionsOf = (regions: readonly string[] | undefined): string[] =>
  [...new Set((regions ?? []).map((region) => line(region, units.name)))]
    .filter((region) => region !== '')
    .slice(0, limits.regions);

const line = (text: string, max: number): string => cleanText(cutText(oneLine(text), max));
const maybeLine = (text: string | null | undefined): string | null =>
  typeof text === 'string' ? line(text, units.name) : null;
const prose = (text: string): string => cleanText(cutText(text.trim(), units.text));

function webUrl(url: string | null | undefined): string | null {
  if (typeof url !== 'string' || url.length > units.url || !/^https?:\/\//i.test(url) || !URL.canParse(url))
    return null;
  return cleanText(url);
}

function uniqueBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const key = keyOf(item);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const known = (times: readonly (EpochMs | null)[]): EpochMs[] => times.filter((at) => at !== null);
const earliest = (times: readonly (EpochMs | null)[]): EpochMs | null =>
  known(times).reduce<EpochMs | null>((min, at) => (min === null || at < min ? at : min), null);
const latest = (times: readonly (EpochMs | null)[]): EpochMs | null =>
  known(times).reduce<EpochMs | null>((max, at) => (max === null || at > max ? at : max), null);

/** An update whose time is not known says nothing that could be placed: it is left out. */
export const updatesOf = (updates: readonly (Omit<NoticeUpdate, 'at'> & { at: EpochMs | null })[]): NoticeUpdate[] =>
  updates.flatMap((update) => (update.at === null ? [] : [{ ...update, at: update.at }]));
