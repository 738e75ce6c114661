import { z } from 'zod';
import { severities, targetKinds } from '../../domain/words.ts';

const at = z.int();
const id = z.string().min(1).max(100);
const chosenId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'small letters, digits and hyphens, at most 64')
  .describe('Left out: made from the name.');
const name = z.string().trim().min(1, 'Please give it a name.').max(100);
const timeZone = z.string().min(1).max(64).describe('An IANA name, as in Europe/Berlin.');
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'expected a time of day as in 09:00');
const endOfHours = z.string().regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, 'expected a time of day as in 18:00 or 24:00');
const date = z.iso.date('expected a date as in 2026-01-05');
const every = z.int().min(1).max(1_000).default(1);
const start = { start: date, handOffTime: timeOfDay.default('09:00') };
const days = z.array(z.int().min(1).max(7)).max(7).describe('1 is Monday, 7 is Sunday.');

export const rotationSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('hourly'), every, ...start }),
  z.strictObject({ kind: z.literal('daily'), every, ...start }),
  z.strictObject({ kind: z.literal('weekly'), every, handOffDay: z.int().min(1).max(7).default(1), ...start }),
  z.strictObject({ kind: z.literal('monthly'), every, handOffDayOfMonth: z.int().min(1).max(31).default(1), ...start }),
  z.strictObject({
    kind: z.literal('custom'),
    rule: z
      .string()
      .trim()
      .min(1)
      .max(300)
      .refine((rule) => !/BYMINUTE|BYSECOND|DTSTART|\n/i.test(rule), 'expected hours and days only, without DTSTART')
      .describe('An RRULE of RFC 5545, as in FREQ=WEEKLY;BYDAY=MO,FR. It begins at start.'),
    ...start,
  }),
]);

export const layerSchema = z.strictObject({
  id: id.optional().describe('Keep it when a layer changes; left out: a new layer.'),
  name: z.string().trim().max(100).optional(),
  timeZone: timeZone
    .optional()
    .describe('The clock of this layer when it is not that of the schedule (follow the sun).'),
  people: z.array(id).max(100).describe('In the order of their turns.'),
  rotation: rotationSchema,
  restrictions: z
    .array(z.strictObject({ days: days.optional(), from: timeOfDay, to: endOfHours }))
    .max(20)
    .optional()
    .describe('The layer has somebody only in these hours.'),
  fromAt: at.optional(),
  untilAt: at.optional(),
});
export type LayerBody = z.output<typeof layerSchema>;

const schedule = {
  name,
  timeZone,
  layers: z.array(layerSchema).max(20).describe('A later layer wins wherever it has somebody.'),
};
export const scheduleBodySchema = z.strictObject(schedule);
export const newScheduleSchema = z.strictObject({ id: chosenId.optional(), ...schedule });
export const previewBodySchema = z.strictObject({
  ...schedule,
  id: id.optional().describe('The schedule that this would replace: its overrides count.'),
});
export type ScheduleBody = z.output<typeof scheduleBodySchema>;

/** Something that is possible and hardly meant, or (only in a preview) that would be refused. */
export const findingSchema = z
  .object({
    severity: z.enum(['refuse', 'warn']),
    code: z.string(),
    path: z.string().describe('Where, as in layers.0.people; empty when it is about the whole.'),
    message: z.string(),
  })
  .meta({ id: 'PlanFinding' });
export type PlanFinding = z.infer<typeof findingSchema>;

const personRef = z.object({ id: z.string(), name: z.string() });
const span = { fromAt: at, untilAt: at };
export const previewSchema = z
  .object({
    findings: z.array(findingSchema),
    ...span,
    shifts: z.array(z.object({ person: personRef, ...span, layerId: z.string().nullable() })),
    gaps: z.array(z.object(span)),
    doubleBookings: z.array(z.object({ person: personRef, schedules: z.array(z.string()), ...span })),
    quality: z
      .object({
        score: z.int(),
        parts: z.array(
          z.object({
            kind: z.enum(['coverage', 'load', 'nights', 'weekends', 'runs']),
            points: z.number(),
            ofPoints: z.number(),
            message: z.string(),
          }),
        ),
        people: z.array(
          z.object({ person: personRef, onCallMs: z.number(), nightMs: z.number(), weekendMs: z.number() }),
        ),
      })
      .nullable(),
  })
  .meta({ id: 'SchedulePreview' });
export type SchedulePreview = z.infer<typeof previewSchema>;

const ownedBy = z.enum(['file', 'console']);
export const plannedScheduleSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    timeZone: z.string(),
    ownedBy,
    layers: z.array(layerSchema),
    usedBy: z.array(personRef).describe('The policies that call it.'),
    findings: z.array(findingSchema),
  })
  .meta({ id: 'PlannedSchedule' });
export type PlannedSchedule = z.infer<typeof plannedScheduleSchema>;

