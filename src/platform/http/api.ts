import { OpenAPIHono, z } from '@hono/zod-openapi';
import type { ZodError } from 'zod';
import { type FieldError, ServiceError } from '../errors.ts';
import type { Principal } from '../auth/principal.ts';
import { problemResponse } from './problem.ts';

/** What a handler may read from the context: who asks (set by the sign-in middleware). */
export interface ApiEnv {
  Variables: { principal: Principal };
}

/** A group of routes under /api/v1. Declare them with createRoute(): the same zod schemas check, type and document. */
export type Api = OpenAPIHono<ApiEnv>;

/** Turns a schema's complaints into named fields. */
export function fieldErrors(error: ZodError): FieldError[] {
  return error.issues
    .slice(0, 20)
    .map((issue) => ({ path: issue.path.map(String).join('.') || '(whole)', message: issue.message }));
}

/** A refusal that names the fields. */
export function invalid(error: ZodError): ServiceError {
  const fields = fieldErrors(error);
  const first = fields[0];
  return new ServiceError('invalid', first ? `${first.path}: ${first.message}` : 'The request is not as expected.', {
    fields,
  });
}

/** A fresh route group whose validation errors are problem details. */
export function newApi(): Api {
  const api = new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (!result.success) return problemResponse(invalid(result.error as unknown as ZodError));
      return undefined;
    },
  });
  api.onError((error) => {
    // A nested app's errors are answered by the root, which also logs.
    throw error;
  });
  return api;
}

export const problemSchema = z
  .object({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .openapi('Problem');

/** The error answers that every route of the API may give, for its description. */
export const problemResponses = {
  default: {
    description: 'An error, as RFC 9457 problem details',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
} as const;

/** A JSON answer for createRoute(). */
export const jsonOf = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** A required JSON body for createRoute(). */
export const bodyOf = <S extends z.ZodType>(schema: S) => ({
  required: true,
  content: { 'application/json': { schema } },
});
