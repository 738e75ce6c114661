import { evidenceFor, causeSentence } from '../../domain/cause-words.ts';
import type { RankedCause } from '../../domain/explain.ts';
import { type Fold, saysOtherwise } from '../../domain/fold-outages.ts';
import type { Scene } from '../../domain/scene.ts';
import { isUpstream } from '../../domain/topology.ts';
import type { EpochMs } from '../../domain/words.ts';
import type { Ctx } from '../../platform/context.ts';
import { appendEvents } from '../../platform/events.ts';
import { mergeIncident } from '../incidents/merge.ts';
import { callTeams } from './call-teams.ts';
import { handToCause } from './hand-to-cause.ts';
import { readNames } from './read-names.ts';

/** From here on a cause is sure enough to call its own people first. */
const sureEnough = 0.7;

/** Makes true what was found: merges what is one trouble, states its cause, and calls each team that it touches once. */
export async function settleOutages(ctx: Ctx, scene: Scene, folds: readonly Fold[], now: EpochMs): Promise<void> {
  for (const { incidentId, merge, outage } of folds) {
    if (incidentId === undefined) continue;
    for (const fromId of merge)
      await mergeIncident(ctx, { fromId, intoId: incidentId, actor: { kind: 'system' }, now });
    await stateCauses(ctx, scene, incidentId, outage.ranked, now);
    const { causeId, confidence } = outage.cause;
    const isOurs = !isUpstream(causeId) && confidence >= sureEnough;
    if (isOurs) await handToCause(ctx, { incidentId, causeId, now });
    await callTeams(ctx, incidentId, now, isOurs ? causeId : undefined);
  }
}

async function stateCauses(
  ctx: Ctx,
  scene: Scene,
  incidentId: string,
  ranked: readonly RankedCause[],
  now: EpochMs,
): Promise<void> {
  const before = await ctx.db
    .selectFrom('incident_causes')
    .select(['cause_id', 'confidence', 'decided_by', 'evidence'])
    .where('incident_id', '=', incidentId)
    .orderBy('rank')
    .execute();
  const stated = before.map((row) => ({ causeId: row.cause_id, confidence: row.confidence }));
  // That a lone service is its own cause goes without saying.
  const [first] = ranked;
  const isTrivial =
    first === undefined ||
    (ranked.length === 1 && first.explained.length === 1 && first.explained[0] === first.causeId);
  const causes = isTrivial ? [] : ranked;
  const evidence = causes.map((cause) => evidenceFor(scene, cause));
  const sameEvidence = JSON.stringify(before.map((row) => row.evidence)) === JSON.stringify(evidence);
  if (sameEvidence && !saysOtherwise(stated, causes)) return;
  await ctx.db.deleteFrom('incident_causes').where('incident_id', '=', incidentId).execute();
  if (causes.length > 0) {
    await ctx.db
      .insertInto('incident_causes')
      .values(
        causes.map((cause, place) => ({
          incident_id: incidentId,
          rank: place + 1,
          kind: isUpstream(cause.causeId) ? ('upstream' as const) : ('service' as const),
          cause_id: cause.causeId,
          confidence: scene.pinned.has(cause.causeId) ? 1 : cause.confidence,
          evidence: JSON.stringify(evidence[place] ?? []),
          decided_by: scene.pinned.has(cause.causeId) ? ('person' as const) : ('hugops' as const),
          at: now,
        })),
      )
      .execute();
  }
  await tellCause(ctx, { scene, incidentId, before: stated[0]?.causeId, cause: isTrivial ? undefined : first, now });
}

/** A new stated cause is an event, so that everybody downstream hears of it; that it has become a little surer is not. */
async function tellCause(
  ctx: Ctx,
  told: { scene: Scene; incidentId: string; before: string | undefined; cause: RankedCause | undefined; now: EpochMs },
): Promise<void> {
  const { scene, incidentId, before, cause, now } = told;
  if (cause === undefined || cause.causeId === before) return;
  // A single service that most likely broke by itself: others were only thought of.
  if (cause.explained.length === 1 && cause.explained[0] === cause.causeId && before === undefined) return;
  const nameOf = await readNames(ctx);
  await appendEvents(ctx, [
    {
      kind: 'incident.cause-named',
      at: now,
      actor: { kind: 'system' },
      incidentId,
      data: {
        causeId: cause.causeId,
        causeName: nameOf(cause.causeId),
        confidence: Math.round(cause.confidence * 100) / 100,
        text: causeSentence(cause.causeId, evidenceFor(scene, cause), nameOf),
        before: before ?? null,
        decidedBy: scene.pinned.has(cause.causeId) ? 'person' : 'hugops',
      },
    },
  ]);
}
