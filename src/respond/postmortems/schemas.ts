import { z } from 'zod';
import { personRefSchema } from '../schemas.ts';

/** Epoch milliseconds. */
const at = z.int();
const version = z
  .int()
  .min(1)
  .describe('The version that this was made from; another one in the meantime is a conflict');
const text = z.string().trim().min(1).max(500);
const personId = z.string().min(1).max(100);
const day = z.iso.date();

export const actionItemSchema = z
  .object({
    id: z.string(),
    text: z.string(),
    owner: personRefSchema.nullable(),
    /** A day, as in `2026-12-24`. */
    dueOn: z.string().nullable(),
    createdAt: at,
    doneAt: at.nullable(),
    incident: z.object({ id: z.string(), number: z.int(), title: z.string() }),
  })
  .meta({ id: 'ActionItem' });
export type ActionItem = z.infer<typeof actionItemSchema>;

const stateSchema = z.enum(['draft', 'published']);

export const postmortemSummarySchema = z
  .object({
    incident: z.object({ id: z.string(), number: z.int(), title: z.string(), isPublic: z.boolean() }),
    title: z.string(),
    state: stateSchema,
    onStatusPage: z.boolean(),
    updatedAt: at,
    publishedAt: at.nullable(),
    openItems: z.int(),
    doneItems: z.int(),
  })
  .meta({ id: 'PostmortemSummary' });
export type PostmortemSummary = z.infer<typeof postmortemSummarySchema>;

export const postmortemSchema = postmortemSummarySchema
  .extend({
    /** Markdown, for the team. */
    body: z.string(),
    /** Markdown, for the status page. */
    publicBody: z.string(),
    version: z.int(),
    updatedBy: personRefSchema.nullable(),
    reviews: z.array(z.object({ person: personRefSchema, version: z.int(), at })),
    actionItems: z.array(actionItemSchema),
  })
  .meta({ id: 'Postmortem' });
export type Postmortem = z.infer<typeof postmortemSchema>;

/** As text in UTF-8 it still fits into a request. */
const longestBody = 60_000;
export const savePostmortemSchema = z
  .object({
    version,
    title: z.string().trim().min(1).max(300),
    body: z.string().max(longestBody),
    publicBody: z.string().max(20_000),
  })
  .strict();
export const publishPostmortemSchema = z.object({ version, onStatusPage: z.boolean() }).strict();
export const reviewPostmortemSchema = z.object({ version }).strict();

export const newActionItemSchema = z
  .object({ text, ownerId: personId.nullable().default(null), dueOn: day.nullable().default(null) })
  .strict();
export const changeActionItemSchema = z
  .object({
    text: text.optional(),
    ownerId: personId.nullable().optional(),
    dueOn: day.nullable().optional(),
    done: z.boolean().optional(),
  })
  .strict()
  .refine((value) => Object.keys(value).length > 0, 'expected something to change');
