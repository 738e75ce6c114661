import { z } from 'zod';
import { hugKinds, phases, severities } from '../../domain/words.ts';
import {
  choiceOf,
  durationField,
  flagField,
  hoursSchema,
  listOf,
  mapOf,
  referenceTo,
  textField,
  timeZoneField,
  wholeNumber,
} from '../config/fields.ts';
import { readInstant, scenarioTimePattern } from './scenario-time.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;

const instantField = z
  .string({ error: 'expected an instant such as 2015-09-20T09:00:00Z' })
  .refine((text) => readInstant(text) !== undefined, { error: 'expected an instant such as 2015-09-20T09:00:00Z' })
  .meta({ description: 'An instant in UTC such as 2015-09-20T09:00:00Z.' });

const timeWords = "expected a time such as '09:13' or 'day 2 16:00'";
/** Kept as text: what it means depends on the day of the start. */
const timeField = z
  .string({ error: timeWords })
  .regex(new RegExp(scenarioTimePattern), { error: timeWords })
  .meta({ description: "A time in UTC on the day of the start such as '09:13', or on a later one: 'day 2 16:00'." });

const share = z
  .number({ error: 'expected a share from 0 to 1' })
  .min(0, { error: 'expected a share from 0 to 1' })
  .max(1, { error: 'expected a share from 0 to 1' });
const sourced = { source: referenceTo('source').optional().describe('Where it is written.') };

const personSchema = z.strictObject({
  name: textField('a name'),
  timeZone: timeZoneField,
  wakingHours: hoursSchema
    .optional()
    .describe('When this person may be thanked; mon..fri 09:00 to 18:00 when left out.'),
  showName: flagField(false, 'Whether this person is named in public.'),
  acknowledges: durationField(second, 2 * hour)
    .optional()
    .describe(
      'How long after the page this person follows its link and takes the incident. Left out: sleeps through it.',
    ),
});

const teamSchema = z.strictObject({
  name: textField('a name'),
  onCall: listOf('people', referenceTo('person'))
    .min(1, { error: 'expected a list of at least one person' })
    .describe('Whom to page, in this order.'),
  escalatesAfter: durationField(minute, 4 * hour)
    .prefault('15m')
    .describe('How long the first has before the next is paged; 15m when left out.'),
});

const healthSchema = z.strictObject({
  at: timeField,
  failing: share.default(0).describe('The share of requests that it answers with an error; 0 when left out.'),
  hanging: share.default(0).describe('The share of requests that it never answers; 0 when left out.'),
  latency: durationField(0, 30 * second)
    .prefault('0s')
    .describe('How long it takes to answer; at once when left out.'),
  what: textField('what happened', 300).optional(),
  ...sourced,
});

const serviceSchema = z.strictObject({
  name: textField('a name'),
  team: referenceTo('team'),
  dependsOn: listOf(
    'services and upstreams',
    z.string({ error: 'expected a service or an upstream' }).max(200),
  ).default([]),
  every: durationField(second, hour).prefault('30s').describe('The interval of its check; 30s when left out.'),
  failures: wholeNumber('a number of failures', 1, 100).default(3).describe('Failures in a row until it is down.'),
  recoveries: wholeNumber('a number of successes', 1, 100).default(3).describe('Successes in a row until it is up.'),
  severity: choiceOf(severities).default('critical'),
  health: listOf('changes of health', healthSchema)
    .default([])
    .describe('How it answers from when on; well until then.'),
});

const postSchema = z.strictObject({
  at: timeField,
  status: choiceOf(['investigating', 'identified', 'monitoring', 'resolved']),
  impact: choiceOf(['none', 'minor', 'major', 'critical']).default('major'),
  text: textField('what the provider said', 2_000),
  ...sourced,
});

const noticeSchema = z.strictObject({
  title: textField('a title', 300),
  part: textField('the name of the product').describe('The product, as the provider writes it.'),
  key: textField('the id of the product').describe('Its id in the feed, as in dynamodb-us-east-1.'),
  region: textField('a region').optional(),
  regionName: textField('the name of the region').optional(),
  begins: timeField.optional().describe('When it began, as the provider says; its first post when left out.'),
  posts: listOf('posts', postSchema).min(1, { error: 'expected a list of at least one post' }),
});

const providerSchema = z.strictObject({
  name: textField('a name'),
  format: choiceOf(['aws', 'statuspage']).describe('How its feed is written: AWS current events, or Statuspage v2.'),
  notices: mapOf('notices', noticeSchema).default({}).describe('What it published when.'),
});

const stances = ['problem', 'thanks', 'joke', 'other'] as const;
const phraseSchema = z.strictObject({
  stance: choiceOf(stances).describe('What a person would say that it is.'),
  texts: listOf('texts', textField('a text', 300))
    .min(1, { error: 'expected a list of at least one text' })
    .describe('Ways to say it. {service} is the name of the service, {tag} its name as a hashtag, {n} a small number.'),
  openings: listOf('openings', z.string({ error: 'expected text' }).max(100))
    .default([])
    .describe('What may stand before.'),
  endings: listOf('endings', z.string({ error: 'expected text' }).max(100))
    .default([])
    .describe('What may stand after.'),
});

