import type { Kysely } from 'kysely';
import type { Tables } from '../../src/platform/db/tables.ts';
import type { Promised } from './load.ts';

/** What the crashes did. Everything that begins with `lost` must be empty. */
export interface Verdict {
  kills: number;
  accepted: number;
  resolved: number;
  hugs: number;
  verdicts: number;
  pagesSent: number;
  refused: number;
  lostAlerts: string[];
  lostResolves: string[];
  lostHugs: string[];
  lostVerdicts: string[];
  /** Owed pages that never arrived, and pages that the rows call sent but nobody got. */
  lostPages: string[];
  /** Arrivals beyond the first, all pages together. */
  duplicates: number;
  /** Duplicates that the timeline does not show, or more of one page than it was resent. */
  unexplainedDuplicates: string[];
}

/** Compares what the world was promised with what the database holds and what arrived. */
export async function compare(
  db: Kysely<Tables>,
  promised: Promised,
  arrivals: ReadonlyMap<string, number>,
  kills: number,
): Promise<Verdict> {
  const signals = await db
    .selectFrom('signals')
    .select(['dedup_key', 'status', 'outcome'])
    .where('source_kind', '=', 'events-v2')
    .execute();
  const placed = new Set(
    signals.filter((signal) => signal.status === 'firing' && signal.outcome !== null).map((signal) => signal.dedup_key),
  );
  const cleared = new Set(
    signals.filter((signal) => signal.status === 'ok' && signal.outcome !== null).map((signal) => signal.dedup_key),
  );
  const hugs = new Set((await db.selectFrom('hugs').select('message').execute()).map((hug) => hug.message));
  const changes = await db
    .selectFrom('events')
    .select(['at', 'data'])
    .where('kind', '=', 'check.verdict-changed')
    .execute();
  const known = new Set(changes.map(({ at, data }) => `${String(data['checkId'])}|${String(data['to'])}|${at}`));
  const current = await db.selectFrom('checks').select(['id', 'verdict', 'verdict_since']).execute();
  for (const check of current) known.add(`${check.id}|${check.verdict}|${check.verdict_since}`);
  const pages = await db.selectFrom('pages').selectAll().execute();
  const resends = await db.selectFrom('events').select('data').where('kind', '=', 'page.resent').execute();
  const shown = new Map<string, number>();
  for (const { data } of resends) shown.set(String(data['pageId']), (shown.get(String(data['pageId'])) ?? 0) + 1);
  return {
    kills,
    accepted: promised.accepted.size,
    resolved: promised.resolved.size,
    hugs: promised.hugs.size,
    verdicts: promised.verdicts.size,
    pagesSent: pages.filter((page) => page.status === 'sent').length,
    refused: promised.refused,
    lostAlerts: [...promised.accepted].filter((key) => !placed.has(key)),
    lostResolves: [...promised.resolved].filter((key) => !cleared.has(key)),
    lostHugs: [...promised.hugs].filter((words) => !hugs.has(words)),
    lostVerdicts: [...promised.verdicts].filter((verdict) => !known.has(verdict)),
    lostPages: [
      ...pages
        .filter((page) => page.status === 'sent' && !arrivals.has(page.id))
        .map((page) => `sent but not arrived: ${page.id}`),
      ...(await owedPages(db)),
    ],
    duplicates: [...arrivals.values()].reduce((sum, count) => sum + count - 1, 0),
    unexplainedDuplicates: [...arrivals]
      .filter(([id, count]) => count - 1 > (shown.get(id) ?? 0))
      .map(([id, count]) => `${id}: ${count} times, shown ${shown.get(id) ?? 0}`),
  };
}

/** Every incident owes its first step's page: sent, or in a summary that was sent, or not needed any more when its turn came. */
async function owedPages(db: Kysely<Tables>): Promise<string[]> {
  const incidents = await db.selectFrom('incidents').select(['id', 'status', 'title']).execute();
  const pages = await db
    .selectFrom('pages')
    .select(['id', 'incident_id', 'status', 'cancel_reason', 'summary_id'])
    .execute();
  const sent = new Set(pages.filter((page) => page.status === 'sent').map((page) => page.id));
  const byIncident = Map.groupBy(pages, (page) => page.incident_id);
  const missing: string[] = [];
  for (const incident of incidents) {
    const own = byIncident.get(incident.id) ?? [];
    const arrived = own.some(
      (page) => page.status === 'sent' || (page.summary_id !== null && sent.has(page.summary_id)),
    );
    const over = incident.status === 'resolved' && own.every((page) => page.status === 'cancelled');
    if (!arrived && !over)
      missing.push(`${incident.id} (${incident.title}): ${own.map((page) => page.status).join() || 'no page at all'}`);
  }
  return missing;
}

/** Everything that must be empty. */
export const broken = (verdict: Verdict): string[] => [
  ...verdict.lostAlerts.map((key) => `accepted, but not there: ${key}`),
  ...verdict.lostResolves.map((key) => `resolve accepted, but not there: ${key}`),
  ...verdict.lostHugs.map((words) => `hug accepted, but not there: ${words}`),
  ...verdict.lostVerdicts.map((one) => `verdict shown, but not there: ${one}`),
  ...verdict.lostPages.map((one) => `owed page missing: ${one}`),
  ...verdict.unexplainedDuplicates.map((one) => `unexplained duplicate: ${one}`),
];