const hours = z.strictObject({ days: days.min(1), from: timeOfDay, to: endOfHours });
const when = z.strictObject({
  severities: z.array(z.enum(severities)).min(1).max(3).optional(),
  hours: z
    .strictObject({ timeZone, windows: z.array(hours).min(1).max(20), outside: z.boolean().optional() })
    .optional(),
});
const minute = 60_000;
const policy = {
  name,
  steps: z
    .array(
      z.strictObject({
        targets: z
          .array(z.strictObject({ kind: z.enum(targetKinds), id }))
          .min(1, 'A step calls somebody.')
          .max(50),
        waitMs: z
          .int()
          .min(1_000)
          .max(7 * 1_440 * minute)
          .describe('How long to wait for an acknowledgement before the next step.'),
        when: when.optional(),
      }),
    )
    .min(1, 'A policy has at least one step.')
    .max(50),
  repeatCount: z.int().min(0).max(100).default(2),
  acknowledgeTimeoutMs: z
    .int()
    .min(minute)
    .max(10_080 * minute)
    .nullable()
    .default(null),
  autoResolveMs: z
    .int()
    .min(minute)
    .max(129_600 * minute)
    .nullable()
    .default(null),
};
export const policyBodySchema = z.strictObject(policy);
export const newPolicySchema = z.strictObject({ id: chosenId.optional(), ...policy });
export type PolicyBody = z.output<typeof policyBodySchema>;

export const policyViewSchema = z
  .object({
    id: z.string(),
    ownedBy,
    ...policy,
    repeatCount: z.int(),
    acknowledgeTimeoutMs: z.int().nullable(),
    autoResolveMs: z.int().nullable(),
    usedBy: z.array(personRef).describe('The teams and services that it is for.'),
    findings: z.array(findingSchema),
  })
  .meta({ id: 'Policy' });
export type PolicyView = z.infer<typeof policyViewSchema>;

const team = {
  name,
  policyId: id.nullable().default(null),
  members: z.array(z.strictObject({ personId: id, isLead: z.boolean().default(false) })).max(200),
};
export const teamBodySchema = z.strictObject(team);
export const newTeamSchema = z.strictObject({ id: chosenId.optional(), ...team });
export type TeamBody = z.output<typeof teamBodySchema>;

export const teamViewSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    ownedBy,
    policyId: z.string().nullable(),
    members: z.array(z.object({ person: personRef, isLead: z.boolean() })),
    channels: z.array(personRef),
    findings: z.array(findingSchema),
  })
  .meta({ id: 'Team' });
export type TeamView = z.infer<typeof teamViewSchema>;

export const savedSchema = z.object({ id: z.string(), findings: z.array(findingSchema) });

const inTime = { fromAt: at, untilAt: at };
const yearMs = 366 * 86_400_000;
const isSpan = (value: { fromAt: number; untilAt: number }): boolean =>
  value.untilAt > value.fromAt && value.untilAt - value.fromAt <= yearMs;
const spanRule = { path: ['untilAt'], message: 'must be later than fromAt, by at most one year' };

export const timeOffBodySchema = z
  .strictObject({
    personId: id.optional().describe('Left out: yourself.'),
    ...inTime,
    note: z.string().trim().max(200).optional(),
  })
  .refine(isSpan, spanRule);
export const timeOffViewSchema = z
  .object({ id: z.string(), person: personRef, ...inTime, note: z.string().nullable() })
  .meta({ id: 'TimeOff' });
export type TimeOffView = z.infer<typeof timeOffViewSchema>;

export const swapBodySchema = z
  .strictObject({
    askedId: id,
    ...inTime,
    inReturn: z.strictObject(inTime).refine(isSpan, spanRule).nullable().optional(),
    message: z.string().trim().min(1).max(500).optional(),
  })
  .refine(isSpan, spanRule);
export type SwapBody = z.output<typeof swapBodySchema>;
export const swapViewSchema = z
  .object({
    id: z.string(),
    schedule: personRef,
    asker: personRef,
    asked: personRef,
    ...inTime,
    inReturn: z.object(inTime).nullable(),
    message: z.string().nullable(),
  })
  .meta({ id: 'Swap' });
export type SwapView = z.infer<typeof swapViewSchema>;
export const answerSwapSchema = z.strictObject({ accept: z.boolean() });

export const calendarLinkBodySchema = z.strictObject({
  scheduleId: id.nullable().default(null).describe('Left out: your own shifts in every schedule.'),
});
export const calendarLinkSchema = z
  .object({
    id: z.string(),
    scheduleId: z.string().nullable(),
    url: z.string(),
    createdAt: at,
    lastReadAt: at.nullable(),
  })
  .meta({ id: 'CalendarLink' });
export type CalendarLink = z.infer<typeof calendarLinkSchema>;
