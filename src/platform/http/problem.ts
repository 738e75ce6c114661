import { HTTPException } from 'hono/http-exception';
import type { ErrorCode, FieldError } from '../errors.ts';
import { ServiceError } from '../errors.ts';

const statusOf: Record<ErrorCode, number> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'owned-by-file': 409,
  gone: 410,
  'too-large': 413,
  'too-many': 429,
  unavailable: 503,
};

const titleOf: Record<ErrorCode, string> = {
  invalid: 'The request is not as expected',
  unauthenticated: 'Sign in first',
  forbidden: 'Not allowed',
  'not-found': 'Not found',
  conflict: 'This does not fit the present state',
  'owned-by-file': 'Owned by hugops.yaml',
  gone: 'No longer there',
  'too-large': 'Too large',
  'too-many': 'Too many requests',
  unavailable: 'Not available just now',
};

/** The body of every error answer: RFC 9457 problem details, with the fields that were wrong. */
export interface Problem {
  type: 'about:blank';
  title: string;
  status: number;
  code: ErrorCode | 'internal';
  detail: string;
  errors?: FieldError[];
}

const answer = (problem: Problem, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  });

/** The one place where a service error becomes an HTTP answer. Anything unexpected is logged by the caller and told as a plain 500. */
export function problemResponse(error: unknown): Response {
  if (error instanceof ServiceError) {
    const headers: Record<string, string> = {};
    if (error.retryAfterMs !== undefined)
      headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfterMs / 1000)));
    return answer(
      {
        type: 'about:blank',
        title: titleOf[error.code],
        status: statusOf[error.code],
        code: error.code,
        detail: error.message,
        ...(error.fields.length > 0 ? { errors: error.fields } : {}),
      },
      headers,
    );
  }
  if (error instanceof HTTPException && error.status < 500) {
    return problemResponse(
      new ServiceError(
        error.status === 413 ? 'too-large' : 'invalid',
        error.message || 'The request could not be read.',
      ),
    );
  }
  return answer({
    type: 'about:blank',
    title: 'Something went wrong here',
    status: 500,
    code: 'internal',
    detail: 'HugOps could not finish this request. The error is in its log.',
  });
}

/** True for errors that belong into the log: everything that is not the caller's to mend. */
export const isUnexpected = (error: unknown): boolean =>
  !(error instanceof ServiceError) && !(error instanceof HTTPException && error.status < 500);
