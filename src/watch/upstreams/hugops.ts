import { z } from 'zod';
import { defineFormat } from './format.ts';
import { readJsonFeed } from './read-json.ts';
import { readStatuspage, statuspageSchema } from './statuspage.ts';

// What a HugOps always writes and other pages leave out at will; without it, it is another page or another version.
const schema = statuspageSchema.and(
  z.object({
    page: z.object({ id: z.string(), url: z.url(), time_zone: z.string(), updated_at: z.string() }),
    components: z.array(z.object({ position: z.number(), showcase: z.boolean() })),
    incidents: z.array(
      z.object({ started_at: z.string(), incident_updates: z.array(z.object({ display_at: z.string() })) }),
    ),
    scheduled_maintenances: z.array(z.object({ scheduled_for: z.string(), scheduled_until: z.string() })),
    status: z.object({
      indicator: z.enum(['none', 'minor', 'major', 'critical', 'maintenance']),
      description: z.string(),
    }),
  }),
);

/** Another HugOps: its own /api/v2/summary.json, which speaks Statuspage's language and holds all of it. */
export const hugops = defineFormat({
  kind: 'hugops',
  label: 'HugOps',
  accept: 'application/json',
  parse: (bytes) => readJsonFeed(bytes, schema, readStatuspage),
});
