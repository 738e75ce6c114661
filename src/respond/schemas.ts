import { z } from 'zod';
import { impacts, phases, severities } from '../domain/words.ts';

/** Epoch milliseconds. */
const at = z.int();
export const severitySchema = z.enum(severities);
export const phaseSchema = z.enum(phases);
export const incidentStatusSchema = z.enum(['triggered', 'acknowledged', 'resolved']);

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time as in 09:00');
/** Local hours on some days, 1 (Monday) to 7; when `to` is earlier than `from` they end on the next day. */
export const hoursSchema = z
  .object({ days: z.array(z.int().min(1).max(7)).min(1).max(7), from: timeOfDay, to: timeOfDay })
  .strict();

export const personRefSchema = z.object({ id: z.string(), name: z.string() });

export const incidentSummarySchema = z
  .object({
    id: z.string(),
    number: z.int(),
    title: z.string(),
    publicTitle: z.string(),
    service: z.object({ id: z.string(), name: z.string() }).nullable(),
    severity: severitySchema,
    status: incidentStatusSchema,
    phase: phaseSchema,
    isPublic: z.boolean(),
    owner: personRefSchema.nullable(),
    openedAt: at,
    acknowledgedAt: at.nullable(),
    resolvedAt: at.nullable(),
  })
  .meta({ id: 'IncidentSummary' });
export type IncidentSummary = z.infer<typeof incidentSummarySchema>;

export const timelineEventSchema = z
  .object({
    id: z.string(),
    at,
    kind: z.string(),
    actor: z.object({ kind: z.enum(['system', 'person', 'signal', 'visitor', 'api']), name: z.string().nullable() }),
    /** What happened, as one plain sentence. */
    text: z.string(),
    /** A longer text that somebody wrote: a note, a public update. */
    body: z.string().nullable(),
  })
  .meta({ id: 'TimelineEvent' });
export type TimelineEvent = z.infer<typeof timelineEventSchema>;

export const pageSchema = z
  .object({
    id: z.string(),
    /** Null for a team's channel. */
    person: personRefSchema.nullable(),
    /** The person's name, or the team's. */
    to: z.string(),
    channel: z.string(),
    label: z.string(),
    status: z.enum(['pending', 'sending', 'sent', 'failed', 'cancelled']),
    createdAt: at,
    /** When it goes out, while it waits. */
    sendAt: at.nullable(),
    sentAt: at.nullable(),
    error: z.string().nullable(),
  })
  .meta({ id: 'Page' });

const causeSchema = z
  .object({
    /** A service's id, or an upstream's: `aws/us-east-1/dynamodb`. */
    id: z.string(),
    kind: z.enum(['service', 'upstream']),
    name: z.string(),
    /** 0 to 1, among all that were thought of. */
    confidence: z.number(),
    decidedBy: z.enum(['hugops', 'person']),
    /** Why, in one sentence. */
    text: z.string(),
    /** What speaks for it and against it, a sentence each. */
    evidence: z.array(z.string()),
    at,
  })
  .meta({ id: 'LikelyCause' });

export const incidentSchema = incidentSummarySchema
  .extend({
    alerts: z.array(
      z.object({
        id: z.string(),
        source: z.string(),
        /** The service that it is about. */
        serviceName: z.string(),
        summary: z.string(),
        status: z.enum(['firing', 'ok']),
        severity: severitySchema,
        signalCount: z.int(),
        firstAt: at,
        lastAt: at,
        evidence: z.record(z.string(), z.unknown()),
      }),
    ),
    /** What is likely behind it; null while a lone service most likely broke by itself. */
    cause: causeSchema.nullable(),
    otherCauses: z.array(causeSchema),
    /** What people ruled out. */
    ruledOut: z.array(z.object({ id: z.string(), name: z.string() })),
    /** What it touches, what still fails first. */
    services: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        team: z.string().nullable(),
        impact: z.enum(impacts),
        isFiring: z.boolean(),
        sinceAt: at.nullable(),
        clearAt: at.nullable(),
      }),
    ),
    /** The incident that this one turned out to be part of. */
    mergedInto: z.object({ id: z.string(), number: z.int() }).nullable(),
    timeline: z.array(timelineEventSchema),
    pages: z.array(pageSchema),
    nextEscalationAt: at.nullable(),
    snoozedUntil: at.nullable(),
    reports: z.int(),
    hugs: z.int(),
    publicUrl: z.string().nullable(),
    /** What was written about it once it was over. */
    postmortem: z.object({ state: z.enum(['draft', 'published']) }).nullable(),
  })
  .meta({ id: 'Incident' });
export type IncidentDetail = z.infer<typeof incidentSchema>;

export const openIncidentSchema = z
  .object({
    serviceId: z.string().min(1).max(100),
    title: z.string().trim().min(1).max(300),
    severity: severitySchema,
    isPublic: z.boolean().optional(),
  })
  .strict();
const idField = z.string().min(1).max(200);
export const rulingSchema = z.object({ causeId: idField, ruling: z.enum(['is-cause', 'not-cause']) }).strict();
export const splitSchema = z.object({ serviceId: idField }).strict();
export const mergeSchema = z.object({ intoId: idField }).strict();
export const noteSchema = z.object({ body: z.string().trim().min(1).max(10_000) }).strict();
export const updateSchema = z.object({ phase: phaseSchema, body: z.string().trim().min(1).max(5_000) }).strict();
/** Until when; at most seven days ahead. */
export const snoozeSchema = z.object({ untilAt: at }).strict();
export const reassignSchema = z.object({ toPersonId: z.string().min(1).max(100) }).strict();

export const onCallSchema = z
  .object({
    schedules: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        timeZone: z.string(),
        ownedBy: z.enum(['file', 'console']),
        now: z.object({ person: personRefSchema, untilAt: at.nullable(), isOverride: z.boolean() }).nullable(),
        shifts: z.array(
          z.object({ person: personRefSchema, fromAt: at, untilAt: at, overrideId: z.string().nullable() }),
        ),
        gaps: z.array(z.object({ fromAt: at, untilAt: at })),
      }),
    ),
  })
  .meta({ id: 'OnCall' });
export type OnCallView = z.infer<typeof onCallSchema>;

export const overrideSchema = z
  .object({ personId: z.string().min(1).max(100), fromAt: at, untilAt: at })
  .strict()
  .refine((value) => value.untilAt > value.fromAt, { path: ['untilAt'], message: 'must be later than fromAt' })
  .refine((value) => value.untilAt - value.fromAt <= 366 * 86_400_000, {
    path: ['untilAt'],
    message: 'at most one year after fromAt',
  });
