import { z } from 'zod';
import {
  durationField,
  emailField,
  flagField,
  hoursSchema,
  listOf,
  referenceTo,
  textField,
  timeZoneField,
  wholeNumber,
} from './fields.ts';

const second = 1_000;
const day = 86_400_000;

export const personSchema = (channels: z.ZodType<ContactInFile>) =>
  z.strictObject({
    name: textField('a name'),
    email: emailField,
    timeZone: timeZoneField,
    showName: z
      .boolean({ error: 'expected true or false' })
      .optional()
      .describe('true: named in public when first applied, until the person decides otherwise. false: never named.'),
    wakingHours: hoursSchema
      .default({ days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00' })
      .describe(
        'When this person may be thanked, in the own zone; mon..fri 09:00 to 18:00 when left out. Pages ignore it.',
      ),
    contact: listOf('contact methods', channels)
      .max(20, { error: 'expected at most 20 contact methods' })
      .default([])
      .describe('How this person is paged: by all of them at once.'),
  });

/** `kind` and `label`, and the fields of the channel. */
export type ContactInFile = { kind: string; label?: string | undefined } & Record<string, unknown>;

const targetSchema = z
  .strictObject({
    schedule: referenceTo('schedule').optional(),
    person: referenceTo('person').optional(),
    team: referenceTo('team').optional(),
  })
  .refine((target) => Object.values(target).filter((id) => id !== undefined).length === 1, {
    error: 'expected one of schedule, person or team',
  })
  .describe('Who is notified: whoever is on call by a schedule, a person, or all members of a team.');

export const policySchema = z.strictObject({
  name: textField('a name').optional(),
  steps: listOf(
    'steps',
    z.strictObject({
      notify: listOf('schedules, people and teams', targetSchema).min(1, {
        error: 'expected a list such as [{ schedule: primary }]',
      }),
      wait: durationField(second, 7 * day)
        .prefault('5m')
        .describe('How long to wait for an acknowledgement before the next step; 5m when left out.'),
    }),
  )
    .min(1, { error: 'expected a list of at least one step' })
    .max(50, { error: 'expected at most 50 steps' }),
  repeat: wholeNumber('a number of repetitions', 0, 100)
    .default(2)
    .describe('How often all steps are repeated while nobody acknowledges; 2 when left out.'),
});

export const teamSchema = z.strictObject({
  name: textField('a name'),
  members: listOf('people', referenceTo('person')).default([]),
  leads: listOf('people', referenceTo('person'))
    .default([])
    .describe('Members who lead; they need not be named under members again.'),
  policy: referenceTo('policy')
    .optional()
    .describe('Who is paged for its services; the policy with the id default when left out.'),
  hugs: z
    .strictObject({
      publishUnseen: flagField(false, 'Show messages of visitors before anybody of the team has read them.'),
    })
    .prefault({}),
});
