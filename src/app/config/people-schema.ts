import { z } from 'zod';
import {
  durationField,
  emailField,
  flagField,
  hoursSchema,
  listOf,
  mapOf,
  referenceTo,
  textField,
  timeZoneField,
  wholeNumber,
  choiceOf,
} from './fields.ts';

const second = 1_000;
const minute = 60_000;
const day = 86_400_000;

const ruleSchema = z.strictObject({
  use: referenceTo('contact method').describe(
    'The label of one of the contact methods above, or its kind where there is one of that kind.',
  ),
  after: durationField(0, day).prefault('0s').describe('How long after the step; at once when left out.'),
});

const notifySchema = z
  .strictObject({
    high: listOf('rules', ruleSchema)
      .max(20, { error: 'expected at most 20 rules' })
      .default([])
      .describe('For critical and major trouble. Left out: all contact methods at once.'),
    low: listOf('rules', ruleSchema)
      .max(20, { error: 'expected at most 20 rules' })
      .default([])
      .describe('For minor trouble. Left out: all contact methods at once.'),
    quietHours: hoursSchema
      .refine((hours) => hours.from !== hours.to, { error: 'expected hours that end' })
      .optional()
      .describe('Minor trouble waits for the end of these hours, local time. Critical and major never wait.'),
  })
  .describe('Which contact method is used after how long. Left out: as the person decides in the console.');

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
      .describe('How this person is paged: by all of them at once, or as notify says.'),
    notify: notifySchema.optional(),
  });

/** `kind` and `label`, and the fields of the channel. */
export type ContactInFile = { kind: string; label?: string | undefined } & Record<string, unknown>;

const targetSchema = z
  .strictObject({
    schedule: referenceTo('schedule').optional(),
    person: referenceTo('person').optional(),
    team: referenceTo('team').optional(),
    roundRobin: referenceTo('team').optional(),
    channel: referenceTo('channel').optional().describe('A channel of a team, as in shop/room.'),
  })
  .refine((target) => Object.values(target).filter((id) => id !== undefined).length === 1, {
    error: 'expected one of schedule, person, team, roundRobin or channel',
  })
  .describe(
    'Who is notified: whoever is on call by a schedule, a person, all members of a team, the next of its members (roundRobin), or a channel of a team.',
  );

const hoursInZone = z.strictObject({
  hours: listOf('hours', hoursSchema).min(1, { error: 'expected a list of at least one entry' }),
  timeZone: timeZoneField,
});

const whenSchema = z
  .strictObject({
    severity: listOf('severities', choiceOf(['critical', 'major', 'minor']))
      .min(1, { error: 'expected a list of at least one severity' })
      .optional(),
    during: hoursInZone.optional(),
    outside: hoursInZone.optional(),
  })
  .refine((when) => when.during === undefined || when.outside === undefined, {
    error: 'expected during or outside, not both',
  })
  .describe('The step is taken for these severities and in these hours only; otherwise it is passed over.');

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
      when: whenSchema.optional(),
    }),
  )
    .min(1, { error: 'expected a list of at least one step' })
    .max(50, { error: 'expected at most 50 steps' }),
  repeat: wholeNumber('a number of repetitions', 0, 100)
    .default(2)
    .describe('How often all steps are repeated while nobody acknowledges; 2 when left out.'),
  acknowledgeTimeout: durationField(minute, 7 * day)
    .optional()
    .describe('An acknowledged incident on which nobody works for so long is called again. Left out: never.'),
  autoResolve: durationField(minute, 90 * day)
    .optional()
    .describe('An incident without signals and without anybody at work for so long is resolved. Left out: never.'),
});

export const teamSchema = (channels: z.ZodType<ContactInFile>) =>
  z.strictObject({
    name: textField('a name'),
    channels: mapOf('channels', channels)
      .default({})
      .describe('Where the team reads along, by id: a chat room or a webhook that a policy can notify.'),
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
