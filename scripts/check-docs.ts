/** Writes docs/checks.md, the reference of check kinds, from their schemas. `node scripts/check-docs.ts` after a change; a test insists. */
import { writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { z } from 'zod';
import { formatDuration } from '../src/app/config/duration.ts';
import { storedNames, withDurations } from '../src/app/config/kind-durations.ts';
import { checkKinds } from '../src/watch/index.ts';

type Schema = z.core.JSONSchema.BaseSchema;

const opening = `# Check kinds

Every check of \`hugops.yaml\` has a \`kind\`, the fields that are common to all (see [configuration.md](configuration.md#checks)), and
those of its kind, which stand here. A field without a "when left out" is required. Secrets are references, \`\${env:NAME}\` or
\`\${file:/path}\`, filled in at each run and never shown.

Every run ends within the check's \`timeout\`, reads no more than it needs, and never connects to link-local or cloud metadata
addresses; to private networks only where the operator allows it. A failure that says nothing about the service, such as a missing secret, a
forbidden address or a registry that cannot be asked, makes the verdict unknown, and not down.

This page is made from the schemas by \`scripts/check-docs.ts\`.
`;

/** The whole page. */
export function renderCheckDocs(): string {
  const kinds = [...checkKinds].sort((a, b) => a.kind.localeCompare(b.kind));
  const contents = kinds.map(({ kind, label }) => `- [${label}](#${kind}): \`${kind}\``).join('\n');
  return `${[opening, contents, '', ...kinds.map(renderKind)].join('\n').trimEnd()}\n`;
}

function renderKind({ kind, summary, schema, example }: (typeof checkKinds)[number]): string {
  const { properties = {}, required = [] } = z.toJSONSchema(withDurations(schema), {
    io: 'input',
    unrepresentable: 'any',
  });
  const rows = Object.entries(properties).flatMap(([name, field]) =>
    rowsOf(name, field as Schema, required.includes(name)),
  );
  const table = ['| field | when left out | |', '|---|---|---|', ...rows].join('\n');
  return `## ${kind}\n\n${summary}\n\n${table}\n\n${exampleOf(kind, schema, example)}\n`;
}

function exampleOf(kind: string, schema: z.ZodObject, example: object): string {
  const given = example as Record<string, unknown>;
  const inFile: Record<string, unknown> = { kind };
  for (const [fileName, storedName] of storedNames(schema)) {
    const value = given[storedName];
    if (value !== undefined) inFile[fileName] = fileName === storedName ? value : formatDuration(Number(value));
  }
  return `\`\`\`yaml\n${stringify({ example: inFile }, { lineWidth: 110 })}\`\`\``;
}

/** A row for the field, and one for each field within it. */
function rowsOf(name: string, field: Schema, isRequired: boolean): string[] {
  const words = [field.description, valuesOf(field), boundsOf(field)].filter(
    (text) => text !== undefined && text !== '',
  );
  const row = `| \`${name}\` | ${isRequired ? '' : otherwise(field)} | ${words.join('; ').replaceAll('|', '\\|')} |`;
  return [row, ...innerRows(name, field)];
}

function innerRows(name: string, field: Schema): string[] {
  if (field.type === 'array' && typeof field.items === 'object') return innerRows(`${name}[]`, field.items as Schema);
  const options = field.oneOf ?? field.anyOf;
  if (options) return options.flatMap((option) => optionRows(name, option as Schema));
  return Object.entries(field.properties ?? {}).flatMap(([inner, schema]) =>
    rowsOf(`${name}.${inner}`, schema as Schema, field.required?.includes(inner) ?? false),
  );
}

/** A choice that is told apart by one field of a fixed value: `expect[] on: status`. */
function optionRows(name: string, option: Schema): string[] {
  const properties = Object.entries(option.properties ?? {}) as [string, Schema][];
  const tag = properties.find(([, schema]) => schema.const !== undefined);
  if (!tag) return [];
  const title = `${name} ${tag[0]}: ${String(tag[1].const)}`;
  const others = properties.filter(([inner]) => inner !== tag[0]);
  return [
    `| \`${title}\` | | ${option.description ?? ''} |`,
    ...others.flatMap(([inner, schema]) =>
      rowsOf(`${title}, ${inner}`, schema, option.required?.includes(inner) ?? false),
    ),
  ];
}

function otherwise(field: Schema): string {
  const value = field.default as unknown;
  if (value === undefined) return 'none';
  if (typeof value !== 'object' || value === null)
    return value === '' ? 'empty' : `\`${JSON.stringify(value).replaceAll('"', '')}\``;
  return Object.keys(value).length === 0 ? 'none' : `\`${JSON.stringify(value)}\``;
}

function valuesOf(field: Schema): string | undefined {
  const { enum: values } = field.type === 'array' && typeof field.items === 'object' ? (field.items as Schema) : field;
  return values?.map((value) => `\`${String(value)}\``).join(', ');
}

function boundsOf(field: Schema): string | undefined {
  if (field.type !== 'integer' && field.type !== 'number') return undefined;
  const { minimum, maximum } = field;
  const unit = typeof field['unit'] === 'string' ? ` ${field['unit']}` : '';
  if (minimum !== undefined && maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) {
    return `${minimum} to ${maximum}${unit}`;
  }
  return minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : `at least ${minimum}${unit}`;
}

if (import.meta.main) writeFileSync(new URL('../docs/checks.md', import.meta.url), renderCheckDocs());
