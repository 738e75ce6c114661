import type { Context } from 'hono';
import type { z } from 'zod';
import { ServiceError } from '../errors.ts';
import { invalid } from './api.ts';

/** The JSON body as the schema has it. Throws `invalid`, naming the fields. Put bodyLimit() before it. */
export async function readJson<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  let value: unknown;
  try {
    value = await c.req.json();
  } catch {
    throw new ServiceError('invalid', 'The body is not JSON.');
  }
  const result = schema.safeParse(value);
  if (!result.success) throw invalid(result.error);
  return result.data;
}
