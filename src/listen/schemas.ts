import { z } from '@hono/zod-openapi';

export const stanceSchema = z.enum(['problem', 'thanks', 'joke', 'other']);
export const targetKindSchema = z.enum(['service', 'upstream']);

const sourceSchema = z.object({
  id: z.string(),
  kind: z.string(),
  label: z.string(),
  health: z.enum(['waiting', 'ok', 'failing', 'ended']),
  healthSince: z.number(),
  lastSeenAt: z.number().nullable(),
  lastPostAt: z.number().nullable(),
  lastError: z.string().nullable(),
  lastErrorAt: z.number().nullable(),
  failures: z.number(),
  /** Posts that named something, in the last day. */
  postsOfDay: z.number(),
});

const burstSchema = z.object({
  id: z.string(),
  measure: z.enum(['posts', 'reports']),
  since: z.number(),
  knownAt: z.number(),
  stage: z.enum(['onset', 'peak', 'decline', 'end']),
  learning: z.boolean(),
  confidence: z.number(),
  suspect: z.boolean(),
  peak: z.number(),
  peakAt: z.number(),
  declineAt: z.number().nullable(),
  endedAt: z.number().nullable(),
  endReason: z.string().nullable(),
  incidentId: z.string().nullable(),
  observed: z.number(),
  expected: z.number(),
  /** How much earlier the crowd was than the first failed check and the provider's first word, in milliseconds; known at the end. */
  lead: z.object({ checksMs: z.number().nullable(), providerMs: z.number().nullable() }).nullable(),
});
export type BurstView = z.output<typeof burstSchema>;

const stanceCounts = z.object({ problem: z.number(), thanks: z.number(), joke: z.number(), other: z.number() });

const targetSchema = z.object({
  kind: targetKindSchema,
  id: z.string(),
  name: z.string(),
  since: z.number(),
  /** Voices of the last hour. */
  lastHour: stanceCounts,
  burst: burstSchema.nullable(),
});

export const listeningSchema = z
  .object({ sources: z.array(sourceSchema), targets: z.array(targetSchema), isBlind: z.boolean() })
  .openapi('Listening');
export type Listening = z.output<typeof listeningSchema>;

const curvePointSchema = stanceCounts.extend({
  at: z.number(),
  reports: z.number(),
  /** Problems that are usual for this hour of this weekday, and the most that chance explains. Null until something was learnt. */
  expected: z.number().nullable(),
  most: z.number().nullable(),
  /** Nobody could hear. */
  blind: z.boolean(),
});
export type CurvePoint = z.output<typeof curvePointSchema>;

const postSchema = z.object({
  id: z.string(),
  source: z.string(),
  at: z.number(),
  text: z.string(),
  url: z.string().nullable(),
  language: z.string().nullable(),
  stance: stanceSchema,
  probability: z.number(),
  matched: z.string(),
  isFreshAuthor: z.boolean(),
  correctedBy: z.string().nullable(),
  /** What spoke for the stance, strongest first. */
  reasons: z.array(z.object({ what: z.string(), kind: z.enum(['words', 'cue']), weight: z.number() })),
});
export type PostView = z.output<typeof postSchema>;

export const listeningTargetSchema = z
  .object({
    kind: targetKindSchema,
    id: z.string(),
    name: z.string(),
    binMs: z.number(),
    curve: z.array(curvePointSchema),
    bursts: z.array(burstSchema),
    posts: z.array(postSchema),
  })
  .openapi('ListeningTarget');
export type ListeningTarget = z.output<typeof listeningTargetSchema>;

export const discontentSchema = z
  .object({
    binMs: z.number(),
    points: z.array(z.object({ at: z.number(), problems: z.number(), reports: z.number(), thanks: z.number() })),
    bursts: z.array(burstSchema),
  })
  .openapi('Discontent');
export type Discontent = z.output<typeof discontentSchema>;

export const correctStanceSchema = z.object({ stance: stanceSchema }).strict();
