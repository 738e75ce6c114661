import { z } from 'zod';
import { purgeSchema, s3Schema } from './push/push-target.ts';

const at = z.int();

export const maintenanceSchema = z
  .object({
    id: z.string(),
    title: z.string(),
    body: z.string(),
    startsAt: at,
    endsAt: at,
    status: z.enum(['scheduled', 'in_progress', 'completed', 'cancelled']),
    serviceIds: z.array(z.string()),
  })
  .meta({ id: 'Maintenance' });
export type MaintenanceView = z.infer<typeof maintenanceSchema>;

/** What the verbs check further (times in order, services known) is refused by them, field by field. */
export const newMaintenanceSchema = z
  .object({
    title: z.string().trim().min(1).max(200),
    body: z.string().trim().max(10_000).default(''),
    startsAt: at,
    endsAt: at,
    serviceIds: z.array(z.string().min(1).max(100)).min(1).max(1_000),
  })
  .strict();
export const changeMaintenanceSchema = newMaintenanceSchema.partial();

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
