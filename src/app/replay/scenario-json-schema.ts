import { z } from 'zod';
import { scenarioSchema } from './scenario-schema.ts';

/** The JSON Schema of scenarios for editors, as it stands in scenario.schema.json. Draft 7, as hugops.schema.json. */
export function scenarioJsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(scenarioSchema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override({ jsonSchema }) {
      // Some editors compile patterns without the u flag, where \p{…} means something else and rejects what is right.
      if (jsonSchema.pattern?.includes('\\p{') === true) delete jsonSchema.pattern;
    },
  });
  const { '~standard': _, ...bare } = schema;
  return { ...bare, $id: 'scenario.schema.json' };
}
