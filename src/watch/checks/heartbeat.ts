import { z } from 'zod';
import type { PassiveKind } from './check-kind.ts';

const schema = z.strictObject({
  graceMs: z.int().min(1000).max(31_536_000_000).default(60_000).meta({
    title: 'Grace',
    description: 'How late a ping may be, or how long a started run may take, before silence is a failure',
    unit: 'ms',
  }),
});

/** A check turned round: it is pinged every interval (`/ping/KEY`), and silence is the failure. */
export const heartbeatCheck: PassiveKind<'heartbeat', typeof schema> = {
  kind: 'heartbeat',
  label: 'Heartbeat',
  summary:
    'A check turned round: a job calls its address (shown in the console) each interval, and silence for longer than the grace is the failure. It has no timeout and no thresholds.',
  example: { graceMs: 300_000 },
  schema,
};
