import { z } from 'zod';

/**
 * The answers of Statuspage's public API v2, as documented at https://metastatuspage.com/api and as its pages answer: what other people's tools
 * already read. Strict, so that nothing is missing and nothing is invented.
 */
const instant = z.iso.datetime({ offset: true });
const id = z.string().min(1);

const componentStatus = z.enum([
  'operational',
  'under_maintenance',
  'degraded_performance',
  'partial_outage',
  'major_outage',
]);

const pageSchema = z.strictObject({
  id,
  name: z.string(),
  url: z.url(),
  time_zone: z.string().min(1),
  updated_at: instant,
});

const statusSchema = z.strictObject({
  indicator: z.enum(['none', 'minor', 'major', 'critical', 'maintenance']),
  description: z.string().min(1),
});

const componentSchema = z.strictObject({
  id,
  name: z.string(),
  status: componentStatus,
  created_at: instant,
  updated_at: instant,
  position: z.int().min(1),
  description: z.string().nullable(),
  showcase: z.boolean(),
  start_date: z.iso.date().nullable(),
  group_id: id.nullable(),
  page_id: id,
  group: z.boolean(),
  only_show_if_degraded: z.boolean(),
  /** The ids of its members, on a group. */
  components: z.array(id).optional(),
});

const updateSchema = z.strictObject({
  id,
  status: z.enum([
    'investigating',
    'identified',
    'monitoring',
    'resolved',
    'postmortem',
    'scheduled',
    'in_progress',
    'verifying',
    'completed',
  ]),
  body: z.string(),
  incident_id: id,
  created_at: instant,
  updated_at: instant,
  display_at: instant,
  affected_components: z
    .array(z.strictObject({ code: id, name: z.string(), old_status: componentStatus, new_status: componentStatus }))
    .nullable(),
  deliver_notifications: z.boolean(),
  custom_tweet: z.string().nullable(),
  tweet_id: z.int().nullable(),
});

const trouble = {
  id,
  name: z.string(),
  created_at: instant,
  updated_at: instant,
  monitoring_at: instant.nullable(),
  resolved_at: instant.nullable(),
  shortlink: z.url(),
  started_at: instant,
  page_id: id,
  incident_updates: z.array(updateSchema),
  components: z.array(componentSchema),
};

const incidentSchema = z.strictObject({
  ...trouble,
  status: z.enum(['investigating', 'identified', 'monitoring', 'resolved', 'postmortem']),
  impact: z.enum(['none', 'minor', 'major', 'critical']),
});

const maintenanceSchema = z.strictObject({
  ...trouble,
  status: z.enum(['scheduled', 'in_progress', 'verifying', 'completed']),
  impact: z.enum(['none', 'minor', 'major', 'critical', 'maintenance']),
  scheduled_for: instant,
  scheduled_until: instant,
});

export const statusFileSchema = z.strictObject({ page: pageSchema, status: statusSchema });
export const componentsFileSchema = z.strictObject({ page: pageSchema, components: z.array(componentSchema) });
export const incidentsFileSchema = z.strictObject({ page: pageSchema, incidents: z.array(incidentSchema) });
export const maintenancesFileSchema = z.strictObject({
  page: pageSchema,
  scheduled_maintenances: z.array(maintenanceSchema),
});
export const summaryFileSchema = z.strictObject({
  page: pageSchema,
  components: z.array(componentSchema),
  incidents: z.array(incidentSchema),
  scheduled_maintenances: z.array(maintenanceSchema),
  status: statusSchema,
});

export type StatuspagePage = z.infer<typeof pageSchema>;
export type StatuspageComponent = z.infer<typeof componentSchema>;
export type StatuspageUpdate = z.infer<typeof updateSchema>;
export type StatuspageIncident = z.infer<typeof incidentSchema>;
export type StatuspageMaintenance = z.infer<typeof maintenanceSchema>;
