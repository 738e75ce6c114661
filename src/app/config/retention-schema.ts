import { z } from 'zod';
import { durationField } from './fields.ts';

const day = 86_400_000;
const tenYears = 3_650 * day;
const keep = (usual: string, leastMs: number, what: string) =>
  durationField(leastMs, tenYears).prefault(usual).describe(`${what} ${usual} when left out.`);

/** How long what piles up is kept. Incidents, their events and hugs are kept for good. */
export const retentionSchema = z
  .strictObject({
    results: keep('30d', 2 * day, 'Single results of checks.'),
    rollups: keep('400d', 91 * day, 'Hourly sums of results; plots and history read these.'),
    signals: keep('90d', 2 * day, 'Signals that were placed; alerts keep what counted.'),
    reports: keep('400d', 2 * day, 'Visitors’ reports; the page counts them at the incidents of a year.'),
    mails: keep('30d', 7 * day, 'Mails that were sent or given up.'),
    events: keep('400d', 30 * day, 'Events that belong to no incident: who changed what.'),
  })
  .prefault({})
  .describe('How long what piles up is kept. Incidents, their events and hugs are kept for good.');

/** In milliseconds. */
export type Retention = z.output<typeof retentionSchema>;
export const usualRetention: Retention = retentionSchema.parse({});
