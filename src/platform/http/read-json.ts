import type { Context, MiddlewareHandler } from 'hono';
import type { z } from 'zod';
import { ServiceError } from '../errors.ts';
import { invalid } from './api.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The JSON body as the schema has it. Throws `invalid`, naming the fields. Put bodyLimit() before it. */
export async function readJson<S extends z.ZodType>(c: Context, schema: S): Promise<z.output<S>> {
  const result = schema.safeParse(await readValue(c));
  if (!result.success) throw invalid(result.error);
  return result.data;
}

/** The same checks of the bytes before a route's own schema reads them. Goes behind bodyLimit(). */
export const plainJson: MiddlewareHandler = async (c, next) => {
  if ((c.req.header('content-type') ?? '').includes('json') && !safeMethods.has(c.req.method)) await readValue(c);
  await next();
};

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Throws `invalid` for what is no JSON in UTF-8, and for a text with a NUL, which PostgreSQL does not store. */
async function readValue(c: Context): Promise<unknown> {
  const bytes = await c.req.arrayBuffer();
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new ServiceError('invalid', 'The body is not valid UTF-8.');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ServiceError('invalid', 'The body is not JSON.');
  }
  // Written out, it is six characters that hardly anybody has.
  const path = text.includes('\\u0000') ? findNul(value, []) : undefined;
  if (path === undefined) return value;
  const message = 'a text may not contain a NUL character';
  const field = path.join('.') || '(whole)';
  throw new ServiceError('invalid', `${field}: ${message}`, { fields: [{ path: field, message }] });
}

/** Where a text or a key with a NUL is; undefined when nowhere. As deep as JSON.parse itself goes. */
function findNul(value: unknown, path: readonly string[]): readonly string[] | undefined {
  if (typeof value === 'string') return value.includes('\0') ? path : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    if (key.includes('\0')) return path;
    const found = findNul(inner, [...path, key]);
    if (found !== undefined) return found;
  }
  return undefined;
}
