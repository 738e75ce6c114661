import { z } from 'zod';
import { checkErrorCodes } from '../checks/check-kind.ts';

/** The words between a probe and its server, under /probe/v1, and what the console is told of probes. */

const at = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

export const assignmentSchema = z.object({
  id: z.string(),
  kind: z.string(),
  config: z.record(z.string(), z.unknown()),
  intervalMs: z.int().min(1),
  timeoutMs: z.int().min(1),
});
export const assignmentsSchema = z.object({
  /** The name of this location. */
  location: z.string(),
  checks: z.array(assignmentSchema),
});
export type Assignments = z.infer<typeof assignmentsSchema>;

/** Results of one delivery, and what a result may hold at most. */
export const maxDelivered = 500;
const durationMs = z.number().min(0).max(10_000_000);

export const deliveredResultSchema = z
  .object({
    /** Numbered by the probe's log on disk, from 1 without gaps but for what it had to give up. */
    seq: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
    checkId: z.string().min(1).max(200),
    /** By the probe's own clock. */
    at,
    outcome: z
      .object({
        ok: z.boolean(),
        totalMs: durationMs,
        phases: z
          .object({
            dnsMs: durationMs,
            connectMs: durationMs,
            tlsMs: durationMs,
            firstByteMs: durationMs,
            transferMs: durationMs,
          })
          .partial()
          .strict()
          .optional(),
        error: z
          .object({ code: z.enum(checkErrorCodes), message: z.string().max(1_000) })
          .strict()
          .optional(),
        observed: z.record(z.string().max(100), z.unknown()).optional(),
      })
      .strict(),
  })
  .strict();
export type DeliveredResult = z.infer<typeof deliveredResultSchema>;

export const deliverySchema = z
  .object({
    /** Names the log on disk whose numbers these are. */
    logId: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/, 'expected 16 to 64 letters, digits, - or _'),
    /** The probe's clock now: what it is off by is taken out of the times. */
    sentAt: at,
    /** Results of this log that the probe had to give up, because nobody took them for too long. */
    dropped: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
    results: z
      .array(deliveredResultSchema)
      .min(1)
      .max(maxDelivered)
      .refine((rows) => rows.every((row, index) => index === 0 || row.seq > (rows[index - 1]?.seq ?? 0)), {
        error: 'expected rising numbers',
      }),
  })
  .strict();
export type Delivery = z.infer<typeof deliverySchema>;

export const takenSchema = z.object({
  /** Everything up to this number is safe with the server. */
  takenSeq: z.int(),
});

/** A name of a location: it stands in checks and results. */
export const locationName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'small letters, digits and dashes, at most 32')
  .refine((name) => name !== 'local' && name !== 'ping', { error: 'this name is taken by HugOps itself' });

export const newProbeSchema = z
  .object({ id: locationName, name: z.string().trim().min(1).max(100).optional() })
  .strict();

export const probeSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    tokenHint: z.string(),
    version: z.string().nullable(),
    lastSeenAt: z.int().nullable(),
    goneSince: z.int().nullable(),
    /** Checks that are run from there. */
    checks: z.int(),
    /** Results that it had to give up. */
    dropped: z.int(),
    ownedBy: z.enum(['file', 'console']),
  })
  .meta({ id: 'Probe' });
export type ProbeView = z.infer<typeof probeSchema>;
