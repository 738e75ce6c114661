import { z } from 'zod';
import { networkReference } from '../environment.ts';
import { publishTargetSchema } from '../../tell/index.ts';
import {
  choiceOf,
  durationField,
  listOf,
  mailUrlField,
  mapOf,
  proseField,
  referenceTo,
  senderField,
  textField,
  timeZoneField,
} from './fields.ts';
import { type ContactInFile, personSchema, policySchema, teamSchema } from './people-schema.ts';
import { listenSchema } from './listen-schema.ts';
import { withDurations } from './kind-durations.ts';
import { retentionSchema } from './retention-schema.ts';
import { scheduleSchema } from './schedule-schema.ts';
import { type CheckInFile, checkFields, heartbeatFields, serviceSchema } from './service-schema.ts';

/** What a room says about a kind that it owns. Fields marked with `.meta({ writeOnly: true })` or `secret: true` are never shown. */
interface KindSchema {
  readonly kind: string;
  readonly schema: z.ZodObject;
  /** Names one of this kind for people, without its secrets. */
  describe?(config: unknown): string;
}

export interface KindSchemas {
  readonly checkKinds: Iterable<KindSchema>;
  readonly channelKinds: Iterable<KindSchema>;
}

const mailSchema = z.strictObject({
  url: mailUrlField.describe('smtp://user:password@host:587 or smtps://…; with a password only as a reference.'),
  from: senderField,
});

const networkSchema = z.strictObject({
  references: listOf(
    'hosts',
    z.string().regex(networkReference, { error: 'expected a host with its port, such as 1.1.1.1:443' }),
  )
    .max(10, { error: 'expected at most 10 hosts' })
    .describe(
      'Hosts that have nothing to do with each other, as host:port. When a check fails and none of them answers, our own network is gone: the check is unknown, not down. An empty list turns this off.',
    ),
});

const deadManSchema = z.strictObject({
  url: z
    .string({ error: 'expected a URL as text' })
    .max(2_000, { error: 'expected a URL of at most 2000 characters' })
    .refine((text) => /^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text), {
      error: 'expected a URL that begins with https:// or http://',
    })
    .meta({
      writeOnly: true,
      description: 'Asked with GET, as healthchecks and its kind want it. It is a secret: write a reference.',
    }),
  every: durationField(30_000, 86_400_000).prefault('1m').describe('How often; 1m when left out.'),
});

const componentSchema = z.strictObject({
  service: referenceTo('service'),
  name: textField('a name').optional().describe('What the public calls it; the name of the service when left out.'),
  description: proseField().default(''),
});

/** The variants of the room, with the messages that this file's reader expects. */
const publishTargetsField = mapOf('places to publish to', publishTargetSchema)
  .default({})
  .describe('Places that always get the newest page, so that it is there when HugOps is not. By id.');

const statusPageSchema = z.strictObject({
  title: textField('a title'),
  description: proseField().default(''),
  timeZone: timeZoneField.default('UTC').describe('The zone of the days on the page; UTC when left out.'),
  announce: choiceOf(['auto', 'manual'])
    .default('auto')
    .describe('auto (when left out): incidents show by themselves. manual: when a person publishes them.'),
  publishTo: publishTargetsField,
  groups: listOf(
    'groups',
    z.strictObject({
      name: textField('a name'),
      components: listOf('components', componentSchema).min(1, {
        error: 'expected a list such as [{ service: checkout }]',
      }),
    }),
  ).default([]),
});

/** hugops.yaml. The kinds belong to the rooms; everything else is here. */
export function configSchema({ checkKinds, channelKinds }: KindSchemas) {
  const checks = unionByKind<CheckInFile>(checkKinds, (kind) => (kind === 'heartbeat' ? heartbeatFields : checkFields));
  const channels = unionByKind<ContactInFile>(channelKinds, () => ({ label: textField('a label', 60).optional() }));
  return z
    .strictObject({
      retention: retentionSchema,
      mail: mailSchema.optional().describe('How HugOps sends e-mail.'),
      network: networkSchema.optional().describe("How HugOps tells its own network's trouble from that of others."),
      deadMan: deadManSchema
        .optional()
        .describe('Who is told every minute that HugOps works, and calls somebody when that word stays away.'),
      people: mapOf('people', personSchema(channels)).default({}).describe('Everybody who responds, by id.'),
      teams: mapOf('teams', teamSchema(channels)).default({}).describe('Who works together on services.'),
      schedules: mapOf('schedules', scheduleSchema).default({}).describe('Who is on call when.'),
      policies: mapOf('policies', policySchema)
        .default({})
        .describe(
          'Who is notified in which order when a service is in trouble. The one with the id default serves all that name no other.',
        ),
      services: mapOf('services', serviceSchema(checks))
        .default({})
        .describe('What people depend on, how it is checked, and what it depends on itself.'),
      listen: listenSchema
        .optional()
        .describe('Where posts of the public come from that tell of trouble, and how long their texts are kept.'),
      statusPage: statusPageSchema.optional().describe('The page for the public.'),
    })
    .meta({ title: 'hugops.yaml', description: 'What HugOps watches, who responds, and what the public sees.' });
}

/** The file as read: durations in milliseconds, references resolved, everything left out filled in. */
export type Config = z.output<ReturnType<typeof configSchema>>;
export type PersonInFile = Config['people'][string];
export type TeamInFile = Config['teams'][string];
export type PolicyInFile = Config['policies'][string];
export type ServiceInFile = Config['services'][string];

/** One schema for all kinds: each kind's own fields, and the common ones that it does not define itself. No other field. */
function unionByKind<Out>(kinds: Iterable<KindSchema>, commonFields: (kind: string) => z.ZodRawShape): z.ZodType<Out> {
  const names: string[] = [];
  const options = [...kinds].map(({ kind, schema: stored }) => {
    names.push(kind);
    const schema = withDurations(stored);
    const common = { kind: z.literal(kind), ...commonFields(kind) };
    const missing = Object.entries(common).filter(([name]) => !Object.hasOwn(schema.shape, name));
    return schema.safeExtend(Object.fromEntries(missing)).strict();
  });
  const [first, ...more] = options;
  if (first === undefined) throw new Error('a union needs at least one kind');
  const words = `expected a mapping with a kind: ${names.join(', ')}`;
  // zod types the union by its options, which are only known when the rooms have named theirs.
  return z.discriminatedUnion('kind', [first, ...more], { error: words }) as unknown as z.ZodType<Out>;
}
