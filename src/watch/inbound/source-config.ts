import { z } from 'zod';
import { severities } from '../../domain/words.ts';
import { compileJsonPath, JsonPathError } from '../checks/json-path.ts';

/** The tools that may send alerts. */
export const integrationKinds = [
  'alertmanager',
  'events-v2',
  'grafana',
  'cloudwatch',
  'cloudevents',
  'webhook',
] as const;
export type IntegrationKind = (typeof integrationKinds)[number];

const isPath = (path: string): string | undefined => {
  try {
    compileJsonPath(path);
    return undefined;
  } catch (error) {
    return error instanceof JsonPathError ? error.message : String(error);
  }
};

const jsonPath = z
  .string({ error: 'expected a JSON path such as $.alert.id' })
  .max(300, { error: 'expected a JSON path of at most 300 characters' })
  .superRefine((path, ctx) => {
    const message = isPath(path);
    if (message !== undefined) ctx.addIssue({ code: 'custom', message });
  });

const words = z
  .array(z.string().trim().min(1).max(100), { error: 'expected a list of words such as [ok, closed]' })
  .min(1, { error: 'expected at least one word' })
  .max(50, { error: 'expected at most 50 words' });

/** Where a message that no standard describes keeps what HugOps needs. Every path begins at the message, or at one item of `items`. */
export const mappingSchema = z.strictObject({
  items: jsonPath
    .optional()
    .describe('The list whose every item is an alert, as in $.alerts; the whole message is one when left out.'),
  key: jsonPath.optional().describe('What makes it the same alert, from its beginning to its end, as in $.alert.id.'),
  status: jsonPath.optional().describe('Whether it fires or is over, as in $.state.'),
  ok: words
    .optional()
    .describe('What the status says when it is over; resolved, ok, closed and their like when left out.'),
  firing: words.optional().describe('What the status says when it fires. Other words are then refused by name.'),
  severity: jsonPath
    .optional()
    .describe('How bad it is, as in $.priority; critical, warning, P1 and their like are understood.'),
  summary: jsonPath.optional().describe('One line for the person who is woken, as in $.title.'),
  link: jsonPath.optional().describe('Where to read more, as in $.url.'),
});
export type Mapping = z.output<typeof mappingSchema>;

/** What a source of alerts may be told beside its kind; the fields in hugops.yaml are the same. */
export const sourceConfigSchema = z.strictObject({
  severity: z
    .enum(severities)
    .optional()
    .describe('How bad alerts are that do not say so themselves; major when left out.'),
  groupBy: z
    .array(jsonPath, { error: 'expected a list of JSON paths such as [$.labels.cluster]' })
    .min(1, { error: 'expected at least one JSON path' })
    .max(8, { error: 'expected at most 8 JSON paths' })
    .optional()
    .describe(
      'Alerts whose details are the same at these JSON paths are one alert with a count, as in [$.labels.alertname].',
    ),
  maxPerMinute: z
    .int({ error: 'expected a whole number from 1 to 600000' })
    .min(1, { error: 'expected a whole number from 1 to 600000' })
    .max(600_000, { error: 'expected a whole number from 1 to 600000' })
    .optional()
    .describe('Messages of this source in a minute; more are told to come again. 600000 when left out.'),
  mapping: mappingSchema
    .optional()
    .describe('For webhook and cloudevents: where in a message HugOps finds what it needs.'),
});
export type SourceConfig = z.output<typeof sourceConfigSchema>;

/** What is wrong with settings for this kind, by field; empty when they fit. */
export function misfits(kind: IntegrationKind, config: SourceConfig): { path: string; message: string }[] {
  const { mapping } = config;
  if (mapping !== undefined && kind !== 'webhook' && kind !== 'cloudevents') {
    return [{ path: 'mapping', message: `only webhook and cloudevents take a mapping; ${kind} is understood without` }];
  }
  if (kind !== 'webhook') return [];
  const missing = (['key', 'status'] as const).filter((name) => mapping?.[name] === undefined);
  return missing.map((name) => ({ path: `mapping.${name}`, message: 'a webhook needs this JSON path' }));
}
