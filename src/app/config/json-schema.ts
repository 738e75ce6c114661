import { z } from 'zod';
import { configSchema } from './config-schema.ts';
import { builtInKinds } from './kinds.ts';

const referencePattern = '\\$\\{(env|file):[^}]+\\}';

/**
 * The JSON Schema of hugops.yaml for editors, as it stands in hugops.schema.json. Draft 7, because that is what most editors'
 * YAML support reads. It says less than the reader does: what leads nowhere is found by `hugops check-config` only.
 */
export function configJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(configSchema(builtInKinds), {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => allowReferences(jsonSchema),
  });
  const { '~standard': _, ...bare } = schema;
  return { ...bare, $id: 'hugops.schema.json' };
}

/** An address or a secret may be written as a reference; one that must be is nothing else. */
function allowReferences(schema: z.core.JSONSchema.BaseSchema): void {
  // Some editors compile patterns without the u flag, where \p{…} means something else and rejects what is right.
  if (schema.pattern?.includes('\\p{') === true) delete schema.pattern;
  const isReferenceOnly = schema['secret'] === true;
  delete schema['secret'];
  if (isReferenceOnly) {
    schema.pattern = referencePattern;
    return;
  }
  const { pattern, format } = schema;
  if (schema.type !== 'string' || (schema['writeOnly'] !== true && format === undefined)) return;
  // The full patterns of addresses are the reader's business: their messages are better than an editor's "does not match".
  delete schema.pattern;
  delete schema.format;
  const literal = { ...(pattern === undefined ? {} : { pattern }), ...(format === undefined ? {} : { format }) };
  if (Object.keys(literal).length > 0) schema.anyOf = [literal, { pattern: referencePattern }];
}
