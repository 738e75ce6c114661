import { hash } from 'node:crypto';
import type { Random } from '../../platform/random.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A key for a new integration: 32 letters and digits with 160 random bits. Tools that send to PagerDuty refuse a routing key of
 * another length or with other characters before they send anything.
 */
export function newIntegrationKey(random: Random): string {
  return Array.from(random.bytes(32), (byte) => alphabet.charAt(byte & 31)).join('');
}

/** What is stored instead of the key (`integrations.key_hash`): SHA-256 in hex. A key is long and random, so it needs no salt. */
export const hashKey = (key: string): string => hash('sha256', key, 'hex');

/** What a person may see of a key to tell it from others (`integrations.key_hint`). */
export const keyHint = (key: string): string => `…${key.slice(-4)}`;
