import { z } from 'zod';
import { agreementWords } from '../domain/agreement.ts';
import { severities, verdicts } from '../domain/words.ts';
import { integrationKinds, misfits, sourceConfigSchema } from './inbound/source-config.ts';

const at = z.int();
export const verdictSchema = z.enum(verdicts);
const ownedBySchema = z.enum(['file', 'console']);

export const checkViewSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    name: z.string(),
    /** What it looks at, in words: an address, a port, a period. */
    target: z.string(),
    intervalMs: z.int(),
    severity: z.enum(severities),
    verdict: verdictSchema,
    verdictSince: at,
    reason: z.string(),
    paused: z.boolean(),
    ownedBy: ownedBySchema,
    lastResult: z
      .object({ at, ok: z.boolean(), totalMs: z.number().nullable(), error: z.string().nullable() })
      .nullable(),
    /** Where it is run from, with what each of them says. */
    locations: z.array(z.object({ id: z.string(), verdict: verdictSchema, since: at.nullable(), reason: z.string() })),
    agreement: z.string(),
    flapping: z.boolean(),
    /** A heartbeat's address, for those who may change checks. */
    pingUrl: z.string().nullable(),
  })
  .meta({ id: 'Check' });
export type CheckView = z.infer<typeof checkViewSchema>;

export const serviceSummarySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    status: verdictSchema,
    statusSince: at,
    team: z.object({ id: z.string(), name: z.string() }).nullable(),
    checks: z.int(),
    openIncidentId: z.string().nullable(),
    onStatusPage: z.boolean(),
    ownedBy: ownedBySchema,
  })
  .meta({ id: 'ServiceSummary' });
export type ServiceSummary = z.infer<typeof serviceSummarySchema>;

export const serviceSchema = serviceSummarySchema
  .omit({ checks: true })
  .extend({
    policy: z.object({ id: z.string(), name: z.string() }).nullable(),
    /** `name` is a service's; an upstream goes by its id. */
    dependsOn: z.array(z.object({ id: z.string(), name: z.string().nullable(), hardness: z.enum(['hard', 'soft']) })),
    checks: z.array(checkViewSchema),
    integrations: z.array(
      z.object({
        id: z.string(),
        kind: z.string(),
        name: z.string(),
        keyHint: z.string(),
        ownedBy: ownedBySchema,
        config: sourceConfigSchema,
        /** Messages taken in, not understood, and over the limit, with the last time of each. */
        accepted: z.int(),
        lastAcceptedAt: at.nullable(),
        refused: z.int(),
        lastRefusedAt: at.nullable(),
        lastRefusal: z.string().nullable(),
        limited: z.int(),
        lastLimitedAt: at.nullable(),
      }),
    ),
    /** Response times of the last 24 hours, an hour a point. */
    latency: z.array(z.object({ at, meanMs: z.number(), maxMs: z.number(), okCount: z.int(), failCount: z.int() })),
  })
  .meta({ id: 'Service' });
export type ServiceDetail = z.infer<typeof serviceSchema>;

const id = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'small letters, digits, dots and dashes, at most 64')
  .optional();
export const newServiceSchema = z
  .object({
    id,
    name: z.string().trim().min(1, 'Please give it a name').max(100),
    description: z.string().trim().max(500).default(''),
    teamId: z.string().max(100).optional(),
    onStatusPage: z.boolean().default(true),
  })
  .strict();

export const newCheckSchema = z
  .object({
    name: z.string().trim().min(1).max(100).optional(),
    intervalMs: z.int().min(1_000).max(86_400_000).default(30_000),
    timeoutMs: z.int().min(100).max(300_000).default(10_000),
    failureThreshold: z.int().min(1).max(100).default(2),
    recoveryThreshold: z.int().min(1).max(100).default(2),
    severity: z.enum(severities).default('critical'),
    /** `local` is the server itself; the others are probes. */
    locations: z
      .array(z.string().min(1).max(32))
      .min(1)
      .max(20)
      .refine((names) => new Set(names).size === names.length, { error: 'the same location twice' })
      .default(['local']),
    /** How many of its locations must see it down. */
    agreement: z.union([z.enum(agreementWords), z.int().min(1).max(20)]).default('majority'),
    /** The kind and its own fields, as in hugops.yaml. */
    config: z.looseObject({ kind: z.string().max(50) }),
  })
  .strict();

export const newIntegrationSchema = z
  .object({
    kind: z.enum(integrationKinds),
    name: z.string().trim().min(1).max(100),
    config: sourceConfigSchema.default({}),
  })
  .strict()
  .superRefine(({ kind, config }, ctx) => {
    for (const { path, message } of misfits(kind, config)) {
      ctx.addIssue({ code: 'custom', path: ['config', ...path.split('.')], message });
    }
  });
/** A message as a tool would send it, to see what it would become. */
export const tryIntegrationSchema = z
  .object({
    kind: z.enum(integrationKinds),
    config: sourceConfigSchema.default({}),
    message: z.string().max(1_000_000),
  })
  .strict();
export const triedSchema = z.object({
  /** What it would become; empty when it was refused. */
  signals: z.array(
    z.object({
      key: z.string(),
      status: z.enum(['firing', 'ok']),
      severity: z.enum(severities),
      summary: z.string(),
      link: z.string().nullable(),
      /** The values that make its group, by path; null when the source does not group. */
      group: z.record(z.string(), z.unknown()).nullable(),
    }),
  ),
  acknowledgements: z.array(z.string()),
  /** Why it was refused, by field of the message. */
  refusal: z.string().nullable(),
  problems: z.array(z.object({ path: z.string(), message: z.string() })),
});
export type Tried = z.infer<typeof triedSchema>;
export const integrationKeySchema = z.object({
  id: z.string(),
  /** Shown this once. */
  key: z.string(),
  url: z.string(),
});
