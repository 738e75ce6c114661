import { binOf, postBinMs } from '../domain/listening.ts';
import type { EpochMs } from '../domain/words.ts';
import type { Ctx } from '../platform/context.ts';
import { ServiceError } from '../platform/errors.ts';
import { countsOf, reportsOf, toBurst } from './read-listening.ts';
import type { Discontent } from './schemas.ts';
import type { Target } from './watch-words.ts';

const beforeMs = 3_600_000;
const afterMs = 2 * 3_600_000;
/** Of a longer incident its first two days are drawn. */
const longestMs = 48 * 3_600_000;

/**
 * The shape of an outage: problems, reports and thanks by five minutes, from an hour before the incident until two hours after it, of its
 * services and the upstreams that they cannot work without. Counts alone, so that it can be shown to everybody for as long as counts are
 * kept. Throws `not-found`.
 */
export async function readDiscontent(ctx: Ctx, incidentId: string, now: EpochMs): Promise<Discontent> {
  const incident = await ctx.db
    .selectFrom('incidents')
    .select(['service_id', 'opened_at', 'resolved_at'])
    .where('id', '=', incidentId)
    .executeTakeFirst();
  if (!incident) throw new ServiceError('not-found', 'There is no such incident.');
  const more = await ctx.db
    .selectFrom('incident_services')
    .select('service_id')
    .where('incident_id', '=', incidentId)
    .execute();
  const own = incident.service_id === null ? [] : [incident.service_id];
  const services = [...new Set([...own, ...more.map((row) => row.service_id)])];
  const bursts = await ctx.db
    .selectFrom('bursts')
    .selectAll()
    .where('incident_id', '=', incidentId)
    .orderBy('since')
    .execute();
  const upstreams = new Set(bursts.filter((row) => row.target_kind === 'upstream').map((row) => row.target_id));
  const targets: Target[] = [
    ...services.map((id): Target => ({ kind: 'service', id })),
    ...[...upstreams].map((id): Target => ({ kind: 'upstream', id })),
  ];
  const from = binOf(Math.min(incident.opened_at, ...bursts.map(({ since }) => since)) - beforeMs);
  const until = Math.min(now, (incident.resolved_at ?? now) + afterMs, from + longestMs);
  const points = new Map<EpochMs, Discontent['points'][number]>();
  for (let at = from; at <= until; at += postBinMs) points.set(at, { at, problems: 0, reports: 0, thanks: 0 });
  for (const { bin_at, stance, voices } of await countsOf(ctx, targets, from, until)) {
    const point = points.get(bin_at);
    if (point && stance === 'problem') point.problems += voices;
    if (point && stance === 'thanks') point.thanks += voices;
  }
  for (const at of await reportsOf(ctx, services, from, until)) {
    const point = points.get(binOf(at));
    if (point) point.reports += 1;
  }
  return { binMs: postBinMs, points: [...points.values()], bursts: bursts.map(toBurst) };
}
