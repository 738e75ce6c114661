import { sql } from 'kysely';
import type { BurstSignal } from '../detect/burst.ts';
import { burstSeverity, isSuspect } from '../domain/listening.ts';
import type { EpochMs, JsonObject } from '../domain/words.ts';
import { type Ctx, idFor } from '../platform/context.ts';
import { appendEvents } from '../platform/events.ts';
import { type NewSignal, raiseSignals } from '../respond/index.ts';
import { leadOf } from './burst-lead.ts';
import { affectedServices, nameOf } from './read-targets.ts';
import type { Measure, Target } from './watch-words.ts';

interface Recorded {
  measure: Measure;
  target: Target;
  signal: BurstSignal;
  now: EpochMs;
}

/** Writes down what the engine has called: the burst, its event, and signals where services are concerned. */
export async function recordBurst(tx: Ctx, input: Recorded): Promise<void> {
  if (input.signal.stage === 'onset') return begin(tx, input);
  const { measure, target, signal } = input;
  const row = await openBurst(tx, measure, target);
  if (!row) return;
  await tx.db
    .updateTable('bursts')
    .set({
      stage: signal.stage,
      peak: signal.peak,
      peak_at: signal.peakAt,
      confidence: signal.confidence,
      ...(signal.stage === 'decline' ? { decline_at: signal.at } : {}),
    })
    .where('id', '=', row.id)
    .execute();
  if (signal.stage === 'end') await end(tx, row.id, input);
}

const openBurst = (tx: Ctx, measure: Measure, target: Target) =>
  tx.db
    .selectFrom('bursts')
    .selectAll()
    .where('measure', '=', measure)
    .where('target_kind', '=', target.kind)
    .where('target_id', '=', target.id)
    .where('ended_at', 'is', null)
    .executeTakeFirst();

async function begin(tx: Ctx, { measure, target, signal, now }: Recorded): Promise<void> {
  const id = idFor(tx, 'bst');
  const { voices, fresh, sources } = await voicesSince(tx, target, signal.since);
  const suspect = measure === 'posts' && isSuspect(voices, fresh);
  const name = await nameOf(tx, target);
  const evidence = {
    ...figures(signal),
    voices,
    freshVoices: fresh,
    sources,
    examples: measure === 'posts' ? await examples(tx, target, signal.since) : [],
    name,
  };
  await tx.db
    .insertInto('bursts')
    .values({
      id,
      measure,
      target_kind: target.kind,
      target_id: target.id,
      since: signal.since,
      known_at: signal.at,
      stage: 'onset',
      learning: signal.learning,
      confidence: signal.confidence,
      suspect,
      signalled: false,
      peak: signal.peak,
      peak_at: signal.peakAt,
      decline_at: null,
      ended_at: null,
      end_reason: null,
      incident_id: null,
      evidence: JSON.stringify(evidence),
    })
    .execute();
  await appendEvents(tx, [
    {
      kind: 'burst.began',
      at: now,
      actor: { kind: 'system' },
      serviceId: target.kind === 'service' ? target.id : undefined,
      data: { burstId: id, measure, target, suspect, learning: signal.learning, ...evidence },
    },
  ]);
  // Whether reports are a signal is weighed where they are counted.
  if (!suspect && measure === 'posts') await signalBurst(tx, id, now);
}

/** Raises the signals of a burst: of the service itself, or of those that cannot work without the upstream. */
export async function signalBurst(tx: Ctx, burstId: string, now: EpochMs): Promise<void> {
  const row = await tx.db.selectFrom('bursts').selectAll().where('id', '=', burstId).forUpdate().executeTakeFirst();
  if (!row || row.signalled || row.ended_at !== null) return;
  await tx.db.updateTable('bursts').set({ signalled: true }).where('id', '=', burstId).execute();
  const target: Target = { kind: row.target_kind, id: row.target_id };
  const name = await nameOf(tx, target);
  const observed = Math.round(Number(row.evidence['observed']));
  const expected = Number(row.evidence['expected']);
  const minutes = Math.max(1, Math.round((Number(row.evidence['toAt']) - Number(row.evidence['fromAt'])) / 60_000));
  const who = row.measure === 'posts' ? 'posts' : 'visitors';
  const usual = expected < 1 ? 'hardly any are usual' : `${Math.round(expected)} are usual`;
  const services = await affectedServices(tx, target);
  await raiseSignals(
    tx,
    services.map(({ serviceId, upstreamId }) => ({
      ...signalKey(row.measure, target, serviceId),
      status: 'firing',
      severity: burstSeverity({ learning: row.learning, targetKind: target.kind }),
      summary: `${observed} ${who} tell of problems with ${name} in ${minutes} minutes; ${usual}`,
      evidence: {
        ...row.evidence,
        burstId,
        ...(upstreamId === undefined ? {} : { upstream: upstreamId, provider: target.id }),
      },
      at: now,
    })),
  );
}

