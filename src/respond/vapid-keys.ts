import { createECDH } from 'node:crypto';
import type { Kysely } from 'kysely';
import { z } from 'zod';
import type { EpochMs } from '../domain/words.ts';
import type { Tables } from '../platform/db/tables.ts';
import type { Random } from '../platform/random.ts';
import type { VapidKeys } from './channels/index.ts';

const stored = z.object({ publicKey: z.string(), privateKey: z.string() });

/**
 * The keys by which push services know this installation: made once and kept, because every browser's subscription is bound to them (RFC 8292).
 * `publicUrl` is this installation's address; only https counts as a contact.
 */
export async function readVapidKeys(
  db: Kysely<Tables>,
  random: Random,
  publicUrl: string,
  now: EpochMs,
): Promise<VapidKeys> {
  await db
    .insertInto('settings')
    .values({ key: 'vapid', value: JSON.stringify(newKeys(random)), updated_at: now })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .execute();
  const row = await db.selectFrom('settings').select('value').where('key', '=', 'vapid').executeTakeFirstOrThrow();
  return { ...stored.parse(row.value), subject: subjectOf(publicUrl) };
}

function newKeys(random: Random): z.output<typeof stored> {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(Buffer.from(random.bytes(32)));
  // As given and not as the curve returns it: that drops leading zeros, and the key would be too short.
  const privateKey = curve.getPrivateKey('hex').padStart(64, '0');
  return {
    publicKey: curve.getPublicKey('base64url'),
    privateKey: Buffer.from(privateKey, 'hex').toString('base64url'),
  };
}

// Apple refuses a subject on localhost, so an installation without https names a mailbox that certainly does not exist.
const subjectOf = (publicUrl: string): string => {
  const url = new URL(publicUrl);
  return url.protocol === 'https:' && url.hostname !== 'localhost' ? url.origin : 'mailto:hugops@example.invalid';
};
