import { causeSentence, type Evidence, evidenceSentence } from '../../domain/cause-words.ts';
import type { Ctx } from '../../platform/context.ts';
import type { IncidentDetail } from '../schemas.ts';
import { readNames } from './read-names.ts';

type CauseFacts = Pick<IncidentDetail, 'cause' | 'otherCauses' | 'ruledOut' | 'services' | 'mergedInto'>;

/** What is likely behind an incident, in words, and what it touches. */
export async function readCauses(ctx: Ctx, incidentId: string): Promise<CauseFacts> {
  const nameOf = await readNames(ctx);
  const rows = await ctx.db
    .selectFrom('incident_causes')
    .selectAll()
    .where('incident_id', '=', incidentId)
    .orderBy('rank')
    .execute();
  const causes = rows.map((row) => {
    const evidence = row.evidence as Evidence[];
    return {
      id: row.cause_id,
      kind: row.kind,
      name: nameOf(row.cause_id),
      confidence: row.confidence,
      decidedBy: row.decided_by,
      text: causeSentence(row.cause_id, evidence, nameOf),
      evidence: evidence.map((one) => evidenceSentence(one, nameOf)),
      at: row.at,
    };
  });
  const [cause, ...otherCauses] = causes;
  const ruledOut = await ctx.db
    .selectFrom('incident_rulings')
    .select('cause_id')
    .where('incident_id', '=', incidentId)
    .where('ruling', '=', 'not-cause')
    .execute();
  return {
    cause: cause ?? null,
    otherCauses,
    ruledOut: ruledOut.map((row) => ({ id: row.cause_id, name: nameOf(row.cause_id) })),
    services: await readTouched(ctx, incidentId),
    mergedInto: await readMergedInto(ctx, incidentId),
  };
}

/** The services that it touches: those that still fail first, in the order in which they began to. */
async function readTouched(ctx: Ctx, incidentId: string): Promise<IncidentDetail['services']> {
  const rows = await ctx.db
    .selectFrom('incident_services')
    .innerJoin('services', 'services.id', 'incident_services.service_id')
    .leftJoin('teams', 'teams.id', 'services.team_id')
    .select(['services.id', 'services.name', 'teams.name as team', 'impact'])
    .where('incident_id', '=', incidentId)
    .orderBy('services.name')
    .limit(500)
    .execute();
  const alerts = await ctx.db
    .selectFrom('alerts')
    .select(['service_id'])
    .select((select) => [
      select.fn.min('first_at').as('first_at'),
      select.fn.max('last_at').as('last_at'),
      select.fn.countAll<number>().filterWhere('status', '=', 'firing').as('firing'),
    ])
    .where('incident_id', '=', incidentId)
    .groupBy('service_id')
    .execute();
  const byService = new Map(alerts.map((row) => [row.service_id, row]));
  return rows
    .map((row) => {
      const seen = byService.get(row.id);
      const isFiring = Number(seen?.firing ?? 0) > 0;
      return {
        id: row.id,
        name: row.name,
        team: row.team,
        impact: row.impact,
        isFiring,
        sinceAt: seen === undefined ? null : Number(seen.first_at),
        clearAt: seen === undefined || isFiring ? null : Number(seen.last_at),
      };
    })
    .toSorted((a, b) => Number(b.isFiring) - Number(a.isFiring) || (a.sinceAt ?? 0) - (b.sinceAt ?? 0));
}

async function readMergedInto(ctx: Ctx, incidentId: string): Promise<IncidentDetail['mergedInto']> {
  const row = await ctx.db
    .selectFrom('incidents')
    .innerJoin('incidents as whole', 'whole.id', 'incidents.merged_into_id')
    .select(['whole.id', 'whole.number'])
    .where('incidents.id', '=', incidentId)
    .executeTakeFirst();
  return row ?? null;
}
