import { z } from 'zod';
import { hugKinds } from '../domain/words.ts';

const at = z.int();
export const hugKindSchema = z.enum(hugKinds);

/** A hug as moderators see it. Nothing is known of its sender. */
export const hugSchema = z
  .object({
    id: z.string(),
    kind: hugKindSchema,
    message: z.string().nullable(),
    status: z.enum(['held', 'approved', 'rejected', 'withdrawn']),
    createdAt: at,
    incident: z.object({ id: z.string(), number: z.int(), title: z.string() }),
  })
  .meta({ id: 'Hug' });
export type Hug = z.infer<typeof hugSchema>;

/** What one person was thanked for; shown to that person only. */
export const myThanksSchema = z
  .object({
    incidents: z.array(
      z.object({
        id: z.string(),
        number: z.int(),
        title: z.string(),
        openedAt: at,
        resolvedAt: at.nullable(),
        reasons: z.array(z.string()),
        hugs: z.array(
          z.object({
            id: z.string(),
            kind: hugKindSchema,
            message: z.string().nullable(),
            createdAt: at,
            deliveredAt: at.nullable(),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'MyThanks' });
export type MyThanks = z.infer<typeof myThanksSchema>;

export const leaveHugSchema = z
  .object({
    kind: hugKindSchema,
    message: z.string().max(2_000, 'a hug has room for 280 characters').optional(),
    altcha: z.string().min(1).max(4_000),
  })
  .strict();
