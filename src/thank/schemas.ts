import { z } from 'zod';
import { addedReasons } from '../domain/credit.ts';
import { quietSaveKinds } from '../domain/quiet-save.ts';
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
    source: z.enum(['visitor', 'colleague', 'post', 'app']),
    /** Why it waits: `unread`, or of a post `unsure`, `address` or `upstream`. */
    heldReason: z.string().nullable(),
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
        /** Given, and not refused. */
        gifts: z.array(z.object({ what: z.string(), url: z.string().nullable(), minutes: z.int().nullable() })),
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

const hugMessage = z.string().max(2_000, 'a hug has room for 280 characters').optional();
const addressedTo = z.enum(['team', 'fixers']).optional();

/** A colleague's hug, by the session of a person; or one that the operator's own app passes on, by an API key and with `user`. */
export const apiHugSchema = z
  .object({
    kind: hugKindSchema,
    message: hugMessage,
    addressedTo,
    /** Tells the users of the app apart: any id of theirs. Kept as a hash while thanks are open. */
    user: z.string().min(1).max(200).optional(),
  })
  .strict();

export const leaveHugSchema = z
  .object({
    kind: hugKindSchema,
    message: hugMessage,
    addressedTo,
    altcha: z.string().min(1).max(4_000),
  })
  .strict();

/** Who helped in an incident. By name, without any number. */
export const creditViewSchema = z
  .object({
    isOver: z.boolean(),
    people: z.array(
      z.object({
        id: z.string(),
        name: z.string(),
        reasons: z.array(z.string()),
        /** Those of the reasons that people added; they can be taken back. */
        added: z.array(z.enum(addedReasons)),
      }),
    ),
    /** The viewer's own choice; null when they are not credited. */
    me: z.object({ declined: z.boolean(), hidden: z.boolean() }).nullable(),
  })
  .meta({ id: 'Credit' });
export type CreditView = z.infer<typeof creditViewSchema>;

export const additionSchema = z.object({ personId: z.string().min(1).max(100), reason: z.enum(addedReasons) }).strict();

export const ownChoiceSchema = z.object({ choice: z.enum(['decline', 'accept', 'hide', 'show']) }).strict();

const lineSchema = (most: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => !/\p{Cc}/u.test(text), 'one line, without control characters');
const idSchema = z.string().min(1).max(200);

export const newChangesSchema = z
  .object({
    changes: z
      .array(
        z
          .object({
            kind: z.enum(['commit', 'deploy', 'runbook']),
            id: lineSchema(200),
            title: lineSchema(300),
            author: z.email().max(300).optional(),
            url: z
              .url({ protocol: /^https?$/ })
              .max(2_000)
              .optional(),
            /** Epoch milliseconds; not in the future. */
            at: z.int().min(0).optional(),
            serviceId: idSchema.optional(),
            incident: z.union([idSchema, z.int().positive()]).optional(),
          })
          .strict(),
      )
      .min(1)
      .max(100),
  })
  .strict();

export const newChangeKeySchema = z.object({ name: lineSchema(100), serviceId: idSchema.optional() }).strict();

/** Amounts are in the smallest unit of the currency: cents, yen. */
export const giftBudgetSchema = z
  .object({
    currency: z.string().regex(/^[A-Z]{3}$/, 'three letters, as EUR'),
    /** Above it, a second person is asked. */
    approvalAbove: z.int().min(0).max(100_000_000),
    /** What is added to what is left; negative takes back. */
    add: z.int().min(-1_000_000_000).max(1_000_000_000),
  })
  .strict();

export const newGiftSchema = z
  .object({
    incidentId: idSchema,
    personId: idSchema,
    kind: z.enum(['time-off', 'link']),
    what: lineSchema(200),
    url: z
      .url({ protocol: /^https$/ })
      .max(2_000)
      .optional(),
    minutes: z
      .int()
      .min(1)
      .max(60 * 24 * 30)
      .optional(),
    cost: z.int().min(0).max(100_000_000),
  })
  .strict()
  .refine((gift) => gift.kind !== 'time-off' || gift.minutes !== undefined, {
    path: ['minutes'],
    message: 'how long the time off is',
  })
  .refine((gift) => gift.kind !== 'link' || gift.url !== undefined, { path: ['url'], message: 'where the gift is' });

export const giftsViewSchema = z
  .object({
    budget: z.object({ currency: z.string(), approvalAbove: z.int(), balance: z.int() }).nullable(),
    gifts: z.array(
      z.object({
        id: z.string(),
        incidentId: z.string(),
        person: z.object({ id: z.string(), name: z.string() }),
        kind: z.enum(['time-off', 'link']),
        what: z.string(),
        url: z.string().nullable(),
        minutes: z.int().nullable(),
        cost: z.int(),
        status: z.enum(['waiting', 'given', 'refused']),
        askedAt: at,
        mayDecide: z.boolean(),
      }),
    ),
  })
  .meta({ id: 'Gifts' });

/** Trouble of a service that was over before any user noticed, as far as HugOps can tell. */
export const quietSaveSchema = z
  .object({
    id: z.string(),
    kind: z.enum(quietSaveKinds),
    /** When it was over. */
    at,
    lastedMs: z.int(),
    /** Of what was renewed: how many days were left. */
    daysLeft: z.int().nullable(),
    incident: z.object({ id: z.string(), number: z.int(), title: z.string() }),
    service: z.object({ id: z.string(), name: z.string() }),
    /** Somebody says that users did notice. */
    dispute: z.object({ at, by: z.string().nullable(), reason: z.string() }).nullable(),
  })
  .meta({ id: 'QuietSave' });
export type QuietSave = z.infer<typeof quietSaveSchema>;

export const disputeSchema = z.object({ reason: lineSchema(300) }).strict();
