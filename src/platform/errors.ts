/** What a verb may refuse with. Mapped to an HTTP status in one place (platform/http/problem.ts). */
export type ErrorCode =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'owned-by-file'
  | 'gone'
  | 'too-large'
  | 'too-many'
  | 'unavailable';

/** One field that was not as expected. `path` is as the sender wrote it: `payload.severity`. */
export interface FieldError {
  path: string;
  message: string;
}

/** A refusal that the caller can understand and mend. A broken invariant is a plain Error instead. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly code: ErrorCode;
  readonly fields: FieldError[];
  /** For `too-many` and `unavailable`: when to try again. */
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, more: { fields?: FieldError[]; retryAfterMs?: number } = {}) {
    super(message);
    this.code = code;
    this.fields = more.fields ?? [];
    this.retryAfterMs = more.retryAfterMs;
  }
}
