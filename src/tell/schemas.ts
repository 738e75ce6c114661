import { z } from 'zod';
import { purgeSchema, s3Schema } from './push/push-target.ts';

const at = z.int();
const dayMs = 86_400_000;

export const maintenanceSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    body: z.string(),
    startsAt: at,
    endsAt: at,
    status: z.enum(['scheduled', 'in_progress', 'completed', 'cancelled']),
    serviceIds: z.array(z.string()),
    seriesId: z.string().nullable(),
    announceBeforeMs: z.int(),
    /** When subscribers were told; null before. */
    announcedAt: at.nullable(),
  })
  .meta({ id: 'Maintenance' });
export type MaintenanceView = z.infer<typeof maintenanceSchema>;

/** What the verbs check further (times in order, services known) is refused by them, field by field. */
const planned = {
  title: z.string().trim().min(1).max(200),
  body: z.string().trim().max(10_000),
  serviceIds: z.array(z.string().min(1).max(100)).min(1).max(1_000),
  /** How long before its start subscribers are told by mail. */
  announceBeforeMs: z
    .int()
    .min(0)
    .max(60 * dayMs),
};
export const newMaintenanceSchema = z
  .object({
    ...planned,
    body: planned.body.default(''),
    announceBeforeMs: planned.announceBeforeMs.default(3 * dayMs),
    startsAt: at,
    endsAt: at,
  })
  .strict();
/** Without defaults: what is left out stays as it is. */
export const changeMaintenanceSchema = z
  .object({ ...planned, startsAt: at, endsAt: at })
  .partial()
  .strict();

export const seriesSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    body: z.string(),
    firstAt: at,
    durationMs: z.int(),
    timeZone: z.string(),
    rule: z.string(),
    serviceIds: z.array(z.string()),
  })
  .meta({ id: 'MaintenanceSeries' });
export type SeriesView = z.infer<typeof seriesSchema>;

export const newSeriesSchema = z
  .object({
    ...planned,
    body: planned.body.default(''),
    announceBeforeMs: planned.announceBeforeMs.default(3 * dayMs),
    firstAt: at,
    durationMs: z
      .int()
      .min(60_000)
      .max(7 * dayMs),
    timeZone: z.string().min(1).max(64),
    /** An RRULE of RFC 5545, without its name: `FREQ=MONTHLY;BYDAY=1SU`. */
    rule: z.string().trim().toUpperCase().min(1).max(300),
  })
  .strict();

export const publicationSchema = z
  .object({
    now: at,
    publishedAt: at.nullable(),
    disk: z.object({ storedAt: at.nullable(), error: z.string().nullable() }),
    targets: z.array(
      z.object({
        id: z.string(),
        pageId: z.string(),
        kind: z.string(),
        where: z.string(),
        ownedBy: z.enum(['file', 'console']),
        /** The publication that it holds. */
        publishedAt: at.nullable(),
        /** When it took it. */
        pushedAt: at.nullable(),
        failures: z.int(),
        error: z.string().nullable(),
        nextAttemptAt: at.nullable(),
      }),
    ),
  })
  .meta({ id: 'Publication' });
export type PublicationView = z.infer<typeof publicationSchema>;

/** Not a directory: whoever administers the console has no business with this machine's files. */
export const newPublishTargetSchema = z
  .object({
    pageId: z.string().min(1).max(100).default('main'),
    target: z.discriminatedUnion('kind', [s3Schema, purgeSchema]),
  })
  .strict();
