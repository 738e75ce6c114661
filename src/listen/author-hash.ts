import { createHmac, hkdfSync } from 'node:crypto';
import type { EpochMs } from '../domain/words.ts';

const dayMs = 86_400_000;

// Deriving a key costs more than using it, and a stream asks for the same one a thousand times.
const keys = new Map<string, Buffer>();
const maxKeys = 100;

function keyOf(secret: string, scope: string): Buffer {
  const name = `${scope}\n${secret}`;
  const known = keys.get(name);
  if (known) return known;
  const made = Buffer.from(hkdfSync('sha256', secret, 'hugops posts', scope, 32));
  if (keys.size >= maxKeys) keys.clear();
  keys.set(name, made);
  return made;
}

const hashWith = (key: Buffer, text: string): string =>
  createHmac('sha256', key).update(text.toWellFormed()).digest('base64url').slice(0, 22);

/**
 * An author as far as HugOps needs one: the same within one UTC day at one source, useless for anything else. With the next day's key
 * nobody can be followed from one day to another.
 */
export const authorHash = (secret: string, source: string, author: string, at: EpochMs): string =>
  hashWith(keyOf(secret, `author:${source}:${Math.floor(at / dayMs)}`), author);

/** What the author may stand as in posts that came from `fromAt` to `untilAt`, to take them all back. */
export function authorHashes(
  secret: string,
  source: string,
  author: string,
  span: { fromAt: EpochMs; untilAt: EpochMs },
): string[] {
  const first = Math.floor(span.fromAt / dayMs);
  const last = Math.floor(span.untilAt / dayMs);
  return Array.from({ length: last - first + 1 }, (_, i) => authorHash(secret, source, author, (first + i) * dayMs));
}

/** What stands for a post's id in the memory of what was counted. */
export const postKey = (secret: string, source: string, externalId: string): string =>
  hashWith(keyOf(secret, `post:${source}`), externalId);

/** What stands for a text, to see copies. */
export const textPrint = (secret: string, text: string): string => hashWith(keyOf(secret, 'text'), text);
