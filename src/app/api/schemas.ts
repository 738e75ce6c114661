import { z } from 'zod';
import { minPasswordLength } from '../../platform/auth/auth-rules.ts';
import { roles } from '../../platform/auth/principal.ts';
import { hoursSchema, incidentSummarySchema, personRefSchema } from '../../respond/schemas.ts';
import { serviceSummarySchema } from '../../watch/schemas.ts';

const at = z.int();
export const roleSchema = z.enum(roles);

export const wakingHoursSchema = z
  .object({
    days: z.array(z.int().min(1).max(7)).max(7),
    from: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time as in 09:00'),
    to: z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time as in 18:00'),
  })
  .strict();

export const contactMethodSchema = z.object({
  id: z.string(),
  kind: z.string(),
  label: z.string(),
  ownedBy: z.enum(['file', 'console']),
  /** Since when nothing gets through. */
  failingSince: at.nullable(),
});

const notificationStepsSchema = z
  .array(
    z
      .object({
        contactMethodId: z.string().min(1).max(200),
        afterMs: z.int().min(0).max(86_400_000),
      })
      .strict(),
  )
  .max(20);

/** How one person is called, by urgency: high is critical and major, low is minor. An empty list: all contact methods at once. */
export const notificationRulesSchema = z
  .object({
    high: notificationStepsSchema,
    low: notificationStepsSchema,
    quietHours: hoursSchema
      .refine((hours) => hours.from !== hours.to, { path: ['to'], message: 'expected another time than from' })
      .nullable(),
  })
  .strict()
  .meta({ id: 'NotificationRules' });
export type NotificationRulesView = z.infer<typeof notificationRulesSchema>;

/** Null: all contact methods at once, as at the beginning. */
export const changeRulesSchema = z.object({ rules: notificationRulesSchema.nullable() }).strict();

export const meSchema = z
  .object({
    name: z.string(),
    email: z.string(),
    role: roleSchema,
    person: z
      .object({
        id: z.string(),
        timeZone: z.string(),
        wakingHours: wakingHoursSchema,
        showName: z.boolean(),
        ownedBy: z.enum(['file', 'console']),
        contactMethods: z.array(contactMethodSchema),
        /** Null: all contact methods at once. */
        notificationRules: notificationRulesSchema.nullable(),
        /** hugops.yaml says how this person is called. */
        rulesInFile: z.boolean(),
      })
      .nullable(),
  })
  .meta({ id: 'Me' });
export type Me = z.infer<typeof meSchema>;

/** `name` and `timeZone` may be changed only for people whom the console owns; showing one's name is always one's own choice. */
export const changeMeSchema = z
  .object({
    timeZone: z.string().max(60).optional(),
    wakingHours: wakingHoursSchema.optional(),
    showName: z.boolean().optional(),
  })
  .strict();

export const personSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    email: z.string(),
    timeZone: z.string(),
    role: roleSchema.nullable(),
    teams: z.array(z.string()),
    contactMethods: z.int(),
    ownedBy: z.enum(['file', 'console']),
  })
  .meta({ id: 'Person' });
export type PersonView = z.infer<typeof personSchema>;

export const overviewSchema = z
  .object({
    now: at,
    incidents: z.array(incidentSummarySchema),
    services: z.array(serviceSummarySchema),
    onCall: z.array(
      z.object({
        scheduleId: z.string(),
        scheduleName: z.string(),
        person: personRefSchema.nullable(),
        untilAt: at.nullable(),
      }),
    ),
    heldHugs: z.int(),
    hugsThisWeek: z.int(),
    /** What still keeps this installation from doing its work, as plain sentences; empty when all is well. */
    todo: z.array(z.object({ id: z.string(), text: z.string() })),
    /** What the auditor finds to be wrong with HugOps itself, as plain sentences; empty when all is in order. */
    findings: z.array(z.object({ id: z.string(), what: z.string(), isBroken: z.boolean(), foundAt: at })),
  })
  .meta({ id: 'Overview' });
export type Overview = z.infer<typeof overviewSchema>;

export const newContactMethodSchema = z.object({ config: z.looseObject({ kind: z.string().max(50) }) }).strict();
export const inviteSchema = z
  .object({ email: z.email().max(254), name: z.string().trim().min(1).max(100), role: roleSchema })
  .strict();
export const acceptInviteSchema = z
  .object({
    token: z.string().min(1).max(1_024),
    password: z.string().min(minPasswordLength, `Please use at least ${minPasswordLength} characters`).max(128),
    timeZone: z.string().max(60).default('UTC'),
  })
  .strict();
export const apiKeySchema = z
  .object({ id: z.string(), name: z.string(), hint: z.string(), createdAt: at, lastUsedAt: at.nullable() })
  .meta({ id: 'ApiKey' });
export type ApiKeyView = z.infer<typeof apiKeySchema>;
export const newApiKeySchema = z
  .object({ name: z.string().trim().min(1).max(100), expiresInDays: z.int().min(1).max(3_650).optional() })
  .strict();
