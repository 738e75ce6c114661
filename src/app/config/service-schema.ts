import { z } from 'zod';
import { type Agreement, agreementWords } from '../../domain/agreement.ts';
import { severities, type Severity } from '../../domain/words.ts';
import { integrationKinds, misfits, sourceConfigSchema } from '../../watch/index.ts';
import {
  choiceOf,
  durationField,
  flagField,
  listOf,
  mapOf,
  proseField,
  referenceTo,
  secretField,
  textField,
  wholeNumber,
} from './fields.ts';
import { listenTermsSchema } from './listen-schema.ts';

const second = 1_000;
const day = 86_400_000;

const locationField = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, {
  error: 'expected local or the name of a probe: small letters, digits and dashes',
});

/** What every check has; the fields of its kind stand beside them. */
export const checkFields = {
  name: textField('a name').optional().describe('The name on screen; the id when left out.'),
  interval: durationField(second, day).prefault('1m').describe('From one start to the next; 1m when left out.'),
  timeout: durationField(100, 5 * 60 * second)
    .optional()
    .describe('After which a run has failed; 10s when left out, or the interval where that is shorter.'),
  failureThreshold: wholeNumber('a number of failures', 1, 100)
    .default(2)
    .describe('Failures in a row until the check is down; 2 when left out.'),
  recoveryThreshold: wholeNumber('a number of successes', 1, 100)
    .default(2)
    .describe('Successes in a row until it is up again; 2 when left out.'),
  severity: choiceOf(severities).default('critical').describe('How bad it is when this check is down.'),
  paused: flagField(false, 'Keep the check, but do not run it.'),
  locations: listOf('locations', locationField)
    .min(1, { error: 'expected at least one location' })
    .max(20, { error: 'expected at most 20 locations' })
    .default(['local'])
    .describe('Where it is run from: local, which is HugOps itself, and names of probes; local when left out.'),
  agreement: z
    .union([choiceOf(agreementWords), wholeNumber('a number of locations', 1, 20)], {
      error: 'expected any, majority, all or a number of locations',
    })
    .default('majority')
    .describe('How many of the locations must see it down: any, majority (when left out), all, or a number.'),
};

// A heartbeat is a check turned round: silence is the failure, so it has no run to time and no second failure to wait for.
export const heartbeatFields = {
  name: checkFields.name,
  interval: durationField(second, 24 * day).describe('How often it reports.'),
  severity: checkFields.severity,
  paused: checkFields.paused,
  pingKey: secretField(16)
    .optional()
    .describe('The secret end of its address, as a reference; made once and kept when left out.'),
};

/** A check as the schema leaves it: common fields, and those of its kind beside them. */
export type CheckInFile = {
  kind: string;
  name?: string | undefined;
  severity: Severity;
  paused: boolean;
  interval: number;
  timeout?: number | undefined;
  failureThreshold?: number;
  recoveryThreshold?: number;
  locations?: string[];
  agreement?: Agreement;
  pingKey?: string | undefined;
} & Record<string, unknown>;

const integrationSchema = z
  .strictObject({
    kind: choiceOf(integrationKinds).describe(
      'The tool that sends: alertmanager, grafana, cloudwatch (over SNS), cloudevents, events-v2 (PagerDuty Events API v2), or webhook for whatever posts JSON.',
    ),
    name: textField('a name').optional(),
    key: secretField(16).describe('The key that the tool sends, as a reference: ${env:NAME} or ${file:/path}.'),
    ...sourceConfigSchema.shape,
  })
  .superRefine(({ kind, mapping }, ctx) => {
    for (const { path, message } of misfits(kind, { mapping })) {
      ctx.addIssue({ code: 'custom', path: path.split('.'), message });
    }
  });

const upstreamForm = /^[a-z0-9][a-z0-9._-]{0,63}(\/[a-z0-9][a-z0-9._-]{0,63}){1,3}$/;
const dependencyWords = 'expected a service of this file or an upstream such as aws/us-east-1/dynamodb';
const dependencyName = z
  .string({ error: dependencyWords })
  .max(200, { error: dependencyWords })
  .refine((name) => !name.includes('/') || upstreamForm.test(name), { error: dependencyWords });

const dependencySchema = z.union([
  dependencyName.transform((on) => ({ on, hardness: 'hard' as const })),
  z.strictObject({
    on: dependencyName,
    hardness: choiceOf(['hard', 'soft'])
      .default('hard')
      .describe('hard: cannot work without it (when left out). soft: works, with something missing.'),
  }),
]);

export const serviceSchema = (checks: z.ZodType<CheckInFile>) =>
  z.strictObject({
    name: textField('a name'),
    description: proseField().default(''),
    team: referenceTo('team').optional(),
    policy: referenceTo('policy').optional().describe('Who is paged; the policy of the team when left out.'),
    dependsOn: listOf('services and upstreams', dependencySchema)
      .default([])
      .describe('Services of this file, or upstreams such as aws/us-east-1/dynamodb.'),
    checks: mapOf('checks', checks).default({}),
    integrations: mapOf('integrations', integrationSchema)
      .default({})
      .describe('Other tools that send alerts about this service.'),
    listen: listenTermsSchema.optional().describe('By which words posts of the public name it.'),
  });