const rateSchema = z.strictObject({
  at: timeField,
  perMinute: z
    .number({ error: 'expected a number a minute' })
    .min(0, { error: 'expected a number a minute from 0' })
    .max(2_000, { error: 'expected at most 2000 a minute' }),
});

const streamSchema = z.strictObject({
  as: choiceOf(['posts', 'reports', 'hugs']).describe(
    'posts: public messages. reports: "I have a problem" on the status page. hugs: thanks left on the status page.',
  ),
  about: listOf('services', referenceTo('service')).min(1, { error: 'expected a list of at least one service' }),
  rate: listOf('rates', rateSchema)
    .min(2, { error: 'expected a list of at least two rates, the last of them 0' })
    .describe('How many a minute, straight between the points; the last is 0.'),
  mix: mapOf('shares', z.number({ error: 'expected a share' }).positive({ error: 'expected a share above 0' }))
    .default({})
    .describe('Which phrases in which proportion; together 1. For posts, and for hugs with words.'),
  authors: z
    .int({ error: 'expected a whole number' })
    .min(1, { error: 'expected at least 1' })
    .max(100_000, { error: 'expected at most 100000' })
    .optional()
    .describe('How many people write them; each post has an author of its own when left out.'),
  fresh: flagField(false, 'Whether the accounts were made just before, as for a brigade.'),
  kinds: listOf('kinds of hugs', choiceOf(hugKinds)).default(['hug']),
});

const actSchema = z.strictObject({
  at: timeField,
  who: referenceTo('person'),
  does: choiceOf(['note', 'update', 'resolve', 'approve']).describe(
    'approve: reads the words of visitors that wait, and lets them out.',
  ),
  about: referenceTo('service').describe('The service in trouble: what is done is done at its open incident.'),
  phase: choiceOf(phases).optional().describe('For an update: what the public is told.'),
  text: textField('a text', 2_000).optional(),
  ...sourced,
});

const countSchema = wholeNumber('a number', 0, 10_000);
const expectSchema = z.strictObject({
  incidents: countSchema.describe('How many incidents there are in all.'),
  pagesPerPerson: countSchema.optional().describe('At most so many pages to each person.'),
  pagedTeams: listOf('teams', referenceTo('team')).optional().describe('Exactly these teams are paged.'),
  cause: z
    .strictObject({
      is: z.string({ error: 'expected a service or an upstream' }).max(200),
      within: durationField(minute, 24 * hour).describe('After the first failure.'),
      beforeProvider: flagField(false, "Whether it is named before the provider's first post."),
    })
    .optional(),
  seenWithin: durationField(second, 24 * hour)
    .optional()
    .describe('From the first failure to the first incident.'),
  recoveryWithin: durationField(second, 24 * hour)
    .optional()
    .describe('From the last recovery of its services to the end of the incident.'),
  thanksBurst: z.boolean({ error: 'expected true or false' }).optional(),
  problemBurst: z.boolean({ error: 'expected true or false' }).optional(),
  notCounted: listOf('phrases', referenceTo('phrase'))
    .default([])
    .describe('Posts that no count of problems may hold.'),
  hugsReach: listOf('people', referenceTo('person')).optional().describe('Exactly these people are thanked.'),
});

/** A scenario: an outage as it was, or as it might be. Times are UTC. */
export const scenarioSchema = z
  .strictObject({
    title: textField('a title'),
    about: z.string({ error: 'expected text' }).max(4_000).default(''),
    startsAt: instantField.describe('When the clock starts, in UTC.'),
    endsAt: instantField.describe("When the curtain falls; late enough for the morning's hugs."),
    sources: mapOf(
      'sources',
      z.strictObject({ title: textField('a title', 300), url: z.url({ protocol: /^https?$/ }) }),
    ).default({}),
    facts: listOf(
      'facts',
      z.strictObject({ at: timeField, what: textField('what happened', 500), source: referenceTo('source') }),
    )
      .default([])
      .describe('What is known to have happened, in order, each with where it is written.'),
    people: mapOf('people', personSchema),
    teams: mapOf('teams', teamSchema),
    services: mapOf('services', serviceSchema),
    providers: mapOf('providers', providerSchema).default({}),
    phrases: mapOf('phrases', phraseSchema).default({}),
    streams: mapOf('streams', streamSchema).default({}),
    acts: listOf('acts', actSchema).default([]).describe('What people do at which time, besides acknowledging.'),
    expect: expectSchema.describe('What must come out; the command fails when it does not.'),
  })
  .meta({ title: 'A HugOps scenario', description: 'An outage to be replayed: docs/replay.md.' });

export type ScenarioFile = z.output<typeof scenarioSchema>;
