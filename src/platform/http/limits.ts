import type { Context, MiddlewareHandler } from 'hono';
import type { Clock } from '../clock.ts';
import { ServiceError } from '../errors.ts';

/** What is read and thrown away beyond a limit, so that the sender gets its answer and its connection stays usable. */
const discardedBytes = 4_000_000;

/**
 * Refuses a body over `bytes` with 413, also when its length was not announced. hono's own stops reading in the middle, and with that the next
 * request on the same connection is lost.
 */
export const bodyLimit =
  (bytes: number): MiddlewareHandler =>
  async (c, next) => {
    if (c.req.header('transfer-encoding') === undefined) {
      // Node.js reads no more than what was announced, and the server discards what nobody has read.
      if (Number(c.req.header('content-length') ?? 0) > bytes) throw tooLarge(bytes);
      return next();
    }
    const { body } = c.req.raw;
    if (body === null) return next();
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size <= bytes) chunks.push(chunk);
      else if (size > bytes + discardedBytes) break;
    }
    if (size > bytes) throw tooLarge(bytes);
    const read = { method: c.req.method, body: Buffer.concat(chunks, size) };
    c.req.raw = new Request(c.req.raw, read);
    return next();
  };

const tooLarge = (bytes: number): ServiceError =>
  new ServiceError('too-large', `The body may have at most ${bytes.toLocaleString('en')} bytes.`);

interface Bucket {
  tokens: number;
  at: number;
}

// An attacker with many addresses fills at most this many entries (about 10 MB); the oldest fall out first.
const maxBuckets = 50_000;

export interface RateLimiter {
  /** Takes one token for `key`. Returns 0 when there was one, else the milliseconds until the next. */
  take(key: string, now: number): number;
}

/** A token bucket a key: `burst` at once, refilled at `burst` per `perMs`. Memory is bounded. */
export function createRateLimiter(options: { burst: number; perMs: number }): RateLimiter {
  const buckets = new Map<string, Bucket>();
  const perToken = options.perMs / options.burst;
  return {
    take(key, now) {
      const known = buckets.get(key);
      const tokens = known
        ? Math.min(options.burst, known.tokens + Math.max(0, now - known.at) / perToken)
        : options.burst;
      buckets.delete(key);
      const granted = tokens >= 1;
      buckets.set(key, { tokens: granted ? tokens - 1 : tokens, at: now });
      if (buckets.size > maxBuckets) {
        const oldest = buckets.keys().next();
        if (!oldest.done) buckets.delete(oldest.value);
      }
      return granted ? 0 : Math.ceil((1 - tokens) * perToken);
    },
  };
}

/** The visitor's address: the socket's, or the one that `trustedProxies` proxies in front of HugOps appended to X-Forwarded-For. */
export function clientAddress(c: Context): string {
  const env = c.env as { incoming?: { socket?: { remoteAddress?: string } }; trustedProxies?: number } | undefined;
  const socket = env?.incoming?.socket?.remoteAddress ?? '';
  const hops = env?.trustedProxies ?? 0;
  if (hops === 0) return socket;
  const chain = (c.req.header('x-forwarded-for') ?? '').split(',').map((part) => part.trim());
  return chain.at(-hops) || socket;
}

/** Answers 429 with Retry-After when `key(c)` (the visitor's address by default) comes too often. */
export function rateLimit(options: {
  clock: Clock;
  burst: number;
  perMs: number;
  key?: (c: Context) => string;
}): MiddlewareHandler {
  const limiter = createRateLimiter(options);
  const keyOf = options.key ?? clientAddress;
  return async (c, next) => {
    const retryAfterMs = limiter.take(keyOf(c), options.clock.now());
    if (retryAfterMs > 0)
      throw new ServiceError('too-many', 'Too many requests. Please wait a moment.', { retryAfterMs });
    await next();
  };
}