const signalKey = (
  measure: Measure,
  target: Target,
  serviceId: string,
): Pick<NewSignal, 'serviceId' | 'sourceKind' | 'sourceId' | 'dedupKey'> =>
  measure === 'reports'
    ? { serviceId, sourceKind: 'reports', sourceId: 'status-page', dedupKey: serviceId }
    : { serviceId, sourceKind: 'posts', sourceId: 'crowd', dedupKey: `${target.kind}:${target.id} ${serviceId}` };

async function end(tx: Ctx, burstId: string, { measure, target, signal, now }: Recorded): Promise<void> {
  const row = await tx.db
    .updateTable('bursts')
    .set({ ended_at: signal.at, end_reason: signal.reason })
    .where('id', '=', burstId)
    .returningAll()
    .executeTakeFirstOrThrow();
  const lead = await leadOf(tx, row);
  const course = { onsetAt: row.known_at, peakAt: row.peak_at, declineAt: row.decline_at, endedAt: signal.at };
  const evidence: JsonObject = { ...row.evidence, ...course, peak: row.peak, endReason: signal.reason, lead };
  await tx.db
    .updateTable('bursts')
    .set({ evidence: JSON.stringify(evidence) })
    .where('id', '=', burstId)
    .execute();
  await appendEvents(tx, [
    {
      kind: 'burst.ended',
      at: now,
      actor: { kind: 'system' },
      incidentId: row.incident_id ?? undefined,
      serviceId: target.kind === 'service' ? target.id : undefined,
      data: { burstId, measure, target, suspect: row.suspect, ...evidence },
    },
  ]);
  if (!row.signalled) return;
  const name = await nameOf(tx, target);
  const services = await affectedServices(tx, target);
  await raiseSignals(
    tx,
    services.map(({ serviceId }) => ({
      ...signalKey(measure, target, serviceId),
      status: 'ok',
      severity: burstSeverity({ learning: row.learning, targetKind: target.kind }),
      summary: `No more than usual tell of problems with ${name}`,
      evidence: { burstId, endReason: signal.reason },
      at: now,
    })),
  );
}

const figures = (signal: BurstSignal): JsonObject => ({
  observed: signal.evidence.observed,
  expected: signal.evidence.expected,
  factor: signal.evidence.factor,
  pValue: signal.evidence.pValue,
  fromAt: signal.evidence.fromAt,
  toAt: signal.evidence.toAt,
  since: signal.since,
  confidence: signal.confidence,
});

/** Who tells of problems since then: all, those of fresh accounts, and how many where. */
export async function voicesSince(
  tx: Ctx,
  target: Target,
  since: EpochMs,
): Promise<{ voices: number; fresh: number; sources: Record<string, number> }> {
  const rows = await tx.db
    .selectFrom('post_counts')
    .select(['source', sql<number>`sum(voices)::int`.as('voices'), sql<number>`sum(fresh_voices)::int`.as('fresh')])
    .where('target_kind', '=', target.kind)
    .where('target_id', '=', target.id)
    .where('stance', '=', 'problem')
    .where('bin_at', '>=', since)
    .groupBy('source')
    .orderBy('source')
    .execute();
  return {
    voices: rows.reduce((sum, row) => sum + row.voices, 0),
    fresh: rows.reduce((sum, row) => sum + row.fresh, 0),
    sources: Object.fromEntries(rows.map((row) => [row.source, row.voices])),
  };
}

/** Ids, never texts: a post that its author takes back is nowhere else. */
async function examples(tx: Ctx, target: Target, since: EpochMs): Promise<string[]> {
  const rows = await tx.db
    .selectFrom('posts')
    .innerJoin('post_mentions', 'post_mentions.post_id', 'posts.id')
    .select('posts.id')
    .where('target_kind', '=', target.kind)
    .where('target_id', '=', target.id)
    .where('stance', '=', 'problem')
    .where('at', '>=', since)
    .orderBy('stance_probability', 'desc')
    .orderBy('posts.id')
    .limit(5)
    .execute();
  return rows.map(({ id }) => id);
}
