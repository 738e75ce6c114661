import { randomBytes } from 'node:crypto';

/** Where the program takes randomness from, so that a simulation's seed replays exactly. */
export interface Random {
  /** `count` random bytes; cryptographically strong in production. */
  bytes(count: number): Uint8Array;
}

export const systemRandom: Random = { bytes: (count) => randomBytes(count) };

// Crockford's base 32 in lower case: no i, l, o or u, so that an id survives being read aloud.
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/** An id as `inc_01k8…`: prefix, 48 bits of time and 80 random bits (the layout of ULID), so that ids of one kind sort by age. */
export function newId(prefix: string, now: number, random: Random): string {
  let time = '';
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32)) time = alphabet.charAt(rest % 32) + time;
  let tail = '';
  for (const byte of random.bytes(16)) tail += alphabet.charAt(byte & 31);
  return `${prefix}_${time}${tail}`;
}

/** What every id of this kind that was made at `at` or later is not smaller than: ids sort by age. */
export const oldestId = (prefix: string, at: number): string =>
  newId(prefix, at, { bytes: (count) => new Uint8Array(count) });

/** A secret for links and keys: `bytes` of randomness in base64url. */
export function newSecret(random: Random, bytes = 24): string {
  return Buffer.from(random.bytes(bytes)).toString('base64url');
}
