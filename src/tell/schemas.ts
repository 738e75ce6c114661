import { z } from 'zod';

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
