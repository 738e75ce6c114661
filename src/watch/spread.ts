import type { EpochMs } from '../domain/words.ts';

/** A number below 2^32 that is always the same for an id and different for similar ones (FNV-1a, with a final mix). */
export function stableHash(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * The first start after `after`. Starts lie on a grid from the epoch, shifted by the id's hash: spread over the interval, the same after a restart,
 * and without drift, because a late start does not move the next.
 */
export function nextStart(id: string, intervalMs: number, after: EpochMs): EpochMs {
  const offset = stableHash(id) % intervalMs;
  return Math.floor((after - offset) / intervalMs) * intervalMs + intervalMs + offset;
}
