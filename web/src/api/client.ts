import type { FieldError } from '../../../src/platform/errors.ts';

/** Why a request did not do what it was meant to do. `fields` names what a person can mend. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** The HTTP status; 0 when there was no answer at all. */
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldError[];
  readonly retryAfterMs: number | undefined;

  constructor(message: string, about: Partial<Pick<ApiError, 'status' | 'code' | 'fields' | 'retryAfterMs'>> = {}) {
    super(message);
    this.status = about.status ?? 0;
    this.code = about.code ?? 'unreachable';
    this.fields = about.fields ?? [];
    this.retryAfterMs = about.retryAfterMs;
  }
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

// Longer than any answer takes; a phone between two cells may otherwise wait for ever.
const timeoutMs = 20_000;

/**
 * Asks HugOps and returns the parsed answer, which the server's own schemas vouch for. `path` begins with `/api/`. Throws ApiError for every refusal
 * and for silence.
 */
export async function ask<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
      headers: { accept: 'application/json', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiError('HugOps does not answer. Your connection may be gone, or HugOps is restarting.');
  }
  const text = await response.text();
  if (!response.ok) throw refusalOf(response, text);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => ask<T>('GET', path, undefined, signal);
export const post = <T = void>(path: string, body?: unknown): Promise<T> => ask<T>('POST', path, body);

/** Reads problem details (RFC 9457), and the simpler `{ code, message }` of the sign-in routes. */
function refusalOf(response: Response, text: string): ApiError {
  const problem = parseObject(text);
  const say = (key: string): string | undefined => (typeof problem[key] === 'string' ? problem[key] : undefined);
  const seconds = Number(response.headers.get('retry-after') ?? response.headers.get('x-retry-after'));
  return new ApiError(say('detail') ?? say('message') ?? `HugOps answered ${response.status}.`, {
    status: response.status,
    code: (say('code') ?? 'unknown').toLowerCase(),
    fields: Array.isArray(problem['errors']) ? (problem['errors'] as FieldError[]) : [],
    retryAfterMs: seconds > 0 ? seconds * 1_000 : undefined,
  });
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
